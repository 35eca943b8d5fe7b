#include "sim/sparse_rows.hpp"

#include <cassert>

#include "kernels/dispatch.hpp"

namespace snnff {

void SparseRows::clear() {
    end_.clear();
    index_.clear();
    value_.clear();
}

void SparseRows::add(ConstMatrixView rows) {
    n_cols_ = rows.cols();
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        const auto row = rows.row(r);
        // without a branch: every element is written, and stays where it is not 0
        std::size_t n = index_.size();
        index_.resize(n + row.size());
        value_.resize(n + row.size());
        for (std::size_t c = 0; c < row.size(); ++c) {
            index_[n] = static_cast<std::uint32_t>(c);
            value_[n] = row[c];
            n += row[c] != 0.0f;
        }
        index_.resize(n);
        value_.resize(n);
        end_.push_back(n);
    }
}

void SparseRows::add(const SparseRows& rows) {
    n_cols_ = rows.n_cols_;
    const std::size_t before = index_.size();
    index_.insert(index_.end(), rows.index_.begin(), rows.index_.end());
    value_.insert(value_.end(), rows.value_.begin(), rows.value_.end());
    for (const std::size_t end : rows.end_) end_.push_back(before + end);
}

Matrix SparseRows::dense() const {
    Matrix matrix(n_rows(), n_cols_);
    for (std::size_t r = 0; r < n_rows(); ++r) {
        for (std::size_t a = begin(r); a < end_[r]; ++a) matrix(r, index_[a]) = value_[a];
    }
    return matrix;
}

SparseRows SparseRows::transposed() const {
    SparseRows columns;
    columns.n_cols_ = n_rows();
    columns.index_.resize(index_.size());
    columns.value_.resize(value_.size());
    std::vector<std::size_t> next(n_cols_ + 1, 0);  // where a column's next element goes
    for (const std::uint32_t c : index_) ++next[c + 1];
    for (std::size_t c = 0; c < n_cols_; ++c) next[c + 1] += next[c];
    columns.end_.assign(next.begin() + 1, next.end());
    for (std::size_t r = 0; r < n_rows(); ++r) {
        for (std::size_t a = begin(r); a < end_[r]; ++a) {
            const std::size_t to = next[index_[a]]++;
            columns.index_[to] = static_cast<std::uint32_t>(r);
            columns.value_[to] = value_[a];
        }
    }
    return columns;
}

void SparseRows::multiply(ConstMatrixView dense, MatrixView out, bool add) const {
    assert(dense.rows() == n_cols_ && out.rows() == n_rows() && out.cols() == dense.cols());
    kernels::active().gather_rows({.n = out.cols(),
                                   .n_rows = n_rows(),
                                   .end = end_.data(),
                                   .index = index_.data(),
                                   .value = value_.data(),
                                   .dense = {dense.data(), dense.stride()},
                                   .out = {out.data(), out.stride()},
                                   .add = add});
}

}  // namespace snnff
