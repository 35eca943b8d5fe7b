#include "engine/turned_weights.hpp"

#include <algorithm>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum TurnedSlot : std::size_t { sum_slot = 9, part_slot };

}  // namespace

void TurnedWeights::turn(const Panels& weight) {
    const std::size_t n_units = weight.rows(), n_inputs = weight.cols();
    if (by_input_.rows() != n_inputs || by_input_.cols() != n_units) by_input_.resize(n_inputs, n_units);
    for_blocks(by_input_.n_panels(), 1, [&](std::size_t panel, std::size_t) {
        const std::size_t first = panel * Panels::width, count = std::min(Panels::width, n_inputs - first);
        float* to = by_input_.panel(panel);
        for (std::size_t u = 0; u < n_units; ++u, to += Panels::width) {
            const float* from = weight.panel(u / Panels::width) + first * Panels::width + u % Panels::width;
            for (std::size_t i = 0; i < count; ++i) to[i] = from[i * Panels::width];
        }
    });
}

void TurnedWeights::hand_down(ConstMatrixView signal, MatrixView out) const {
    constexpr std::size_t units_per_chain = 64;
    const std::size_t n_units = by_input_.cols(), width = by_input_.n_panels() * Panels::width;
    const MatrixView sum = scratch(sum_slot, signal.rows(), width),
                     part = scratch(part_slot, signal.rows(), width);
    for (std::size_t first = 0; first < n_units; first += units_per_chain) {
        const MatrixView to = first == 0 ? sum : part;
        kernels::active().chains({.n_rows = signal.rows(),
                                  .depth = std::min(units_per_chain, n_units - first),
                                  .n_panels = by_input_.n_panels(),
                                  .a = signal.data() + first,
                                  .row_stride = signal.stride(),
                                  .panels = by_input_.panel(0) + first * Panels::width,
                                  .panel_stride = by_input_.panel_size(),
                                  .out = to.data(),
                                  .out_row_stride = width});
        if (first > 0) kernels::active().add(part.data(), signal.rows() * width, sum.data());
    }
    for (std::size_t r = 0; r < out.rows(); ++r)
        std::copy_n(sum.row(r).data(), out.cols(), out.row(r).data());
}

std::size_t TurnedWeights::memory(std::size_t n_units, std::size_t n_inputs) noexcept {
    return whole_lines(n_inputs) * n_units * sizeof(float);
}

std::size_t TurnedWeights::scratch_memory(std::size_t n_inputs) noexcept {
    return 2 * rows_handed_down * whole_lines(n_inputs) * sizeof(float);
}

}  // namespace snnff
