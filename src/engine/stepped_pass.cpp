#include "engine/stepped_pass.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/batch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum PassSlot : std::size_t { bringing_slot, brought_slot };

/// Rows of a block, and of a chunk where one sample has more: their currents stay in the second-level cache.
constexpr std::size_t rows_per_block = 400, most_samples_per_block = 16;
/// Samples of a wave: what they leave behind stays in the caches.
constexpr std::size_t most_samples_per_wave = 64;
/// Fewer groups of units than that are cut by inputs too.
constexpr std::size_t enough_tasks = 16;

std::size_t samples_per_block(std::size_t n_steps) {
    return std::clamp<std::size_t>(rows_per_block / n_steps, 1, most_samples_per_block);
}

/// Inputs that a unit sees, over all edges.
std::size_t n_inputs_of(const Population& population) noexcept {
    std::size_t n = 0;
    for (const Edge& edge : population.edges) n += edge.weight.cols();
    return n;
}

}  // namespace

std::size_t SteppedPass::wave_size(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                   std::size_t n_bases, std::size_t budget_bytes) {
    const std::size_t inputs = n_bases * n_inputs_of(population);
    const std::size_t units = n_variants * snnff::n_groups(population.n_units()) * group_width;
    const std::size_t matrices = population.neuron->fixed_carry().empty() ? 3 : 1;
    const std::size_t per_sample =
        static_cast<std::size_t>(time.steps) * sizeof(float) * (inputs + matrices * units);
    return std::clamp<std::size_t>(budget_bytes / per_sample, 1, most_samples_per_wave);
}

std::size_t SteppedPass::memory(const Population& population, const TimeGrid& time, const Size& size,
                                bool learns) {
    const auto n_steps = static_cast<std::size_t>(time.steps);
    const std::size_t wave = std::min(
        size.n_samples, wave_size(population, time, size.n_variants, size.n_bases, stored_steps_budget));
    const std::size_t n_rows = wave * n_steps, line = snnff::n_groups(population.n_units()) * group_width;
    std::size_t floats = 2 * size.n_variants * wave * population.n_units();  // measured, spikes
    // A bit for each element, and for each of a quarter of them its place, 16 bits long, in one or two lists.
    const std::size_t n_elements = size.n_bases * n_rows * n_inputs_of(population);
    const std::size_t input_bytes =
        n_elements / 8 + n_elements / 4 * (learns ? 2 : 1) * sizeof(std::uint16_t);
    if (learns) {
        const std::size_t n_stored = population.neuron->fixed_carry().empty() ? 3 : 1;
        floats += n_stored * size.n_variants * n_rows * line;
        const std::size_t n_chains = size.n_bases * ceil_div(size.n_samples, samples_per_chain);
        const std::size_t n_sums = static_cast<std::size_t>(std::bit_width(n_chains));
        floats += (size.n_bases + n_sums) * line * n_inputs_of(population) + line * size.n_changed;
    }
    return floats * sizeof(float) + input_bytes;
}

std::size_t SteppedPass::scratch_memory(const Population& population, const TimeGrid& time,
                                        const Size& size) {
    const auto n_steps = static_cast<std::size_t>(time.steps);
    const std::size_t n_samples = samples_per_block(n_steps);
    const std::size_t n_rows = n_samples * std::min(n_steps, rows_per_block),
                      n_inputs = n_inputs_of(population);
    // The input of a block; currents and their chains, states and the weights of a group of units.
    const std::size_t n_states = size.n_variants * (population.neuron->n_state() + 3) + 2;
    return (size.n_bases * n_rows * n_inputs +
            group_width * (2 * n_rows + n_states * n_samples + n_inputs + n_inputs / 64)) *
           sizeof(float);
}

std::size_t SteppedPass::wave_end(std::size_t first, std::size_t wave_size, std::size_t n_samples) noexcept {
    const std::size_t end_of_chains = (first / samples_per_chain + 1) * samples_per_chain;
    return std::min({first + wave_size, end_of_chains, n_samples});
}

std::size_t SteppedPass::steps_at_once(const TimeGrid& time) noexcept {
    const auto n_steps = static_cast<std::size_t>(time.steps);
    return samples_per_block(n_steps) > 1 ? n_steps : std::min(n_steps, rows_per_block);
}

SteppedPass::SteppedPass(const Population& population, const TimeGrid& time, const Drive& drive,
                         Memory& memory)
    : SteppedPass(population, time, std::span<const Incoming>{}, memory) {
    alone_ = {{drive, &population.below().weight, nullptr}};
    incoming_ = alone_;
    n_variants_ = drive.n_variants();
}

SteppedPass::SteppedPass(const Population& population, const TimeGrid& time,
                         std::span<const Incoming> incoming, Memory& memory)
    : population_(population),
      time_(time),
      incoming_(incoming),
      memory_(memory),
      n_steps_(static_cast<std::size_t>(time.steps)),
      n_groups_(snnff::n_groups(population.n_units())),
      n_variants_(incoming.empty() ? 0 : incoming.front().drive.n_variants()),
      samples_per_block_(samples_per_block(n_steps_)) {}

void SteppedPass::forward(std::size_t first, std::size_t n, ForwardRequest request, Activity& activity) {
    const std::size_t wave =
        request.signal ? n
                       : wave_size(population_, time_, n_variants_, source(0).n_bases(), stored_steps_budget);
    const std::size_t at_once = steps_at_once(time_);
    for (std::size_t done = 0; done < n; done += wave) {
        begin(first + done, std::min(wave, n - done), request, activity);
        for (std::size_t step = 0; step < n_steps_; step += at_once)
            advance({step, std::min(at_once, n_steps_ - step)});
        end();
    }
}

void SteppedPass::begin(std::size_t first, std::size_t n, const ForwardRequest& request, Activity& activity) {
    request_ = request;
    activity_ = &activity;
    first_of_wave_ = first;
    n_in_wave_ = n;
    const auto grow = [&](std::vector<std::vector<double>>& numbers, std::size_t n_lists,
                          std::size_t per_sample = 1) {
        numbers.resize(n_lists);
        for (std::vector<double>& of_variant : numbers) {
            of_variant.resize(first * per_sample);
            of_variant.resize((first + n) * per_sample, 0.0);
        }
    };
    if (request.goodness != nullptr) grow(activity.goodness, n_variants_, n_scores());
    grow(activity.rate, n_variants_);
    grow(activity.spikes_received, varies(0) && source(0).spiking() ? n_variants_ : 0);
    make_room(n);
    memory_.chunks.clear();
    memory_.work.clear();
    std::vector<Matrix>& constant = memory_.constant;
    if (std::ranges::none_of(incoming_, [](const Incoming& each) { return each.drive.constant(); })) {
        constant.clear();
    } else {
        const std::size_t width = population_.below().weight.n_panels() * Panels::width;
        if (constant.size() != n_variants_ || constant[0].rows() < n || constant[0].cols() != width)
            shape(constant, n_variants_, n, width);
        for_blocks(memory_.blocks.size(), 1,
                   [&](std::size_t b, std::size_t) { bring_constant(memory_.blocks[b]); });
    }
}

void SteppedPass::advance(Range steps) {
    take(steps);
    step(steps, {0, n_groups_});
}

void SteppedPass::take(Range steps) {
    std::vector<Block>& blocks = memory_.blocks;
    memory_.chunks.push_back(steps);
    if (!whole(steps) && steps.first == 0) memory_.work.assign(n_groups_ * blocks.size() * work_size(), 0.0f);
    for_blocks(blocks.size(), 1, [&](std::size_t b, std::size_t) { take_input(blocks[b], steps); });
    double n_active = 0.0, n_all = 0.0;
    for (const Block& block : blocks) {
        for (const Memory::Came& came : block.came) {
            for (const Memory::Input& input : came.inputs) {
                const SparseRows& rows = whole(steps) ? input.rows : input.of_chunk;
                n_active += static_cast<double>(rows.n_active(0, rows.n_rows()));
                n_all += static_cast<double>(rows.n_rows() * rows.n_columns());
            }
        }
    }
    columns_per_part_ = columns_per_part(n_all > 0.0 ? n_active / n_all : 1.0);
    rows_per_part_ = columns_per_part_;
    for_blocks(blocks.size(), 1, [&](std::size_t b, std::size_t) { list_input(blocks[b], steps); });
}

void SteppedPass::step(Range steps, Range groups) {
    std::vector<Block>& blocks = memory_.blocks;
    const std::size_t n_parts =
        std::clamp<std::size_t>(ceil_div(2 * enough_tasks, groups.count), 1, blocks.size());
    for_blocks(groups.count * n_parts, 1, [&](std::size_t task, std::size_t) {
        const std::size_t part = task % n_parts;
        const std::size_t begin = part * blocks.size() / n_parts, end = (part + 1) * blocks.size() / n_parts;
        respond(groups.first + task / n_parts, std::span(blocks).subspan(begin, end - begin), steps);
    });
}

void SteppedPass::end() {
    std::vector<Block>& blocks = memory_.blocks;
    if (!memory_.work.empty()) {
        for_blocks(n_groups_ * blocks.size(), 1, [&](std::size_t task, std::size_t) {
            const float* work = memory_.work.data() + task * work_size();
            read_out(blocks[task % blocks.size()], task / blocks.size(), work);
        });
        memory_.work.clear();
    }
    for_blocks(n_in_wave_, 16, [&](std::size_t begin, std::size_t count) { score(begin, count); });
}

void SteppedPass::make_room(std::size_t n) {
    Memory& memory = memory_;
    const std::size_t n_blocks = ceil_div(n, samples_per_block_);
    for (; memory.blocks.size() > n_blocks; memory.blocks.pop_back())
        memory.spare.push_back(std::move(memory.blocks.back()));
    for (; memory.blocks.size() < n_blocks && !memory.spare.empty(); memory.spare.pop_back())
        memory.blocks.push_back(std::move(memory.spare.back()));
    memory.blocks.resize(n_blocks);
    for (std::size_t b = 0; b < memory.blocks.size(); ++b) {
        Block& block = memory.blocks[b];
        block.first = b * samples_per_block_;
        block.count = std::min(samples_per_block_, n - block.first);
        block.came.resize(incoming_.size());
        for (std::size_t d = 0; d < incoming_.size(); ++d) {
            block.came[d].inputs.resize(varies(d) ? source(d).n_bases() : 0);
            block.came[d].variants.resize(varies(d) ? n_variants_ : 0);
        }
    }
    const std::size_t of_sample = scores_steps() ? n_steps_ : 1;
    if (memory.n_samples < n || memory.measured.size() != n_variants_ ||
        memory.measured[0].cols() != n_units() || memory.measured[0].rows() != memory.n_samples * of_sample) {
        memory.n_samples = n;
        shape(memory.measured, n_variants_, n * of_sample, n_units());
        shape(memory.spikes, n_variants_, n, n_units());
    }
    memory.sums.resize(incoming_.size());
    if (!request_.signal) return;
    // Units past the last of a panel are never written and stay 0.
    const std::size_t size = n_variants_ * n_groups_ * memory.n_samples * n_steps_ * group_width;
    const bool fixed = !population_.neuron->fixed_carry().empty();
    if (memory.psi.size() != size) memory.psi.assign(size, 0.0f);
    for (AlignedVector<float>* slopes : {&memory.carry, &memory.charge}) {
        if (slopes->size() != (fixed ? 0 : size)) slopes->assign(fixed ? 0 : size, 0.0f);
    }
}

/// What constant drives bring to the samples of a block, and the bias.
void SteppedPass::bring_constant(const Block& block) {
    const std::size_t width = population_.below().weight.n_panels() * Panels::width;
    const MatrixView chains = scratch(bringing_slot, block.count, width),
                     brought = scratch(brought_slot, block.count, width);
    for (std::size_t v = 0; v < n_variants_; ++v) {
        const MatrixView sum = memory_.constant[v].view().rows(block.first, block.count);
        bool first = true;
        for (const Incoming& each : incoming_) {
            if (!each.drive.constant()) continue;
            const Variant& variant = each.drive.variants[v];
            const Tile tile{first_of_wave_ + block.first, block.count, 0, each.weight->n_panels()};
            base_chains(variant.base.rows(tile.first_sample, block.count), *each.weight, tile, chains);
            variant_currents(*each.weight, {}, variant, tile, chains, brought);
            for (std::size_t s = 0; s < block.count; ++s) {
                const auto from = brought.row(s);
                for (std::size_t u = 0; u < width; ++u) sum(s, u) = first ? from[u] : sum(s, u) + from[u];
            }
            first = false;
        }
        for (std::size_t s = 0; s < block.count; ++s) {
            for (std::size_t u = 0; u < n_units(); ++u) sum(s, u) += population_.bias[u];
        }
    }
}

std::size_t SteppedPass::inputs_per_task(std::size_t drive) const noexcept {
    const std::size_t n_blocks = ceil_div(enough_tasks, n_groups_);
    return std::max<std::size_t>(64, ceil_div(ceil_div(n_inputs(drive), n_blocks), 64) * 64);
}

}  // namespace snnff
