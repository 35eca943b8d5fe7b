#include "sim/train_pass.hpp"

#include <algorithm>

#include "kernels/product.hpp"
#include "sim/parallel.hpp"

namespace snnff {
namespace {

/// Samples per task; few, since each holds all its steps.
constexpr std::size_t block_size = 16;

}  // namespace

std::size_t TrainPass::wave_size(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                 std::size_t budget_bytes) {
    const std::size_t per_sample = n_variants * static_cast<std::size_t>(time.steps) *
                                   (population.n_inputs() + 3 * population.n_units()) * sizeof(float);
    return std::max<std::size_t>(1, budget_bytes / per_sample);
}

TrainPass::TrainPass(const Population& population, const TimeGrid& time, const Drive& drive)
    : population_(population),
      time_(time),
      n_variants_(drive.n_variants()),
      stepped_(population, time, drive) {}

void TrainPass::forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity) {
    const std::size_t n_units = population_.n_units(), steps = static_cast<std::size_t>(time_.steps);
    activity.goodness.assign(n_variants_, std::vector<double>(n));
    activity.rate.assign(n_variants_, std::vector<double>(n));
    blocks_.clear();
    for (std::size_t v = 0; v < n_variants_; ++v) {
        for (std::size_t s = 0; s < n; s += block_size) {
            blocks_.push_back({v, s, std::min(block_size, n - s), {}, {}, {}, {}, {}});
        }
    }
    for_blocks(blocks_.size(), 1, [&](std::size_t b, std::size_t) {
        Block& block = blocks_[b];
        const std::size_t count = block.count;
        Matrix incoming(steps * count, population_.n_inputs());
        stepped_.incoming(block.variant, first + block.first, count, incoming);
        if (request.signal) {
            block.psi.resize(steps * count, n_units);
            block.carry.resize(steps * count, n_units);
            block.drive.resize(steps * count, n_units);
        }
        ReadoutSums sums(count, n_units);
        const auto place = [&](std::int64_t step, StepView& view) {
            if (!request.signal) return;
            const std::size_t row = static_cast<std::size_t>(step) * count;
            view.psi = block.psi.view().rows(row, count);
            view.carry = block.carry.view().rows(row, count);
            view.drive = block.drive.view().rows(row, count);
        };
        stepped_.run_from(
            incoming, block.variant, first + block.first, count,
            [&](std::int64_t, const StepView& view) { sums.add(view); }, place);
        for (std::size_t s = 0; s < count; ++s) {
            if (population_.neuron->spiking())
                activity.rate[block.variant][block.first + s] = sums.rate(s, time_);
        }
        if (request.output) {
            sums.value(population_.output, time_,
                       activity.output[block.variant].view().rows(first + block.first, count));
        }
        if (request.goodness == nullptr) return;
        Matrix measured(count, n_units);
        sums.value(population_.measure, time_, measured);
        request.goodness->evaluate(measured,
                                   std::span(activity.goodness[block.variant]).subspan(block.first, count),
                                   request.signal ? measured.view() : MatrixView{});
        if (!request.signal) return;
        block.incoming = std::move(incoming);
        block.goodness_slope = std::move(measured);
    });
}

void TrainPass::backward(std::span<const std::vector<double>> slope) {
    for_blocks(blocks_.size(), 1, [&](std::size_t b, std::size_t) {
        Block& block = blocks_[b];
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto c = static_cast<float>(slope[block.variant][block.first + s]);
            for (float& g : block.goodness_slope.row(s)) g *= c;
        }
        walk_back(population_.measure, time_, block.goodness_slope, {block.psi, block.carry, block.drive},
                  block.psi);
    });
}

void TrainPass::add_gradient(std::size_t first_row, MatrixView gradient, std::span<double> bias) const {
    for (const Block& block : blocks_) {
        const ConstMatrixView signal = block.psi.view().columns(first_row, gradient.rows());
        product_atb(signal, block.incoming, gradient, true);
        for (std::size_t i = 0; i < signal.rows(); ++i) {
            const auto row = signal.row(i);
            for (std::size_t u = 0; u < row.size(); ++u) bias[u] += static_cast<double>(row[u]);
        }
    }
}

}  // namespace snnff
