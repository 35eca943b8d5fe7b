#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "snnff/matrix.hpp"

namespace snnff {

/// Up to this share of inputs other than 0, adding their weights one by one is faster than a dense product.
/// Measured by `tools/bench/run`; part of what makes a result repeatable, since the two round differently.
inline constexpr double sparse_limit = 0.2;

/// The elements of a matrix that are not 0, row by row.
class SparseRows {
  public:
    void clear();
    /// Appends the rows of a matrix.
    void add(ConstMatrixView rows);
    void add(const SparseRows& rows);

    std::size_t n_rows() const noexcept { return end_.size(); }
    std::size_t n_active() const noexcept { return index_.size(); }
    std::size_t n_active(std::size_t row) const noexcept { return end_[row] - begin(row); }
    bool is_sparse() const noexcept {
        return static_cast<double>(n_active()) <= sparse_limit * static_cast<double>(n_rows() * n_cols_);
    }
    /// The matrix again.
    Matrix dense() const;
    SparseRows transposed() const;

    /// out = matrix · dense, or out += it; `dense` is [column x unit], `out` [row x unit].
    void multiply(ConstMatrixView dense, MatrixView out, bool add = false) const;

  private:
    std::size_t begin(std::size_t row) const noexcept { return row == 0 ? 0 : end_[row - 1]; }
    std::size_t n_cols_ = 0;
    std::vector<std::size_t> end_;  // [row] into index_ and value_
    std::vector<std::uint32_t> index_;
    std::vector<float> value_;
};

}  // namespace snnff
