#include "workload.hpp"

#include <algorithm>
#include <stdexcept>

#include "machine.hpp"

namespace snnff::bench {
namespace {

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all{
        {"update-relu-784-500", "update", "relu", 128, 784, {500}, 1, {}, 7.0, 1.45},
        {"update-lif-784-500-1", "update", "lif", 128, 784, {500}, 1, {}, 7.0, 1.45},
        {"update-lif-784-500-10", "update", "lif", 128, 784, {500}, 10, {}, 15.0, 1.45},
        {"update-lif-784-500-25", "update", "lif", 128, 784, {500}, 25, {}, 25.0, 1.45},
        {"update-lif-1000-1000-10", "update", "lif", 500, 1000, {1000}, 10, {}, 9.0, 1.3},
        {"update-train-500-500-25", "update", "lif", 128, 500, {500}, 25, 0.05, 20.0, 2.5},
        {"update-train-500-500-25-at-15", "update", "lif", 128, 500, {500}, 25, 0.15, {}, 2.5},
        {"update-train-500-500-25-at-30", "update", "lif", 128, 500, {500}, 25, 0.3, {}, 2.5},
        {"update-relu-2000-2000", "update", "relu", 1000, 2000, {2000}, 1, {}, 2.5, 1.3},
        {"update-backprop-lif-784-500-10", "backprop", "lif", 128, 784, {500, 10}, 10, {}, {}, {}},
        {"update-train-chain-3", "chain", "lif", 128, 500, {500, 500, 500}, 25, 0.05, {}, {}},
        {"update-dropout", "dropout", "lif", 128, 784, {500, 500}, 10, {}, {}, {}},
        {"classifier", "classifier", "", 5000, 2048, {10}, 1, {}, {}, {}},
        {"predict-lif-784-500-500-10", "predict", "lif", 10000, 784, {500, 500}, 10, {}, 40.0, 1.35},
        {"predict-pairs-lif", "predict", "lif", 2000, 784, {1500, 1500}, 8, {}, {}, {}},
        {"predict-groups-lif", "predict", "lif", 2000, 784, {1500, 1500}, 8, {}, {}, {}, true},
        {"epoch-mnist-lif", "epoch", "lif", 5000, 784, {1024, 1024}, 8, {}, 25.0, 1.35},
        {"simulate-lif", "simulate", "lif", 100, 0, {1000}, 1000, {}, 3.0, {}},
    };
    return all;
}

std::unique_ptr<Workload> make_workload(const std::string& name) {
    for (const Shape& shape : shapes()) {
        if (shape.name != name) continue;
        if (shape.kind == "update") return make_update(shape);
        if (shape.kind == "backprop" || shape.kind == "chain" || shape.kind == "dropout")
            return make_several(shape);
        if (shape.kind == "classifier") return make_classifier(shape);
        if (shape.kind == "predict") return make_predict(shape);
        if (shape.kind == "epoch") return make_epoch(shape);
        return make_simulate(shape);
    }
    throw std::out_of_range("no workload \"" + name + "\"");
}

Timing time(Workload& workload, double seconds, std::size_t at_least) {
    workload.repeat();
    std::vector<double> taken;
    double sum = 0.0;
    while (taken.size() < at_least || sum < seconds) {
        taken.push_back(seconds_of([&] { workload.repeat(); }));
        sum += taken.back();
    }
    return {1e3 * median(taken), 1e3 * *std::ranges::min_element(taken), taken.size()};
}

}  // namespace snnff::bench
