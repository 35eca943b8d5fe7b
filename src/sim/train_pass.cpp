#include "sim/train_pass.hpp"

#include <algorithm>

#include "sim/parallel.hpp"

namespace snnff {
namespace {

/// Samples per task; few, since each holds all its steps.
constexpr std::size_t block_size = 16;

enum Slot : std::size_t { signal_slot = 7 };

void product_atb(ConstMatrixView a, ConstMatrixView b, MatrixView out, bool) {
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t u = 0; u < a.cols(); ++u)
            for (std::size_t i = 0; i < b.cols(); ++i) out(u, i) += a(r, u) * b(r, i);
}

}  // namespace

std::size_t TrainPass::wave_size(const Population& population, const TimeGrid& time, const Drive& drive,
                                 std::size_t budget_bytes) {
    const std::size_t per_sample =
        static_cast<std::size_t>(time.steps) * sizeof(float) *
        (drive.source->n_bases() * population.n_inputs() + drive.n_variants() * 3 * population.n_units());
    return std::max<std::size_t>(1, budget_bytes / per_sample);
}

TrainPass::TrainPass(const Population& population, const TimeGrid& time, const Drive& drive, Memory& memory)
    : population_(population),
      time_(time),
      source_(*drive.source),
      stepped_(population, time, drive),
      n_sharing_(source_.n_bases(), 0),
      blocks_(memory.blocks) {
    for (std::size_t v = 0; v < source_.n_variants(); ++v) ++n_sharing_[source_.base_of(v)];
}

void TrainPass::forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity) {
    const std::size_t n_units = population_.n_units(), steps = static_cast<std::size_t>(time_.steps);
    const std::size_t n_variants = stepped_.n_variants();
    activity.goodness.assign(n_variants, std::vector<double>(n));
    activity.rate.assign(n_variants, std::vector<double>(n));
    activity.spikes_received.clear();
    if (source_.spiking()) activity.spikes_received.assign(n_variants, std::vector<double>(n));
    first_of_wave_ = first;
    blocks_.resize((n + block_size - 1) / block_size);
    const bool fixed = !population_.neuron->fixed_carry().empty();
    for_blocks(n, block_size, [&](std::size_t first_of_block, std::size_t count) {
        Block& block = blocks_[first_of_block / block_size];
        block.first = first_of_block;
        block.count = count;
        block.variants.resize(n_variants);
        std::vector<SparseRows> spikes(source_.spiking() ? source_.n_bases() : 0);
        if (request.signal) {
            if (!source_.spiking())
                shape(block.incoming, source_.n_bases(), steps * count, population_.n_inputs());
            for (Kept& kept : block.variants) {
                kept.psi.resize(steps * count, whole_lines(n_units));
                for (Matrix* m : {&kept.carry, &kept.drive}) m->resize(fixed ? 0 : steps * count, n_units);
                kept.changes.clear();
            }
        }
        std::vector<ReadoutSums> sums(n_variants, ReadoutSums(count, n_units));
        const auto place = [&](std::size_t v, std::int64_t step, StepView& view) {
            if (!request.signal) return;
            const std::size_t row = static_cast<std::size_t>(step) * count;
            view.psi = block.variants[v].psi.view().rows(row, count).columns(0, n_units);
            if (fixed) return;
            view.carry = block.variants[v].carry.view().rows(row, count);
            view.drive = block.variants[v].drive.view().rows(row, count);
        };
        const auto inputs = [&](const SteppedBlock::Input& input) {
            if (request.signal) keep_inputs(block, input);
            for (std::size_t b = 0; request.signal && b < spikes.size(); ++b) spikes[b].add(input.spikes[b]);
            if (source_.spiking()) count_spikes(block, input, activity);
        };
        SteppedBlock(stepped_, first + first_of_block, count)
            .run(
                place, [&](std::size_t v, std::int64_t, StepView& view) { sums[v].add(view); }, inputs);
        block.spikes.clear();
        for (const SparseRows& of_base : spikes) block.spikes.push_back(of_base.transposed());
        score(block, sums, request, activity);
    });
}

void TrainPass::keep_inputs(Block& block, const SteppedBlock::Input& input) const {
    const std::size_t first_row = static_cast<std::size_t>(input.first_step) * block.count;
    for (std::size_t b = 0; b < block.incoming.size(); ++b) {
        for (std::size_t r = 0; r < input.bases[b].rows(); ++r) {
            std::ranges::copy(input.bases[b].row(r), block.incoming[b].row(first_row + r).begin());
        }
    }
    for (std::size_t v = 0; v < block.variants.size(); ++v) {
        for (StepSource::Change change : input.steps.changes(v)) {
            change.row += static_cast<std::uint32_t>(first_row);
            block.variants[v].changes.push_back(change);
        }
    }
}

void TrainPass::count_spikes(const Block& block, const SteppedBlock::Input& input, Activity& activity) const {
    std::vector<std::vector<double>> of_base(input.spikes.size(), std::vector<double>(block.count));
    for (std::size_t b = 0; b < input.spikes.size(); ++b) {
        for (std::size_t r = 0; r < input.spikes[b].n_rows(); ++r) {
            of_base[b][r % block.count] += static_cast<double>(input.spikes[b].n_active(r));
        }
    }
    for (std::size_t v = 0; v < block.variants.size(); ++v) {
        double* received = activity.spikes_received[v].data() + block.first;
        for (std::size_t s = 0; s < block.count; ++s) received[s] += of_base[source_.base_of(v)][s];
        for (const StepSource::Change& change : input.steps.changes(v))
            received[change.row % block.count] += 1.0;
    }
}

void TrainPass::score(Block& block, std::span<const ReadoutSums> sums, ForwardRequest request,
                      Activity& activity) const {
    const std::size_t n_units = population_.n_units();
    for (std::size_t v = 0; v < sums.size(); ++v) {
        for (std::size_t s = 0; s < block.count; ++s) {
            if (population_.neuron->spiking()) activity.rate[v][block.first + s] = sums[v].rate(s, time_);
        }
        if (request.output) {
            sums[v].value(population_.output, time_,
                          activity.output[v].view().rows(first_of_wave_ + block.first, block.count));
        }
        if (request.goodness == nullptr) continue;
        Matrix measured(block.count, n_units);
        sums[v].value(population_.measure, time_, measured);
        request.goodness->evaluate(measured,
                                   std::span(activity.goodness[v]).subspan(block.first, block.count),
                                   request.signal ? measured.view() : MatrixView{});
        if (request.signal) block.variants[v].goodness_slope = std::move(measured);
    }
}

void TrainPass::backward(std::span<const std::vector<double>> slope) {
    const std::size_t n_variants = stepped_.n_variants();
    for_blocks(blocks_.size() * n_variants, 1, [&](std::size_t task, std::size_t) {
        Block& block = blocks_[task / n_variants];
        const std::size_t v = task % n_variants;
        Kept& kept = block.variants[v];
        for (std::size_t s = 0; s < block.count; ++s) {
            const auto c = static_cast<float>(slope[v][block.first + s]);
            for (float& g : kept.goodness_slope.row(s)) g *= c;
        }
        const MatrixView psi = kept.psi.view().columns(0, population_.n_units());
        walk_back(population_.measure, time_, kept.goodness_slope,
                  {psi, kept.carry, kept.drive, population_.neuron->fixed_carry()}, psi);
    });
}

void TrainPass::add_gradient(std::size_t first_row, MatrixView gradient, std::span<double> bias) const {
    const std::size_t n_rows = gradient.rows();
    const auto changing = source_.changing_inputs();
    Matrix changed(changing.size(), n_rows);  // columns of the gradient, gathered in rows
    Matrix by_input;                          // all of them, where spikes are added one by one
    if (source_.spiking()) by_input.resize(population_.n_inputs(), n_rows);
    const std::size_t n_steps = static_cast<std::size_t>(time_.steps);
    for (const Block& block : blocks_) {
        for (std::size_t b = 0; b < source_.n_bases(); ++b) {
            // with nothing to add to it or to weigh it by, a signal is its own sum
            const bool alone = n_sharing_[b] == 1 && changing.empty() && bias.empty();
            const std::size_t only = alone ? variant_of(b) : 0;
            if (alone && source_.gain(only).empty()) {
                add_product(block, b, block.variants[only].psi.view().columns(first_row, n_rows), gradient,
                            by_input);
                continue;
            }
            const MatrixView sum = scratch(signal_slot, n_steps * block.count, n_rows);
            std::fill(sum.data(), sum.data() + sum.size(), 0.0f);
            for (std::size_t v = 0; v < block.variants.size(); ++v) {
                if (source_.base_of(v) == b) add_signal(block, v, first_row, sum, bias, changed);
            }
            add_product(block, b, sum, gradient, by_input);
        }
    }
    for (std::size_t input = 0; input < by_input.rows(); ++input) {
        for (std::size_t r = 0; r < n_rows; ++r) gradient(r, input) += by_input(input, r);
    }
    for (std::size_t c = 0; c < changing.size(); ++c) {
        for (std::size_t r = 0; r < n_rows; ++r) gradient(r, changing[c]) += changed(c, r);
    }
}

std::size_t TrainPass::variant_of(std::size_t base) const {
    std::size_t v = 0;
    while (source_.base_of(v) != base) ++v;
    return v;
}

void TrainPass::add_product(const Block& block, std::size_t base, ConstMatrixView signal, MatrixView gradient,
                            MatrixView by_input) const {
    if (block.spikes.empty()) return product_atb(signal, block.incoming[base], gradient, true);
    const SparseRows& spikes = block.spikes[base];
    if (spikes.is_sparse()) return spikes.multiply(signal, by_input, true);
    product_atb(signal, spikes.transposed().dense(), gradient, true);
}

void TrainPass::add_signal(const Block& block, std::size_t variant, std::size_t first_row, MatrixView sum,
                           std::span<double> bias, MatrixView changed) const {
    const Kept& kept = block.variants[variant];
    const ConstMatrixView signal = kept.psi.view().columns(first_row, sum.cols());
    const auto gain = source_.gain(variant);
    const auto factor = [&](std::size_t row) {
        return gain.empty() ? 1.0f : gain[first_of_wave_ + block.first + row % block.count];
    };
    for (std::size_t i = 0; i < signal.rows(); ++i) {
        const float* from = signal.row(i).data();
        float* to = sum.row(i).data();
        const float g = factor(i);
        for (std::size_t u = 0; u < sum.cols(); ++u) to[u] += g * from[u];
        for (std::size_t u = 0; u < bias.size(); ++u) bias[u] += static_cast<double>(from[u]);
    }
    for (const StepSource::Change& change : kept.changes) {
        const float* from = signal.row(change.row).data();
        const auto to = changed.row(change.column);
        const float g = factor(change.row) * change.value;
        for (std::size_t u = 0; u < to.size(); ++u) to[u] += g * from[u];
    }
}

}  // namespace snnff
