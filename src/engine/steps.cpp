#include "engine/steps.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
std::size_t columns_per_part(double share_of_spikes) noexcept { return share_of_spikes < 0.1 ? 512 : 256; }

GroupWeights::GroupWeights(const Panels& weight, std::size_t group, std::size_t columns_per_part, float* room)
    : weight_(weight),
      group_(group),
      n_panels_(std::min<std::size_t>(2, weight.n_panels() - 2 * group)),
      columns_per_part_(columns_per_part),
      copy_(room) {
    copy_group(weight, group, columns_per_part, room);
    finite_ = kernels::active().all_finite(weight.panel(2 * group), n_panels_ * weight.panel_size());
}

void GroupWeights::chains(const SparseRows& rows, std::size_t first_row, std::size_t n_rows,
                          std::span<const SpikeList> lists, float* out) const {
    if (!lists.empty() && finite_) {
        for (const SpikeList& list : lists) {
            const std::size_t zeros_before = list.first_column / columns_per_part_;
            list.multiply(copy_ + (list.first_column + zeros_before) * group_width, n_panels_,
                          list.first_column > 0, out);
        }
        return;
    }
    thread_local Matrix buffer;
    const ConstMatrixView x = rows.dense(first_row, n_rows, buffer);
    kernels::active().chains({.n_rows = n_rows,
                              .depth = x.cols(),
                              .n_panels = n_panels_,
                              .a = x.data(),
                              .row_stride = x.stride(),
                              .depth_stride = 1,
                              .panels = weight_.panel(2 * group_),
                              .panel_stride = weight_.panel_size(),
                              .out = out,
                              .out_row_stride = group_width,
                              .out_panel_stride = Panels::width});
}

void StepChanges::sort(std::span<const StepSource::Change> changes,
                       std::span<const std::uint32_t> changing_inputs, std::size_t count,
                       std::size_t n_steps) {
    const auto row_of = [&](const StepSource::Change& change) {
        return change.row % count * n_steps + change.row / count;
    };
    end.assign(count * n_steps, 0);
    for (const StepSource::Change& change : changes) ++end[row_of(change)];
    std::size_t before = 0;
    for (std::size_t& n : end) before += std::exchange(n, before);  // now where a row begins
    input.resize(changes.size());
    column.resize(changes.size());
    value.resize(changes.size());
    for (const StepSource::Change& change : changes) {
        const std::size_t at = end[row_of(change)]++;
        column[at] = change.column;
        value[at] = change.value;
    }
    for (std::size_t row = 0, begin = 0; row < end.size(); begin = end[row++]) {
        for (std::size_t i = begin; i < end[row]; ++i) {
            for (std::size_t at = i; at > begin && column[at - 1] > column[at]; --at) {
                std::swap(column[at - 1], column[at]);
                std::swap(value[at - 1], value[at]);
            }
        }
    }
    for (std::size_t i = 0; i < column.size(); ++i) input[i] = changing_inputs[column[i]];
}

void step_currents(const Panels& weight, std::span<const float> bias, std::size_t group, std::size_t n_rows,
                   const float* chains, const StepChanges& changes, std::span<const float> gain,
                   float* current) {
    std::array<float, group_width> added{};  // zeros past the last unit
    std::ranges::copy(bias, added.begin());
    kernels::active().end_currents({.n_rows = n_rows,
                                    .n_panels = std::min<std::size_t>(2, weight.n_panels() - 2 * group),
                                    .chain = {chains, group_width},
                                    .panels = weight.panel(2 * group),
                                    .panel_stride = weight.panel_size(),
                                    .n_changes = 0,
                                    .changes_end = changes.input.empty() ? nullptr : changes.end.data(),
                                    .index = changes.input.data(),
                                    .value = changes.value.data(),
                                    .gain = gain.empty() ? nullptr : gain.data(),
                                    .bias = added.data(),
                                    .current = {current, group_width}});
}

kernels::WalkBack way_back(Reading output, std::size_t n_steps) {
    kernels::WalkBack job;
    job.n_steps = n_steps;
    job.last_only = output == Reading::membrane;
    job.from_emitted = !job.last_only && output != Reading::membrane_mean;
    const bool each = output == Reading::spikes;  // a slope of every step arrives
    job.weight = each ? 1.0f : factor_of(output, static_cast<std::int64_t>(n_steps));
    return job;
}

}  // namespace snnff
