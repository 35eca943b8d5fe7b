#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "snnff/matrix.hpp"
#include "snnff/panels.hpp"

namespace snnff {

/// Units whose sums stay in registers while spikes are added: two panels, side by side.
inline constexpr std::size_t group_width = 32;
inline std::size_t n_groups(std::size_t n_units) noexcept {
    return (n_units + group_width - 1) / group_width;
}

/// Up to this share of elements other than 0, adding them one by one is faster than a dense product. Both are
/// the same number.
inline constexpr double sparse_limit = 0.75;

/// What is not 0 in some rows of a matrix, within some of its columns, in the order in which it is added.
struct SpikeList {
    std::size_t first_column = 0, n_columns = 0, n_bundles = 0;
    bool valued = false;                ///< else all values are 1
    std::vector<std::uint32_t> order;   ///< rows, bundle after bundle
    std::vector<std::uint32_t> length;  ///< [bundle] columns of each of its rows
    std::vector<std::uint16_t> column;  ///< 16 times the number of a column
    std::vector<float> value;           ///< of each, where they are not 1
    std::vector<std::uint32_t> count;   ///< [row], for use in between

    /// Adds the products of the rows with `dense` [column x 32], which has a row of zeros at its end, to
    /// chains:
    ///   out[row, u] = fma(value, dense[column, u], out[row, u]), columns ascending
    /// from +0, unless they go on. `out` is [row x 32].
    void multiply(const float* dense, std::size_t n_panels, bool go_on, float* out) const;
};

/// Rows of an input that is 0 nearly everywhere: a bit for each element, and where not all others are 1,
/// their values.
class SparseRows {
  public:
    /// Memory that is large enough is used again.
    void begin(std::size_t n_rows, std::size_t n_columns);
    /// Each row once.
    void put(std::size_t row, std::span<const float> x);

    /// After the last row: where there are many, values are kept beside the bits, as dense products need
    /// them.
    void end();

    std::size_t n_rows() const noexcept { return n_rows_; }
    std::size_t n_columns() const noexcept { return n_columns_; }
    std::size_t n_active(std::size_t first_row, std::size_t n_rows) const noexcept;
    bool is_sparse() const noexcept {
        return static_cast<double>(n_active(0, n_rows_)) <=
               sparse_limit * static_cast<double>(n_rows_ * n_columns_);
    }
    float operator()(std::size_t row, std::size_t column) const noexcept {
        if (valued_) return dense_(row, column);
        return static_cast<float>(bits_[row * n_words_ + column / 64] >> column % 64 & 1);
    }
    /// Rows as they came; `buffer` serves where they have to be made of bits.
    ConstMatrixView dense(std::size_t first_row, std::size_t n_rows, Matrix& buffer) const;

    /// Lists of rows [first_row, first_row + n_rows), row 0 of a list being the first of them, in parts of
    /// `columns_per_part` (a multiple of 64) columns.
    void list_rows(std::size_t first_row, std::size_t n_rows, std::size_t columns_per_part,
                   std::vector<SpikeList>& parts) const;
    /// The list of the matrix turned over: its rows are the columns [first_column, first_column + n_columns)
    /// of this, its columns the rows [first_row, first_row + n_rows), where first_column is a multiple of 64.
    void list_columns(std::size_t first_row, std::size_t n_rows, std::size_t first_column,
                      std::size_t n_columns, SpikeList& list) const;

  private:
    void keep_values();

    std::size_t n_rows_ = 0, n_columns_ = 0, n_words_ = 0;
    bool valued_ = false;
    std::vector<std::uint64_t> bits_;  // [row x word]
    Matrix dense_;                     // where not all values are 1, or most are
};

/// Weights of a group of units as products with lists of rows take them: [column x 32], with a row of zeros
/// after each part of `columns_per_part` columns. `out` has group_size() floats.
void copy_group(const Panels& weight, std::size_t group, std::size_t columns_per_part, float* out);
inline std::size_t group_size(std::size_t n_inputs, std::size_t columns_per_part) noexcept {
    return (n_inputs + (n_inputs + columns_per_part - 1) / columns_per_part) * group_width;
}

}  // namespace snnff
