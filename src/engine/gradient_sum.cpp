#include <algorithm>
#include <bit>
#include <cassert>

#include "engine/gradient.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t floats_per_task = 16384;

}  // namespace

void RowChanges::clear() {
    end.clear();
    index.clear();
    value.clear();
}

void RowChanges::add(std::uint32_t input, float input_value) {
    index.push_back(input);
    value.push_back(input_value);
}

std::size_t GradientSum::memory(std::size_t n_units, std::size_t n_inputs, std::size_t n_samples,
                                std::size_t rows_at_once, bool changes) noexcept {
    const std::size_t line = whole_lines(n_units), size = line * n_inputs;
    const std::size_t n_blocks = (n_samples + samples_per_chain - 1) / samples_per_chain;
    return BlockSums::memory(size, n_blocks) +
           ((changes ? size : 0) + (line + 2) * rows_at_once) * sizeof(float) + line * sizeof(double);
}

void GradientSum::begin(std::size_t n_units, std::size_t n_inputs) {
    n_units_ = n_units;
    n_inputs_ = n_inputs;
    n_panels_ = (n_units + Panels::width - 1) / Panels::width;
    n_samples_ = n_levels_ = 0;
    changed_.clear();
    bias_.assign(n_panels_ * Panels::width, 0.0);
}

void GradientSum::add(const Rows& rows) {
    const std::size_t n_samples = rows.x.rows() / rows.n_steps;
    assert(rows.signal.stride() >= n_panels_ * Panels::width && rows.signal.rows() == rows.x.rows());
    weigh(rows, n_samples);
    for (std::size_t first = 0; first < n_samples;) {
        const std::size_t left = samples_per_chain - n_samples_ % samples_per_chain;
        const std::size_t end = std::min(n_samples, first + left);
        go_on(rows, n_samples, first, end);
        n_samples_ += end - first;
        first = end;
        if (n_samples_ % samples_per_chain == 0) end_block();
    }
    if (rows.changes != nullptr && !rows.changes->empty()) add_changes(rows, n_samples);
}

/// Puts signals in panels, sample by sample, and adds them to the bias.
void GradientSum::weigh(const Rows& rows, std::size_t n_samples) {
    const std::size_t n_rows = rows.x.rows(), n_steps = rows.n_steps;
    weighed_.resize(n_panels_ * n_rows * Panels::width);
    ones_.assign(n_rows, 1.0f);
    gain_.assign(n_rows, 1.0f);
    for (std::size_t r = 0; r < n_rows && !rows.gain.empty(); ++r) gain_[r] = rows.gain[r / n_steps];
    for_blocks(n_panels_, 1, [&](std::size_t panel, std::size_t) {
        const std::size_t n_calls = n_steps == 1 ? 1 : n_samples, rows_per_call = n_rows / n_calls;
        for (std::size_t call = 0; call < n_calls; ++call) {
            const std::size_t first = call * rows_per_call;
            kernels::active().weigh_signal(
                {.n_samples = rows_per_call,
                 .signal = {rows.signal.data() + call * rows.signal.stride() + panel * Panels::width,
                            rows.signal.stride() * n_calls},
                 .slope = ones_.data() + first,
                 .gain = gain_.data() + first,
                 .weighed = weighed_.data() + (panel * n_rows + first) * Panels::width,
                 .bias = bias_.data() + panel * Panels::width});
        }
    });
}

void GradientSum::go_on(const Rows& rows, std::size_t n_samples, std::size_t first, std::size_t end) {
    const bool begins = n_samples_ % samples_per_chain == 0;
    if (begins && levels_.size() < ++n_levels_) levels_.emplace_back();
    AlignedVector<float>& sums = levels_[n_levels_ - 1];
    if (begins) sums.resize(size());
    const std::size_t n_rows = rows.x.rows(), n_steps = rows.n_steps;
    const std::size_t n_groups = (n_panels_ + panels_per_weight_tile - 1) / panels_per_weight_tile;
    const std::size_t inputs = inputs_per_weight_tile(n_inputs_);
    const std::size_t n_blocks = (n_inputs_ + inputs - 1) / inputs;
    for_blocks(n_groups * n_blocks, 1, [&](std::size_t task, std::size_t) {
        const std::size_t panel = task / n_blocks * panels_per_weight_tile, input = task % n_blocks * inputs;
        kernels::Chains job{.n_rows = std::min(inputs, n_inputs_ - input),
                            .depth = end - first,
                            .n_panels = std::min(panels_per_weight_tile, n_panels_ - panel),
                            .a = rows.x.row(first).data() + input,
                            .row_stride = 1,
                            .depth_stride = rows.x.stride(),
                            .panels = weighed_.data() + (panel * n_rows + first * n_steps) * Panels::width,
                            .panel_stride = n_rows * Panels::width,
                            .out = sums.data() + (panel * n_inputs_ + input) * Panels::width,
                            .out_row_stride = Panels::width,
                            .out_panel_stride = n_inputs_ * Panels::width,
                            .go_on = !begins};
        if (n_steps == 1) return kernels::active().chains(job);
        job.depth = n_steps;
        job.depth_stride = n_samples * rows.x.stride();
        for (std::size_t s = first; s < end; ++s) {
            kernels::active().chains(job);
            job.a += rows.x.stride();
            job.panels += n_steps * Panels::width;
            job.go_on = true;
        }
    });
}

void GradientSum::end_block() {
    // As many sums of equal length stand before it as the count of blocks before ends in ones.
    for (std::size_t n = n_samples_ / samples_per_chain - 1; (n & 1) != 0; n >>= 1) {
        const AlignedVector<float>& last = levels_[n_levels_ - 1];
        AlignedVector<float>& before = levels_[n_levels_ - 2];
        for_blocks(size(), floats_per_task, [&](std::size_t first, std::size_t count) {
            kernels::active().add(last.data() + first, count, before.data() + first);
        });
        --n_levels_;
    }
}

void GradientSum::add_changes(const Rows& rows, std::size_t n_samples) {
    if (changed_.empty()) changed_.assign(size(), 0.0f);
    const std::size_t n_rows = rows.x.rows(), n_steps = rows.n_steps;
    const RowChanges& given = *rows.changes;
    RowChanges by_sample;
    for (std::size_t r = 0; r < n_rows; ++r) {
        const std::size_t row = r % n_steps * n_samples + r / n_steps;
        for (std::size_t c = row == 0 ? 0 : given.end[row - 1]; c < given.end[row]; ++c) {
            by_sample.add(given.index[c], given.value[c]);
        }
        by_sample.end_row();
    }
    for_blocks(n_panels_, 1, [&](std::size_t panel, std::size_t) {
        const kernels::ChangedInputs::Variant variant{
            {weighed_.data() + panel * n_rows * Panels::width, Panels::width},
            ones_.data(),
            nullptr,
            0,
            by_sample.end.data(),
            by_sample.index.data(),
            by_sample.value.data()};
        kernels::active().changed_inputs({.n_samples = n_rows,
                                          .n_variants = 1,
                                          .variants = &variant,
                                          .first_input = 0,
                                          .chain = changed_.data() + panel * n_inputs_ * Panels::width});
    });
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
        if (!changed_.empty()) kernels::active().add(changed_.data() + begin, length, out);
    }
}

void GradientSum::write(MatrixView weight) const {
    for_blocks(n_panels_, 1, [&](std::size_t panel, std::size_t) {
        const MatrixView all = scratch(6, n_inputs_, Panels::width);
        weights({panel, 1, 0, n_inputs_}, all.data());
        const std::size_t first = panel * Panels::width;
        for (std::size_t u = first; u < std::min(first + Panels::width, n_units_); ++u) {
            for (std::size_t i = 0; i < n_inputs_; ++i) weight(u, i) = all(i, u - first);
        }
    });
}

}  // namespace snnff
