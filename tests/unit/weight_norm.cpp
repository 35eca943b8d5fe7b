#include <cmath>

#include "catch.hpp"
#include "engine/update.hpp"
#include "kernels/dispatch.hpp"
#include "snnff/network.hpp"
#include "snnff/training.hpp"

using namespace snnff;

TEST_CASE("the norm of weights is that of the matrix [unit x input], whatever threads add up its blocks") {
    struct Shape {
        std::size_t n_units, n_inputs;
    };
    for (const auto [n_units, n_inputs] : {Shape{1, 1}, {16, 16}, {37, 1001}, {300, 257}}) {
        CAPTURE(n_units, n_inputs);
        Population population;
        population.below().weight.resize(n_units, n_inputs);
        for (std::size_t u = 0; u < n_units; ++u) {
            for (std::size_t i = 0; i < n_inputs; ++i)
                population.below().weight(u, i) = std::sin(static_cast<float>(u * n_inputs + i));
        }
        const Matrix matrix = population.below().weight.matrix();
        const double expected = std::sqrt(kernels::active().sum_squares(matrix.data(), matrix.size()));
        for (const std::size_t n_threads : {1u, 3u}) {
            const ThreadLimit limit(n_threads);
            CHECK(weight_norm(population) == expected);
        }
    }
}
