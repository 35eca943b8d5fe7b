#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <span>

#include "snnff/matrix.hpp"

namespace snnff {

/// A matrix of weights [unit x input], kept as products and optimisers go through it: units in panels of 16,
/// the 16 weights that one input has in a panel side by side on a cache line. Panel p holds units 16·p to
/// 16·p + 15; weights of units past the last are 0. Files, initialisers and Python see [unit x input]:
/// copies. The layout is the same on every processor.
class Panels {
  public:
    static constexpr std::size_t width = 16;  ///< units

    Panels() = default;
    Panels(std::size_t n_units, std::size_t n_inputs) { resize(n_units, n_inputs); }
    /// The same matrix, from [unit x input].
    explicit Panels(ConstMatrixView matrix) : Panels(matrix.rows(), matrix.cols()) { copy_in(matrix); }

    /// Changes the shape; all weights are 0 then.
    void resize(std::size_t n_units, std::size_t n_inputs) {
        n_units_ = n_units;
        n_inputs_ = n_inputs;
        values_.assign(n_panels() * panel_size(), 0.0f);
    }
    std::size_t rows() const noexcept { return n_units_; }
    std::size_t cols() const noexcept { return n_inputs_; }
    std::size_t size() const noexcept { return n_units_ * n_inputs_; }
    bool empty() const noexcept { return size() == 0; }
    std::size_t n_panels() const noexcept { return (n_units_ + width - 1) / width; }
    std::size_t panel_size() const noexcept {
        return n_inputs_ * width;
    }  ///< floats, which is also their distance

    /// Panel p, [input x 16 units].
    float* panel(std::size_t p) noexcept { return values_.data() + p * panel_size(); }
    const float* panel(std::size_t p) const noexcept { return values_.data() + p * panel_size(); }

    float& operator()(std::size_t unit, std::size_t input) noexcept { return values_[at(unit, input)]; }
    float operator()(std::size_t unit, std::size_t input) const noexcept { return values_[at(unit, input)]; }

    /// Everything, in the order of memory, with the zeros past the last unit: for what treats all alike.
    std::span<float> memory() noexcept { return values_; }
    std::span<const float> memory() const noexcept { return values_; }

    /// The weights of a unit. `to` has n_inputs elements.
    void copy_row(std::size_t unit, std::span<float> to) const noexcept {
        assert(to.size() == n_inputs_);
        const float* from = values_.data() + at(unit, 0);
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i * width];
    }
    /// A copy [unit x input].
    Matrix matrix() const {
        Matrix copy(n_units_, n_inputs_);
        for (std::size_t u = 0; u < n_units_; ++u) copy_row(u, copy.row(u));
        return copy;
    }
    /// Takes over a matrix [unit x input] of the same shape.
    void copy_in(ConstMatrixView matrix) noexcept {
        assert(matrix.rows() == n_units_ && matrix.cols() == n_inputs_);
        for (std::size_t u = 0; u < n_units_; ++u) {
            const auto from = matrix.row(u);
            float* to = values_.data() + at(u, 0);
            for (std::size_t i = 0; i < from.size(); ++i) to[i * width] = from[i];
        }
    }
    /// The same of elements in the order [unit, input].
    void copy_in(std::span<const float> matrix) noexcept {
        assert(matrix.size() == size());
        copy_in(ConstMatrixView(matrix.data(), n_units_, n_inputs_));
    }
    friend bool operator==(const Panels& a, const Panels& b) noexcept {
        return a.n_units_ == b.n_units_ && a.n_inputs_ == b.n_inputs_ && a.values_ == b.values_;
    }

  private:
    std::size_t at(std::size_t unit, std::size_t input) const noexcept {
        assert(unit < n_units_ || n_inputs_ == 0);
        return unit / width * panel_size() + input * width + unit % width;
    }
    std::size_t n_units_ = 0, n_inputs_ = 0;
    AlignedVector<float> values_;
};

}  // namespace snnff
