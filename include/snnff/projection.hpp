#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "snnff/matrix.hpp"

namespace snnff {

/// Which of its inputs a population's units see. A unit has one row of weights; it looks at its inputs from
/// one place or, like a channel of a convolution, from several, and its current at a place is
///
///   current[place, unit] = gain·Σ_k weight[unit, k]·seen[place, k] + bias[unit]
///
/// Places may then be pooled to fewer positions. A unit answers at each of its positions; what a population
/// sends is [unit, position], the positions of a unit side by side.
///
/// Immutable; one object serves all threads. A new kind is one file in src/network with a make function and
/// one line in catalogue.def, or comes from outside (snnff::catalogue()). Kinds other than `dense` go with
/// currents that stay constant and learn by Forward-Forward.
class Projection {
  public:
    virtual ~Projection() = default;
    virtual std::string_view kind() const noexcept = 0;
    /// Whether every unit sees all inputs as they are, from one place.
    virtual bool dense() const noexcept { return false; }

    struct Shape {
        std::size_t n_weights = 0;  ///< of a unit
        std::size_t n_places = 1, n_positions = 1;
    };
    /// For so many inputs. Throws ModelError, with the reason alone, where they will not do.
    virtual Shape shape(std::size_t n_inputs) const = 0;

    /// What is seen of one sample's inputs: `seen` [place x weight]. Does not throw.
    virtual void look(std::span<const float> input, MatrixView seen) const noexcept;
    /// From currents [place x unit] to those of positions, `pooled` [position x unit]; `from` [position·units
    /// + unit] is the place that each came from, which alone it depends on. By default places are positions.
    /// Does not throw.
    virtual void pool(ConstMatrixView current, MatrixView pooled,
                      std::span<std::uint32_t> from) const noexcept;
};

/// The kind "dense".
std::shared_ptr<const Projection> dense_projection();

}  // namespace snnff
