#include "engine/gradient.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t rows_of_weights = 6;

enum GradientSlot : std::size_t { room_slot = 5, write_slot };

AlignedVector<float>& thread_sums() {
    thread_local AlignedVector<float> sums;
    return sums;
}

/// Whether the inputs of a chain's samples are more than a cache holds beside all else, and serve units
/// enough.
bool gathers(std::size_t n_panels, std::size_t n_samples, std::size_t n_inputs) {
    constexpr std::size_t few_bytes = std::size_t{512} << 10, enough_panels = 16;
    const std::size_t in_a_chain = std::min(n_samples, samples_per_chain) * n_inputs * sizeof(float);
    return in_a_chain > few_bytes && n_panels >= enough_panels;
}

bool same_base(const Variant& a, const Variant& b) { return a.base.data() == b.base.data(); }

}  // namespace

std::size_t inputs_per_weight_tile(std::size_t n_inputs) noexcept {
    return even_block(n_inputs, most_inputs_per_weight_tile, rows_of_weights);
}

void write_weights(const Gradient& gradient, MatrixView weight, std::size_t edge) {
    const std::size_t n_units = weight.rows(), n_inputs = weight.cols();
    for_blocks(ceil_div(n_units, Panels::width), 1, [&](std::size_t panel, std::size_t) {
        const MatrixView all = scratch(write_slot, n_inputs, Panels::width);
        gradient.weights({panel, 1, 0, n_inputs, edge}, all.data());
        const std::size_t first = panel * Panels::width;
        for (std::size_t u = first; u < std::min(first + Panels::width, n_units); ++u) {
            for (std::size_t i = 0; i < n_inputs; ++i) weight(u, i) = all(i, u - first);
        }
    });
}

BlockSums::BlockSums(std::size_t size) : size_(size), levels_(thread_sums()) {}

std::size_t BlockSums::memory(std::size_t size, std::size_t n_blocks) noexcept {
    // As many as stand at a time while that many blocks are added: all bits of the count.
    return static_cast<std::size_t>(std::bit_width(n_blocks)) * size * sizeof(float);
}

float* BlockSums::next() {
    std::size_t n_levels = 1;  // of what is kept, and one for the block on its way
    for (std::size_t n = n_blocks_; n > 0; n &= n - 1) ++n_levels;
    if (levels_.size() < n_levels * size_) levels_.resize(n_levels * size_);
    return levels_.data() + (n_levels - 1) * size_;
}

void BlockSums::add() {
    float* last = next();
    // As many pairs are full now as the count of blocks before ends in ones.
    for (std::size_t n = n_blocks_++; (n & 1) != 0; n >>= 1) {
        float* before = last - size_;
        kernels::active().add(last, size_, before);
        last = before;
    }
}

void BlockSums::total(float* out) {
    if (n_blocks_ == 0) {
        std::fill_n(out, size_, 0.0f);
        return;
    }
    std::size_t n_kept = 0;
    for (std::size_t n = n_blocks_; n > 0; n &= n - 1) ++n_kept;
    for (; n_kept > 1; --n_kept) {
        float* before = levels_.data() + (n_kept - 2) * size_;
        kernels::active().add(before + size_, size_, before);
    }
    std::copy_n(levels_.data(), size_, out);
}

void gradient_chains(ConstMatrixView x, const float* signal, std::size_t signal_stride,
                     const WeightTile& tile, float* out, std::size_t n_next) {
    kernels::active().chains({.n_rows = tile.n_inputs,
                              .depth = x.rows(),
                              .n_panels = tile.n_panels,
                              .a = x.data(),
                              .row_stride = 1,
                              .depth_stride = x.stride(),
                              .panels = signal,
                              .panel_stride = signal_stride,
                              .out = out,
                              .out_row_stride = Panels::width,
                              .out_panel_stride = tile.n_inputs * Panels::width,
                              .next = x.data() + x.rows() * x.stride(),
                              .n_next = n_next});
}

ConstantGradient::ConstantGradient(const Population& population, std::span<const Variant> variants,
                                   std::span<const Matrix> signal, std::span<const std::vector<double>> slope,
                                   Memory& memory)
    : variants_(variants),
      signal_(signal),
      memory_(memory),
      n_units_(population.n_units()),
      n_panels_(population.below().weight.n_panels()),
      n_groups_(population.n_groups),
      n_samples_(variants.front().base.rows()),
      n_inputs_(variants.front().base.cols()) {
    for (std::size_t v = 0; v < variants.size(); ++v) {
        if (v == 0 || !same_base(variants[v], variants[v - 1])) ++n_bases_;
    }
    std::uint32_t first = static_cast<std::uint32_t>(-1), end = 0;
    for (const Variant& variant : variants) {
        for (const std::uint32_t input : variant.index) {
            first = std::min(first, input);
            end = std::max(end, input + 1);
        }
    }
    if (end > 0) {
        first_changed_ = first;
        n_changed_ = end - first;
    }
    memory.weighed.resize(n_bases_ * n_panels_ * n_samples_ * Panels::width);
    memory.changed.assign(n_panels_ * n_changed_ * Panels::width, 0.0f);
    memory.bias.assign(n_panels_ * Panels::width, 0.0);
    memory.slope.resize(variants.size() * n_groups_ * n_samples_);
    for (std::size_t v = 0; v < variants.size(); ++v) {
        for (std::size_t g = 0; g < n_groups_; ++g) {
            float* of_group = memory.slope.data() + (v * n_groups_ + g) * n_samples_;
            for (std::size_t s = 0; s < n_samples_; ++s)
                of_group[s] = static_cast<float>(slope[v][s * n_groups_ + g]);
        }
    }
    for_blocks(n_panels_, 1, [&](std::size_t panel, std::size_t) { weigh(panel, population.learns_bias); });
    gather_inputs();
}

std::size_t ConstantGradient::memory(const Size& size) noexcept {
    const std::size_t line = whole_lines(size.n_units), in_bases = size.n_bases * size.n_samples;
    const std::size_t gathered =
        gathers(line / Panels::width, size.n_samples, size.n_inputs) ? in_bases * size.n_inputs : 0;
    const std::size_t slopes = size.n_variants * size.n_samples * size.n_groups;
    return (gathered + line * (in_bases + size.n_changed) + slopes) * sizeof(float) + line * sizeof(double);
}

std::size_t ConstantGradient::scratch_memory(const Size& size) noexcept {
    return size.n_groups > 1 ? size.n_variants * size.n_samples * Panels::width * sizeof(float) : 0;
}

ConstantGradient::Slopes ConstantGradient::slopes(std::size_t variant, std::size_t panel,
                                                  std::span<float> room) const {
    const float* of_variant = memory_.slope.data() + variant * n_groups_ * n_samples_;
    const std::size_t first = panel * Panels::width, last = std::min(first + Panels::width, n_units_) - 1;
    const std::size_t first_group = group_of(first, n_groups_, n_units_);
    if (group_of(last, n_groups_, n_units_) == first_group)
        return {of_variant + first_group * n_samples_, false};
    for (std::size_t u = 0; u < Panels::width; ++u) {
        const std::size_t group = group_of(std::min(first + u, last), n_groups_, n_units_);
        for (std::size_t s = 0; s < n_samples_; ++s)
            room[s * Panels::width + u] = of_variant[group * n_samples_ + s];
    }
    return {room.data(), true};
}

void ConstantGradient::weigh(std::size_t panel, bool learns_bias) const {
    const auto& kernels = kernels::active();
    const auto signal_of = [&](std::size_t v) {
        return kernels::ConstRows{signal_[v].data() + panel * Panels::width, signal_[v].cols()};
    };
    const std::size_t of_panel = n_samples_ * Panels::width;
    const MatrixView room = scratch(room_slot, n_groups_ > 1 ? variants_.size() : 0, of_panel);
    std::size_t base = 0;
    thread_local std::vector<kernels::ChangedInputs::Variant> changed;
    changed.clear();
    bool of_units = false;
    for (std::size_t v = 0; v < variants_.size(); ++v) {
        const Variant& variant = variants_[v];
        const bool first = v == 0 || !same_base(variant, variants_[v - 1]);
        if (first && v > 0) ++base;
        const Slopes slope = slopes(v, panel, n_groups_ > 1 ? room.row(v) : std::span<float>{});
        of_units = slope.of_units;
        kernels.weigh_signal({.n_samples = n_samples_,
                              .signal = signal_of(v),
                              .slope = slope.data,
                              .gain = variant.gain.data(),
                              .weighed = const_cast<float*>(weighed(base, panel)),
                              .bias = learns_bias ? memory_.bias.data() + panel * Panels::width : nullptr,
                              .first = first,
                              .slope_of_units = slope.of_units});
        changed.push_back({signal_of(v), slope.data, variant.gain.data(), variant.n_changes, nullptr,
                           variant.index.data(), variant.value.data()});
    }
    if (n_changed_ == 0) return;
    kernels.changed_inputs({.n_samples = n_samples_,
                            .n_variants = changed.size(),
                            .variants = changed.data(),
                            .first_input = first_changed_,
                            .chain = memory_.changed.data() + panel * n_changed_ * Panels::width,
                            .slope_of_units = of_units});
}

/// Where the inputs of a chain's samples are more than a cache holds beside all else, those of a tile are put
/// side by side once for all units: in strides of whole samples, every element would be on a page of its own.
void ConstantGradient::gather_inputs() {
    if (!gathers(n_panels_, n_samples_, n_inputs_)) return;
    gathered_ = true;
    const std::size_t size = n_samples_ * n_inputs_, inputs = inputs_per_weight_tile(n_inputs_);
    memory_.inputs.resize(n_bases_ * size);
    const std::size_t n_tiles = (n_inputs_ + inputs - 1) / inputs;
    for (std::size_t v = 0, base = 0; v < variants_.size(); ++v) {
        if (v > 0 && same_base(variants_[v], variants_[v - 1])) continue;
        float* of_base = memory_.inputs.data() + base++ * size;
        for_blocks(n_tiles, 1, [&](std::size_t tile, std::size_t) {
            const std::size_t first = tile * inputs, count = std::min(inputs, n_inputs_ - first);
            float* to = of_base + first * n_samples_;
            for (std::size_t s = 0; s < n_samples_; ++s, to += count) {
                std::copy_n(variants_[v].base.row(s).data() + first, count, to);
            }
        });
    }
}

void ConstantGradient::weights(const WeightTile& tile, float* out) const {
    const std::size_t size = tile.n_panels * tile.n_inputs * Panels::width,
                      stride = n_samples_ * Panels::width;
    const std::size_t n_blocks = (n_samples_ + samples_per_chain - 1) / samples_per_chain;
    BlockSums sums(size);
    for (std::size_t v = 0, base = 0; v < variants_.size(); ++v) {
        if (v > 0 && same_base(variants_[v], variants_[v - 1])) continue;
        const bool together = gathered_ && tile.first_input % inputs_per_weight_tile(n_inputs_) == 0 &&
                              tile.n_inputs <= inputs_per_weight_tile(n_inputs_);
        const float* gathered =
            together ? memory_.inputs.data() + (base * n_inputs_ + tile.first_input) * n_samples_ : nullptr;
        const float* signal = weighed(base++, tile.first_panel);
        for (std::size_t block = 0; block < n_blocks; ++block) {
            const std::size_t first = block * samples_per_chain;
            const std::size_t count = std::min(samples_per_chain, n_samples_ - first);
            const ConstMatrixView x =
                together ? ConstMatrixView(gathered + first * tile.n_inputs, count, tile.n_inputs)
                         : variants_[v].base.rows(first, count).columns(tile.first_input, tile.n_inputs);
            const bool only = n_bases_ * n_blocks == 1;
            // The inputs of the next block, or of the next tile.
            const std::size_t at = tile.first_input * n_samples_ + (first + count) * tile.n_inputs;
            const std::size_t n_next =
                together ? std::min(count * tile.n_inputs, n_inputs_ * n_samples_ - at) : 0;
            gradient_chains(x, signal + first * Panels::width, stride, tile, only ? out : sums.next(),
                            n_next);
            if (!only) sums.add();
        }
    }
    if (n_bases_ * n_blocks != 1) sums.total(out);
    const std::size_t begin = std::max<std::size_t>(tile.first_input, first_changed_);
    const std::size_t end =
        std::min<std::size_t>(tile.first_input + tile.n_inputs, first_changed_ + n_changed_);
    for (std::size_t p = 0; p < tile.n_panels && begin < end; ++p) {
        const float* changed = memory_.changed.data() +
                               ((tile.first_panel + p) * n_changed_ + begin - first_changed_) * Panels::width;
        kernels::active().add(changed, (end - begin) * Panels::width,
                              out + (p * tile.n_inputs + begin - tile.first_input) * Panels::width);
    }
}

}  // namespace snnff
