#include <algorithm>
#include <array>

#include "engine/activity.hpp"
#include "kernels/dispatch.hpp"

namespace snnff {

void base_chains(ConstMatrixView base, const Panels& weight, const Tile& tile, MatrixView out,
                 std::span<const float> next) {
    kernels::active().chains({.n_rows = base.rows(),
                              .depth = base.cols(),
                              .n_panels = tile.n_panels,
                              .a = base.data(),
                              .row_stride = base.stride(),
                              .depth_stride = 1,
                              .panels = weight.panel(tile.first_panel),
                              .panel_stride = weight.panel_size(),
                              .out = out.data(),
                              .out_row_stride = out.stride(),
                              .out_panel_stride = Panels::width,
                              .next = next.data(),
                              .n_next = next.size()});
}

void variant_currents(const Panels& weight, std::span<const float> bias, const Variant& variant,
                      const Tile& tile, ConstMatrixView chains, MatrixView out) {
    constexpr std::size_t panels_at_once = 4;
    const std::size_t first_change = tile.first_sample * variant.n_changes;
    for (std::size_t done = 0; done < tile.n_panels; done += panels_at_once) {
        const std::size_t n_panels = std::min(panels_at_once, tile.n_panels - done);
        const std::size_t column = done * Panels::width, first_unit = tile.first_unit() + column;
        std::array<float, panels_at_once * Panels::width> added{};  // zeros past the last unit
        const std::size_t n = std::min(n_panels * Panels::width, weight.rows() - first_unit);
        if (!bias.empty()) std::copy_n(bias.data() + first_unit, n, added.begin());
        kernels::active().end_currents({.n_rows = tile.n_samples,
                                        .n_panels = n_panels,
                                        .chain = {chains.data() + column, chains.stride()},
                                        .panels = weight.panel(tile.first_panel + done),
                                        .panel_stride = weight.panel_size(),
                                        .n_changes = variant.n_changes,
                                        .index = variant.index.data() + first_change,
                                        .value = variant.value.data() + first_change,
                                        .gain = variant.gain.data() + tile.first_sample,
                                        .bias = added.data(),
                                        .current = {out.data() + column, out.stride()}});
    }
}

}  // namespace snnff
