// Sparse products against chains of std::fma, as bits, with every instruction set there is.
#include "engine/sparse_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"
#include "snnff/random.hpp"

using namespace snnff;

namespace {

/// Values other than 0 at `density` of the places, row 1 empty: 1, or any from 0.5 to 1.5.
Matrix random_matrix(std::size_t rows, std::size_t cols, double density, bool ones, std::uint64_t seed) {
    Matrix m(rows, cols);
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < cols && r != 1; ++c) {
            const auto j = static_cast<std::uint32_t>(c);
            if (static_cast<double>(uniform(Seed{seed}, Stream::mask, r, j)) < density) {
                m(r, c) = ones ? 1.0f : 0.5f + uniform(Seed{seed}, Stream::input_spikes, r, j);
            }
        }
    }
    return m;
}

SparseRows sparse(const Matrix& m) {
    SparseRows rows;
    rows.begin(m.rows(), m.cols());
    for (std::size_t r = 0; r < m.rows(); ++r) rows.put(r, m.row(r));
    return rows;
}

/// Columns of 32 that go with a list, and the row of zeros at their end.
std::vector<float> group_of(const Matrix& dense, std::size_t first, std::size_t count) {
    std::vector<float> group((count + 1) * group_width);
    std::copy_n(dense.row(first).data(), count * group_width, group.data());
    return group;
}

float chain(float c, float value, float x) { return std::fma(value, x, c); }

bool same_bits(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

TEST_CASE("adding spikes is the chain over all columns, whatever the shape, in parts or not") {
    for (const kernels::Kernels* kernels : kernels::available()) {
        const kernels::Use use(*kernels);
        for (const bool ones : {true, false}) {
            for (const std::size_t n_rows : {1u, 2u, 3u, 4u, 5u, 67u}) {
                for (const std::size_t n_columns : {1u, 63u, 64u, 65u, 200u}) {
                    const Matrix left = random_matrix(n_rows, n_columns, 0.3, ones, 1);
                    Matrix right = random_matrix(n_columns, group_width, 1.0, false, 2);
                    for (std::size_t i = 0; i < right.size(); i += 3) right.values()[i] *= -1.0f;
                    const SparseRows rows = sparse(left);
                    std::vector<SpikeList> parts;
                    rows.list_rows(0, n_rows, 64, parts);
                    Matrix out(n_rows, group_width);
                    out.fill(7.0f);
                    for (const SpikeList& part : parts) {
                        part.multiply(group_of(right, part.first_column, part.n_columns).data(), 2,
                                      part.first_column > 0, out.data());
                    }
                    Matrix narrow(n_rows, group_width);
                    narrow.fill(7.0f);
                    for (const SpikeList& part : parts) {
                        part.multiply(group_of(right, part.first_column, part.n_columns).data(), 1,
                                      part.first_column > 0, narrow.data());
                    }
                    std::size_t n_wrong = 0;
                    for (std::size_t r = 0; r < n_rows; ++r) {
                        for (std::size_t u = 0; u < group_width; ++u) {
                            float c = 0.0f;
                            for (std::size_t k = 0; k < n_columns; ++k) c = chain(c, left(r, k), right(k, u));
                            n_wrong += same_bits(out(r, u), c) ? 0 : 1;
                            n_wrong += same_bits(narrow(r, u), u < 16 ? c : 7.0f) ? 0 : 1;
                        }
                    }
                    INFO(kernels->name << ", " << n_rows << " x " << n_columns
                                       << (ones ? " ones" : " values"));
                    CHECK(n_wrong == 0);
                }
            }
        }
    }
}

TEST_CASE("a matrix turned over adds its rows in their order, from any row and column on") {
    for (const kernels::Kernels* kernels : kernels::available()) {
        const kernels::Use use(*kernels);
        for (const bool ones : {true, false}) {
            const Matrix left = random_matrix(300, 150, 0.2, ones, 3);
            const Matrix right = random_matrix(300, group_width, 1.0, false, 4);
            const SparseRows rows = sparse(left);
            for (const std::size_t first_row : {0u, 5u, 100u}) {
                for (const std::size_t n_rows : {1u, 64u, 131u}) {
                    const std::size_t first_column = first_row == 0 ? 0 : 64, n_columns = 150 - first_column;
                    SpikeList list;
                    rows.list_columns(first_row, n_rows, first_column, n_columns, list);
                    Matrix out(n_columns, group_width);
                    out.fill(0.25f);
                    list.multiply(group_of(right, first_row, n_rows).data(), 2, true, out.data());
                    std::size_t n_wrong = 0;
                    for (std::size_t i = 0; i < n_columns; ++i) {
                        for (std::size_t u = 0; u < group_width; ++u) {
                            float c = 0.25f;
                            for (std::size_t r = first_row; r < first_row + n_rows; ++r) {
                                c = chain(c, left(r, first_column + i), right(r, u));
                            }
                            n_wrong += same_bits(out(i, u), c) ? 0 : 1;
                        }
                    }
                    INFO(kernels->name << ", " << n_rows << " rows from " << first_row);
                    CHECK(n_wrong == 0);
                }
            }
        }
    }
}

TEST_CASE("rows come back as they were put in") {
    for (const bool ones : {true, false}) {
        const Matrix m = random_matrix(12, 70, 0.2, ones, 5);
        const SparseRows rows = sparse(m);
        std::size_t n_active = 0;
        for (const float x : m.values()) n_active += x != 0.0f;
        CHECK(rows.n_active(0, 12) == n_active);
        CHECK(rows.n_active(1, 1) == 0);
        Matrix buffer;
        const ConstMatrixView back = rows.dense(3, 9, buffer);
        for (std::size_t r = 0; r < 9; ++r) {
            for (std::size_t c = 0; c < 70; ++c) CHECK(back(r, c) == m(r + 3, c));
        }
    }
}

TEST_CASE("sparse is what has few elements") {
    CHECK(sparse(random_matrix(20, 50, 0.05, true, 6)).is_sparse());
    CHECK_FALSE(sparse(random_matrix(20, 50, 0.9, true, 7)).is_sparse());
}
