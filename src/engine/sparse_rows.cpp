#include "engine/sparse_rows.hpp"

#include <algorithm>
#include <cassert>

#include "kernels/dispatch.hpp"

namespace snnff {
namespace {

static_assert(group_width == kernels::group_width);

/// Lists differ in length from update to update: a quarter more than is needed now, so that memory is seldom
/// asked for again.
template <class T>
void make_room(std::vector<T>& list, std::size_t n) {
    if (list.capacity() < n) list.reserve(n + n / 4);
    list.resize(n);
}

/// Fills a list from bits [row x word]; values stand where `job` says.
void fill(kernels::ListSpikes job, SpikeList& list) {
    const auto& kernels = kernels::active();
    const std::size_t bundle = kernels.rows_per_bundle;
    list.n_bundles = (job.n_rows + bundle - 1) / bundle;
    list.valued = job.value != nullptr;
    make_room(list.order, list.n_bundles * bundle);
    make_room(list.length, list.n_bundles);
    make_room(list.count, job.n_rows);
    job.zero_column = list.n_columns;
    job.order = list.order.data();
    job.length = list.length.data();
    job.count = list.count.data();
    const std::size_t n = kernels.order_spikes(job);
    make_room(list.column, n);
    job.column = list.column.data();
    if (list.valued) {
        make_room(list.value, n);
        job.column_value = list.value.data();
    }
    kernels.list_spikes(job);
}

}  // namespace

void SpikeList::multiply(const float* dense, std::size_t n_panels, bool go_on, float* out) const {
    kernels::active().add_spikes({.n_bundles = n_bundles,
                                  .order = order.data(),
                                  .length = length.data(),
                                  .column = column.data(),
                                  .value = valued ? value.data() : nullptr,
                                  .dense = dense,
                                  .n_panels = n_panels,
                                  .out = out,
                                  .go_on = go_on});
}

void SparseRows::begin(std::size_t n_rows, std::size_t n_columns) {
    n_rows_ = n_rows;
    n_columns_ = n_columns;
    n_words_ = (n_columns + 63) / 64;
    valued_ = false;
    bits_.resize(n_rows * n_words_);
}

void SparseRows::put(std::size_t row, std::span<const float> x) {
    assert(x.size() == n_columns_ && row < n_rows_);
    const bool ones = kernels::active().mark_spikes(x.data(), x.size(), bits_.data() + row * n_words_);
    if (!ones && !valued_) keep_values();  // those of rows to come are written over
    if (valued_) std::ranges::copy(x, dense_.row(row).begin());
}

void SparseRows::end() {
    if (!valued_ && !is_sparse()) keep_values();
}

void SparseRows::keep_values() {
    if (dense_.rows() < n_rows_ || dense_.cols() != n_columns_) dense_.resize(n_rows_, n_columns_);
    for (std::size_t r = 0; r < n_rows_; ++r) {
        for (std::size_t c = 0; c < n_columns_; ++c) dense_(r, c) = (*this)(r, c);
    }
    valued_ = true;
}

std::size_t SparseRows::n_active(std::size_t first_row, std::size_t n_rows) const noexcept {
    return kernels::active().count_bits(bits_.data() + first_row * n_words_, n_rows * n_words_);
}

ConstMatrixView SparseRows::dense(std::size_t first_row, std::size_t n_rows, Matrix& buffer) const {
    if (valued_) return dense_.view().rows(first_row, n_rows);
    if (buffer.rows() < n_rows || buffer.cols() != n_columns_) buffer.resize(n_rows, n_columns_);
    for (std::size_t r = 0; r < n_rows; ++r) {
        for (std::size_t c = 0; c < n_columns_; ++c) buffer(r, c) = (*this)(first_row + r, c);
    }
    return ConstMatrixView(buffer).rows(0, n_rows);
}

void SparseRows::list_rows(std::size_t first_row, std::size_t n_rows, std::size_t columns_per_part,
                           std::vector<SpikeList>& parts) const {
    assert(columns_per_part % 64 == 0 && columns_per_part <= kernels::max_listed_columns);
    parts.resize((n_columns_ + columns_per_part - 1) / columns_per_part);
    for (std::size_t p = 0; p < parts.size(); ++p) {
        const std::size_t first = p * columns_per_part;
        parts[p].first_column = first;
        parts[p].n_columns = std::min(columns_per_part, n_columns_ - first);
        fill({.bits = bits_.data() + first_row * n_words_ + first / 64,
              .n_rows = n_rows,
              .stride = n_words_,
              .n_words = (parts[p].n_columns + 63) / 64,
              .value = valued_ ? dense_.data() + first_row * n_columns_ + first : nullptr,
              .value_row_stride = n_columns_,
              .value_column_stride = 1},
             parts[p]);
    }
}

void SparseRows::list_columns(std::size_t first_row, std::size_t n_rows, std::size_t first_column,
                              std::size_t n_columns, SpikeList& list) const {
    assert(first_column % 64 == 0 && n_rows <= kernels::max_listed_columns);
    const std::size_t n_words = (n_rows + 63) / 64, n_squares = (n_columns + 63) / 64;
    thread_local std::vector<std::uint64_t> turned;  // [column x word of rows]
    turned.resize(n_squares * 64 * n_words);
    for (std::size_t w = 0; w < n_words; ++w) {
        const std::size_t n_here = std::min<std::size_t>(64, n_rows - w * 64);
        for (std::size_t square = 0; square < n_squares; ++square) {
            std::uint64_t block[64] = {};
            const std::uint64_t* from =
                bits_.data() + (first_row + w * 64) * n_words_ + first_column / 64 + square;
            for (std::size_t r = 0; r < n_here; ++r) block[r] = from[r * n_words_];
            kernels::active().transpose_bits(block);
            for (std::size_t c = 0; c < 64; ++c) turned[(square * 64 + c) * n_words + w] = block[c];
        }
    }
    list.first_column = first_row;
    list.n_columns = n_rows;
    fill({.bits = turned.data(),
          .n_rows = n_columns,
          .stride = n_words,
          .n_words = n_words,
          .value = valued_ ? dense_.data() + first_row * n_columns_ + first_column : nullptr,
          .value_row_stride = 1,
          .value_column_stride = n_columns_},
         list);
}

void copy_group(const Panels& weight, std::size_t group, std::size_t columns_per_part, float* out) {
    const std::size_t n_inputs = weight.cols(), first = 2 * group;
    const bool both = first + 1 < weight.n_panels();
    const float *one = weight.panel(first), *other = both ? weight.panel(first + 1) : nullptr;
    for (std::size_t begin = 0; begin < n_inputs; begin += columns_per_part) {
        const std::size_t end = std::min(n_inputs, begin + columns_per_part);
        for (std::size_t i = begin; i < end; ++i, out += group_width) {
            std::copy_n(one + i * Panels::width, Panels::width, out);
            if (both) std::copy_n(other + i * Panels::width, Panels::width, out + Panels::width);
        }
        std::fill_n(out, group_width, 0.0f);
        out += group_width;
    }
}

}  // namespace snnff
