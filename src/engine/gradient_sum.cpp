#include <algorithm>
#include <bit>
#include <cassert>

#include "engine/gradient.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t floats_per_sum = 16384;

}  // namespace

std::size_t GradientSum::memory(std::size_t n_units, std::size_t n_inputs, std::size_t n_rows,
                                std::size_t rows_at_once) noexcept {
    const std::size_t line = whole_lines(n_units);
    const std::size_t n_blocks = (n_rows + samples_per_chain - 1) / samples_per_chain;
    return BlockSums::memory(line * n_inputs, n_blocks) + (line + 1) * rows_at_once * sizeof(float) +
           line * sizeof(double);
}

void GradientSum::begin(std::size_t n_units, std::size_t n_inputs) {
    n_units_ = n_units;
    n_inputs_ = n_inputs;
    n_panels_ = (n_units + Panels::width - 1) / Panels::width;
    n_rows_ = n_levels_ = 0;
    bias_.assign(n_panels_ * Panels::width, 0.0);
}

void GradientSum::add(const Rows& rows) {
    const std::size_t n_rows = rows.x.rows();
    assert(rows.signal.stride() >= n_panels_ * Panels::width && rows.signal.rows() == n_rows);
    weigh(rows);
    for (std::size_t first = 0; first < n_rows;) {
        const std::size_t left = samples_per_chain - n_rows_ % samples_per_chain;
        const std::size_t end = std::min(n_rows, first + left);
        go_on(rows, first, end);
        n_rows_ += end - first;
        first = end;
        if (n_rows_ % samples_per_chain == 0) end_block();
    }
}

/// Puts signals in panels, and adds them to the bias.
void GradientSum::weigh(const Rows& rows) {
    const std::size_t n_rows = rows.x.rows();
    weighed_.resize(n_panels_ * n_rows * Panels::width);
    ones_.assign(n_rows, 1.0f);
    for_blocks(n_panels_, 1, [&](std::size_t panel, std::size_t) {
        kernels::active().weigh_signal(
            {.n_samples = n_rows,
             .signal = {rows.signal.data() + panel * Panels::width, rows.signal.stride()},
             .slope = ones_.data(),
             .gain = rows.gain.empty() ? nullptr : rows.gain.data(),
             .weighed = weighed_.data() + panel * n_rows * Panels::width,
             .bias = bias_.data() + panel * Panels::width});
    });
}

void GradientSum::go_on(const Rows& rows, std::size_t first, std::size_t end) {
    const bool begins = n_rows_ % samples_per_chain == 0;
    if (begins && levels_.size() < ++n_levels_) levels_.emplace_back();
    AlignedVector<float>& sums = levels_[n_levels_ - 1];
    if (begins) sums.resize(size());
    const std::size_t n_rows = rows.x.rows();
    const std::size_t n_groups = (n_panels_ + panels_per_weight_tile - 1) / panels_per_weight_tile;
    const std::size_t inputs = inputs_per_weight_tile(n_inputs_);
    const std::size_t n_blocks = (n_inputs_ + inputs - 1) / inputs;
    for_blocks(n_groups * n_blocks, 1, [&](std::size_t task, std::size_t) {
        const std::size_t panel = task / n_blocks * panels_per_weight_tile, input = task % n_blocks * inputs;
        kernels::active().chains({.n_rows = std::min(inputs, n_inputs_ - input),
                                  .depth = end - first,
                                  .n_panels = std::min(panels_per_weight_tile, n_panels_ - panel),
                                  .a = rows.x.row(first).data() + input,
                                  .row_stride = 1,
                                  .depth_stride = rows.x.stride(),
                                  .panels = weighed_.data() + (panel * n_rows + first) * Panels::width,
                                  .panel_stride = n_rows * Panels::width,
                                  .out = sums.data() + (panel * n_inputs_ + input) * Panels::width,
                                  .out_row_stride = Panels::width,
                                  .out_panel_stride = n_inputs_ * Panels::width,
                                  .go_on = !begins});
    });
}

void GradientSum::end_block() {
    // As many sums of equal length stand before it as the count of blocks before ends in ones.
    for (std::size_t n = n_rows_ / samples_per_chain - 1; (n & 1) != 0; n >>= 1) {
        const AlignedVector<float>& last = levels_[n_levels_ - 1];
        AlignedVector<float>& before = levels_[n_levels_ - 2];
        for_blocks(size(), floats_per_sum, [&](std::size_t first, std::size_t count) {
            kernels::active().add(last.data() + first, count, before.data() + first);
        });
        --n_levels_;
    }
}

void GradientSum::weights(const WeightTile& tile, float* out) const {
    const std::size_t length = tile.n_inputs * Panels::width;
    for (std::size_t p = 0; p < tile.n_panels; ++p, out += length) {
        const std::size_t begin = ((tile.first_panel + p) * n_inputs_ + tile.first_input) * Panels::width;
        if (n_levels_ == 0) std::fill_n(out, length, 0.0f);
        for (std::size_t level = n_levels_; level-- > 0;) {
            const float* from = levels_[level].data() + begin;
            if (level + 1 == n_levels_) {
                std::copy_n(from, length, out);
            } else {
                kernels::active().add(from, length, out);
            }
        }
    }
}

void GradientSum::write(MatrixView weight) const { write_weights(*this, weight); }

}  // namespace snnff
