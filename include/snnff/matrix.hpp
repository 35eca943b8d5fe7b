#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// Memory on a cache line's border, or, from 2 MiB on, on a large page's, which the kernel is asked for.
/// Throws std::bad_alloc.
void* allocate_aligned(std::size_t n_bytes);
void deallocate_aligned(void* memory, std::size_t n_bytes) noexcept;

/// Allocates so; for what kernels go through.
template <class T>
struct AlignedAllocator {
    using value_type = T;

    AlignedAllocator() = default;
    template <class U>
    AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
    T* allocate(std::size_t n) {
        if (n > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
        return static_cast<T*>(allocate_aligned(n * sizeof(T)));
    }
    void deallocate(T* p, std::size_t n) noexcept { deallocate_aligned(p, n * sizeof(T)); }
    friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) noexcept { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// A row-major view of floats; rows may lie further apart than they are long.
/// Does not own. [rows x cols], element (i, j) at data[i*stride + j].
template <class T>
class BasicMatrixView {
  public:
    BasicMatrixView() = default;
    BasicMatrixView(T* data, std::size_t rows, std::size_t cols, std::size_t stride) noexcept
        : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
    BasicMatrixView(T* data, std::size_t rows, std::size_t cols) noexcept
        : BasicMatrixView(data, rows, cols, cols) {}

    /// A view for writing serves for reading.
    operator BasicMatrixView<const T>() const noexcept requires(!std::is_const_v<T>) {
        return {data_, rows_, cols_, stride_};
    }

    T* data() const noexcept { return data_; }
    std::size_t rows() const noexcept { return rows_; }
    std::size_t cols() const noexcept { return cols_; }
    std::size_t stride() const noexcept { return stride_; }
    std::size_t size() const noexcept { return rows_ * cols_; }
    bool empty() const noexcept { return data_ == nullptr || rows_ == 0 || cols_ == 0; }

    std::span<T> row(std::size_t i) const noexcept {
        assert(i < rows_);
        return {data_ + i * stride_, cols_};
    }
    T& operator()(std::size_t i, std::size_t j) const noexcept {
        assert(i < rows_ && j < cols_);
        return data_[i * stride_ + j];
    }
    BasicMatrixView rows(std::size_t first, std::size_t n) const noexcept {
        assert(first + n <= rows_);
        return {data_ + first * stride_, n, cols_, stride_};
    }
    BasicMatrixView columns(std::size_t first, std::size_t n) const noexcept {
        assert(first + n <= cols_);
        return {data_ + first, rows_, n, stride_};
    }

  private:
    T* data_ = nullptr;
    std::size_t rows_ = 0, cols_ = 0, stride_ = 0;
};

using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;

/// Columns that make rows of floats begin on a cache line: at least `n`.
constexpr std::size_t whole_lines(std::size_t n) noexcept { return (n + 15) / 16 * 16; }

/// Owns a dense row-major matrix of floats, zero at first.
class Matrix {
  public:
    Matrix() = default;
    Matrix(std::size_t rows, std::size_t cols) { resize(rows, cols); }

    /// Changes the shape; what was in it is lost unless only rows at the end come or go.
    void resize(std::size_t rows, std::size_t cols) {
        rows_ = rows;
        cols_ = cols;
        values_.resize(rows * cols);
    }
    std::size_t rows() const noexcept { return rows_; }
    std::size_t cols() const noexcept { return cols_; }
    std::size_t size() const noexcept { return values_.size(); }
    bool empty() const noexcept { return values_.empty(); }
    float* data() noexcept { return values_.data(); }
    const float* data() const noexcept { return values_.data(); }
    MatrixView view() noexcept { return {values_.data(), rows_, cols_}; }
    ConstMatrixView view() const noexcept { return {values_.data(), rows_, cols_}; }
    operator MatrixView() noexcept { return view(); }
    operator ConstMatrixView() const noexcept { return view(); }
    std::span<float> row(std::size_t i) noexcept { return view().row(i); }
    std::span<const float> row(std::size_t i) const noexcept { return view().row(i); }
    float& operator()(std::size_t i, std::size_t j) noexcept { return view()(i, j); }
    float operator()(std::size_t i, std::size_t j) const noexcept { return view()(i, j); }
    std::span<float> values() noexcept { return values_; }
    std::span<const float> values() const noexcept { return values_; }
    void fill(float value) { std::fill(values_.begin(), values_.end(), value); }

  private:
    std::size_t rows_ = 0, cols_ = 0;
    AlignedVector<float> values_;
};

}  // namespace snnff
