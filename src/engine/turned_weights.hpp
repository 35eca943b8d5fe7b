#pragma once

#include <cstddef>

#include "snnff/matrix.hpp"
#include "snnff/panels.hpp"

namespace snnff {

/// Rows worth handing down at a time.
inline constexpr std::size_t rows_handed_down = 32;

/// A population's weights with units and inputs swapped, for the way down.
class TurnedWeights {
  public:
    /// As `weight` [unit x input] is now. Memory that has its size already is used again.
    void turn(const Panels& weight);
    /// δ·W, from d loss/d current [row x unit] to [row x input]: summed over blocks of 64 units, each a chain
    /// of fma from +0 over units ascending, blocks in order.
    void hand_down(ConstMatrixView signal, MatrixView out) const;

    static std::size_t memory(std::size_t n_units, std::size_t n_inputs) noexcept;
    /// Bytes that a thread holds meanwhile.
    static std::size_t scratch_memory(std::size_t n_inputs) noexcept;

  private:
    Panels by_input_;  // [input x unit]
};

}  // namespace snnff
