// Sparse products against sums element by element, with every instruction set there is.
#include "sim/sparse_rows.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"
#include "snnff/random.hpp"

using namespace snnff;

namespace {

/// Values other than 0 at `density` of the places, row 1 empty.
Matrix random_matrix(std::size_t rows, std::size_t cols, double density, std::uint64_t seed) {
    Matrix m(rows, cols);
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < cols && r != 1; ++c) {
            const auto j = static_cast<std::uint32_t>(c);
            if (static_cast<double>(uniform(Seed{seed}, Stream::mask, r, j)) < density) {
                m(r, c) = 0.5f + uniform(Seed{seed}, Stream::input_spikes, r, j);
            }
        }
    }
    return m;
}

SparseRows sparse(const Matrix& m) {
    SparseRows rows;
    rows.add(m);
    return rows;
}

}  // namespace

TEST_CASE("a sparse product is the dense one, whatever the width, added or not") {
    for (const kernels::Kernels* kernels : kernels::available()) {
        const kernels::Use use(*kernels);
        // below, at and beyond vectors of 4, 8 and 16, and tiles of them
        for (const std::size_t n : {1u, 3u, 4u, 15u, 16u, 17u, 52u, 64u, 127u, 128u, 300u, 500u}) {
            const Matrix left = random_matrix(9, 40, 0.1, 1), right = random_matrix(40, n, 1.0, 2);
            const SparseRows rows = sparse(left);
            // in the middle of a wider matrix, whose other columns have to stay
            Matrix out(9, n + 5);
            out.fill(2.0f);
            rows.multiply(right, out.view().columns(2, n));
            rows.multiply(right, out.view().columns(2, n), true);
            double worst = 0.0;
            for (std::size_t r = 0; r < 9; ++r) {
                for (std::size_t u = 0; u < n; ++u) {
                    double sum = 0.0;
                    for (std::size_t c = 0; c < 40; ++c) sum += double(left(r, c)) * double(right(c, u));
                    worst = std::max(worst, std::abs(double(out(r, u + 2)) - 2.0 * sum));
                }
                for (const std::size_t outside : {std::size_t{0}, std::size_t{1}, n + 2, n + 4})
                    CHECK(out(r, outside) == 2.0f);
            }
            INFO(kernels->name << ", " << n << " units");
            CHECK(worst < 1e-5);
        }
    }
}

TEST_CASE("what is not 0 is kept in its place, turned over and back") {
    const Matrix m = random_matrix(12, 30, 0.2, 3);
    SparseRows rows = sparse(m);
    std::size_t n_active = 0;
    for (const float x : m.values()) n_active += x != 0.0f;
    CHECK(rows.n_active() == n_active);
    CHECK(rows.n_active(1) == 0);
    const Matrix turned = rows.transposed().dense();
    REQUIRE((turned.rows() == 30 && turned.cols() == 12));
    for (std::size_t r = 0; r < 12; ++r) {
        for (std::size_t c = 0; c < 30; ++c) CHECK(turned(c, r) == m(r, c));
    }
    rows.add(sparse(m));
    REQUIRE(rows.n_rows() == 24);
    const Matrix twice = rows.dense();
    for (std::size_t c = 0; c < 30; ++c) CHECK(twice(20, c) == m(8, c));
}

TEST_CASE("sparse is what has few elements, whichever way it is turned") {
    const SparseRows few = sparse(random_matrix(20, 50, 0.05, 4)),
                     many = sparse(random_matrix(20, 50, 0.5, 5));
    CHECK(few.is_sparse());
    CHECK(few.transposed().is_sparse());
    CHECK_FALSE(many.is_sparse());
}
