#include "workload.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "kernels/dispatch.hpp"
#include "kernels/product.hpp"
#include "sim/parallel.hpp"
#include "snnff/matrix.hpp"

namespace snnff::bench {
namespace {

double seconds_of(auto&& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The shortest of a few: the machine's rate is what it can do, not what it did beside other work.
template <class Action>
double best_seconds(Action action) {
    double best = seconds_of(action);
    for (int i = 0; i < 4; ++i) best = std::min(best, seconds_of(action));
    return best;
}

/// Blocks for two per thread at least, so that no thread waits long for the last.
constexpr std::size_t n_blocks = 8;

}  // namespace

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all{
        {"update-relu-784-500", "update", "relu", 128, 784, {500}, 1, {}, 7.0},
        {"update-lif-784-500-1", "update", "lif", 128, 784, {500}, 1, {}, 7.0},
        {"update-lif-784-500-10", "update", "lif", 128, 784, {500}, 10, {}, 15.0},
        {"update-lif-784-500-25", "update", "lif", 128, 784, {500}, 25, {}, 25.0},
        {"update-lif-1000-1000-10", "update", "lif", 500, 1000, {1000}, 10, {}, 9.0},
        {"update-train-500-500-25", "update", "lif", 128, 500, {500}, 25, 0.05, 30.0},
        {"update-relu-2000-2000", "update", "relu", 1000, 2000, {2000}, 1, {}, 2.5},
        {"predict-lif-784-500-500-10", "predict", "lif", 10000, 784, {500, 500}, 10, {}, 30.0},
        {"epoch-mnist-lif", "epoch", "lif", 5000, 784, {1024, 1024}, 8, {}, 9.0},
        {"simulate-lif", "simulate", "lif", 100, 0, {1000}, 1000, {}, 3.0},
    };
    return all;
}

std::unique_ptr<Workload> make_workload(const std::string& name) {
    for (const Shape& shape : shapes()) {
        if (shape.name != name) continue;
        if (shape.kind == "update") return make_update(shape);
        if (shape.kind == "predict") return make_predict(shape);
        if (shape.kind == "epoch") return make_epoch(shape);
        return make_simulate(shape);
    }
    throw std::out_of_range("no workload \"" + name + "\"");
}

Timing time(Workload& workload, double seconds) {
    workload.repeat();
    std::vector<double> taken;
    double sum = 0.0;
    while (taken.size() < 3 || sum < seconds) {
        taken.push_back(seconds_of([&] { workload.repeat(); }));
        sum += taken.back();
    }
    return {1e3 * median(taken), taken.size()};
}

Machine measure_machine() {
    Machine machine;
    use_one_thread_per_product();
    constexpr std::size_t n = 1024;
    Matrix a(n_blocks * n / 4, n), b(n, n), c(n_blocks * n / 4, n);
    a.fill(0.5f);
    b.fill(0.25f);
    const double products = best_seconds([&] {
        for_blocks(n_blocks, 1, [&](std::size_t block, std::size_t) {
            product_abt(a.view().rows(block * n / 4, n / 4), b, c.view().rows(block * n / 4, n / 4));
        });
    });
    machine.product_flops_per_s = 2.0 * static_cast<double>(c.size()) * n / products;
    // element by element, no multiply-add counts as one operation: half the rate of products at best
    machine.vector_flops_per_s = 0.5 * machine.product_flops_per_s;

    constexpr std::size_t copied = std::size_t{16} << 20;  // floats: 64 MiB, beyond most caches
    Matrix from(n_blocks, copied / n_blocks), to(n_blocks, copied / n_blocks);
    const double copies = best_seconds([&] {
        for_blocks(n_blocks, 1, [&](std::size_t block, std::size_t) {
            std::ranges::copy(from.row(block), to.row(block).begin());
        });
    });
    machine.bytes_per_s = 2.0 * static_cast<double>(copied * sizeof(float)) / copies;
    return machine;
}

double floor_ms(const Work& work, const Machine& machine) {
    const double arithmetic =
        work.product_flops / machine.product_flops_per_s + work.vector_flops / machine.vector_flops_per_s;
    return 1e3 * std::max(arithmetic, work.bytes / machine.bytes_per_s);
}

}  // namespace snnff::bench
