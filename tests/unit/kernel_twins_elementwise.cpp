// Optimiser steps, sums, maps and activations against their formulas element by element, as bits, in every
// variant of the kernels.
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "twins.hpp"

using namespace snnff::kernels;
using namespace twins;

namespace {

/// Calls body(kernels, n, kind, seed) for every variant and length, each with numbers of every kind.
template <class Body>
void for_lengths(std::initializer_list<std::size_t> more, const Body& body) {
    for (const Kernels* kernels : variants()) {
        for (const std::size_t n : sizes(more)) {
            for (const Kind kind : all_kinds) {
                INFO(kernels->name << ": " << n << " numbers, kind " << static_cast<int>(kind));
                body(*kernels, n, Numbers(kind, n));
            }
        }
    }
}

/// One element more, to see that it stays.
std::vector<float> room(std::vector<float> values) {
    values.push_back(untouched);
    return values;
}

}  // namespace

TEST_CASE("sgd is v = cut(momentum v + (g + decay w)), w = w - rate v") {
    for_lengths({256}, [](const Kernels& kernels, std::size_t n, Numbers numbers) {
        for (const float decay : {0.0f, 0.01f}) {
            const float rate = 0.3f, momentum = 0.9f;
            const auto g = numbers.list(n), w = room(numbers.list(n)), v = room(numbers.list(n));
            std::vector<float> plain = w, with_momentum = w, velocity = v;
            for (std::size_t i = 0; i < n; ++i) {
                const float whole = g[i] + decay * w[i];
                plain[i] = w[i] - rate * whole;
                velocity[i] = cut(momentum * v[i] + whole);
                with_momentum[i] = w[i] - rate * velocity[i];
            }
            std::vector<float> found = w, kept = v;
            kernels.sgd({n, g.data(), found.data(), nullptr, rate, 0.0f, decay});
            CHECK(n_different(found, plain) == 0);
            found = w;
            kernels.sgd({n, g.data(), found.data(), kept.data(), rate, momentum, decay});
            CHECK(n_different(found, with_momentum) == 0);
            CHECK(n_different(kept, velocity) == 0);
        }
    });
}

TEST_CASE("adam is its formula, small gradients not squared and small moments cut") {
    for_lengths({256}, [](const Kernels& kernels, std::size_t n, Numbers numbers) {
        for (const float decay : {0.0f, 0.01f}) {
            AdamStep step{.n = n,
                          .beta1 = 0.9f,
                          .one_minus_beta1 = 0.1f,
                          .beta2 = 0.999f,
                          .one_minus_beta2 = 0.001f,
                          .step_size = 0.02f,
                          .inverse_root_correction = 3.5f,
                          .epsilon = 1e-8f,
                          .weight_decay = decay,
                          .keep = 1.0f - decay};
            const auto gradient = numbers.list(n), w = room(numbers.list(n)), mean = room(numbers.list(n));
            auto square = room(numbers.list(n));
            for (float& x : square) x = std::abs(x);
            auto right = w, right_mean = mean, right_square = square;
            for (std::size_t i = 0; i < n; ++i) {
                const float g = gradient[i] + decay * w[i];
                const float squared = std::abs(g) < 0x1p-63f ? 0.0f : g * g;
                const float m = right_mean[i] = cut(step.beta1 * mean[i] + step.one_minus_beta1 * g);
                const float v = right_square[i] =
                    cut(step.beta2 * square[i] + step.one_minus_beta2 * squared);
                const float root = std::sqrt(v) * step.inverse_root_correction + step.epsilon;
                right[i] = step.keep * w[i] - step.step_size * (m / root);
            }
            auto found = w, found_mean = mean, found_square = square;
            step.gradient = gradient.data();
            step.parameter = found.data();
            step.mean = found_mean.data();
            step.square = found_square.data();
            kernels.adam(step);
            CHECK(n_different(found, right) == 0);
            CHECK(n_different(found_mean, right_mean) == 0);
            CHECK(n_different(found_square, right_square) == 0);
        }
    });
}

namespace {

/// 16 partial sums are 8 of pairs half of them apart, then 4, 2 and 1.
double in_halves(std::vector<double> partial) {
    while (partial.size() > 1) {
        std::vector<double> half(partial.size() / 2);
        for (std::size_t k = 0; k < half.size(); ++k) half[k] = partial[k] + partial[k + half.size()];
        partial = half;
    }
    return partial[0];
}

template <class Term>
double block_by_block(const std::vector<float>& x, Term term) {
    double total = 0.0;
    for (std::size_t first = 0; first < x.size(); first += 256) {
        std::vector<double> partial(16, 0.0);
        for (std::size_t i = 0; i < 256 && first + i < x.size(); ++i) {
            partial[i % 16] += term(static_cast<double>(x[first + i]));
        }
        total += in_halves(partial);
    }
    return total;
}

}  // namespace

TEST_CASE("sums are of blocks of 256, each of 16 partial sums added in halves") {
    for_lengths({256, 512, 1000}, [](const Kernels& kernels, std::size_t n, Numbers numbers) {
        const auto x = numbers.list(n);
        CHECK(bits(kernels.sum(x.data(), n)) == bits(block_by_block(x, [](double v) { return v; })));
        CHECK(bits(kernels.sum_abs(x.data(), n)) ==
              bits(block_by_block(x, [](double v) { return std::abs(v); })));
        CHECK(bits(kernels.sum_squares(x.data(), n)) ==
              bits(block_by_block(x, [](double v) { return v * v; })));
    });
    for (const Kernels* kernels : variants()) CHECK(bits(kernels->sum(nullptr, 0)) == bits(0.0));
}

TEST_CASE("scale, signs, sum and product are element by element") {
    for_lengths({256}, [](const Kernels& kernels, std::size_t n, Numbers numbers) {
        const auto x = numbers.list(n), y = room(numbers.list(n));
        const float factor = numbers.plain();
        auto scaled = y, sign = y, sum = y, product = y;
        for (std::size_t i = 0; i < n; ++i) {
            scaled[i] = factor * x[i];
            sign[i] = x[i] > 0.0f ? factor : x[i] < 0.0f ? -factor : 0.0f;
            sum[i] = y[i] + x[i];
            product[i] = y[i] * x[i];
        }
        auto found = y;
        kernels.scale(x.data(), factor, n, found.data());
        CHECK(n_different(found, scaled) == 0);
        kernels.scaled_sign(x.data(), factor, n, found.data());
        CHECK(n_different(found, sign) == 0);
        found = room(x);
        kernels.scale(found.data(), factor, n, found.data());
        CHECK(n_different(found, scaled) == 0);
        found = y;
        kernels.add(x.data(), n, found.data());
        CHECK(n_different(found, sum) == 0);
        found = y;
        kernels.multiply(x.data(), n, found.data());
        CHECK(n_different(found, product) == 0);
    });
}

namespace {

struct ValueAndSlope {
    float value, slope;
};

ValueAndSlope sigmoid_of(float x) {
    const float e = exp_nonpositive(-std::abs(x)), q = 1.0f / (1.0f + e);
    return {x < 0.0f ? e * q : q, e * q * q};
}

ValueAndSlope tanh_of(float x) {
    const float size = std::abs(x), e = exp_nonpositive(-2.0f * size), q = 1.0f / (1.0f + e);
    float series = -1382.0f / 155925.0f;
    for (const float term : {62.0f / 2835.0f, -17.0f / 315.0f, 2.0f / 15.0f, -1.0f / 3.0f}) {
        series = series * (x * x) + term;
    }
    const float saturating = (1.0f - e) * q;
    const float value = size < 0.35f ? x + x * (series * (x * x)) : x < 0.0f ? -saturating : saturating;
    return {value, 4.0f * e * q * q};
}

ValueAndSlope activation_of(const std::string& name, float x) {
    if (name == "relu") return {x < 0.0f ? 0.0f : x, x > 0.0f ? 1.0f : 0.0f};
    if (name == "leaky_relu") return {x > 0.0f ? x : 0.02f * x, x > 0.0f ? 1.0f : 0.02f};
    if (name == "sigmoid") return sigmoid_of(x);
    if (name == "tanh") return tanh_of(x);
    const ValueAndSlope s = sigmoid_of(x);
    return {x * s.value, s.value + x * s.slope};
}

}  // namespace

TEST_CASE("activations and their slopes are their formulas") {
    const std::pair<const char*, Activation Kernels::*> all[] = {{"relu", &Kernels::relu},
                                                                 {"leaky_relu", &Kernels::leaky_relu},
                                                                 {"sigmoid", &Kernels::sigmoid},
                                                                 {"tanh", &Kernels::tanh},
                                                                 {"silu", &Kernels::silu}};
    for_lengths({256}, [&](const Kernels& kernels, std::size_t n, Numbers numbers) {
        auto x = numbers.list(n);
        for (std::size_t i = 0; i < n; i += 2) x[i] *= 100.0f;
        for (const auto& [name, kernel] : all) {
            CAPTURE(name);
            std::vector<float> value(n + 1, untouched), slope(n + 1, untouched);
            auto right_value = value, right_slope = slope;
            for (std::size_t i = 0; i < n; ++i) {
                const ValueAndSlope right = activation_of(name, x[i]);
                right_value[i] = right.value;
                right_slope[i] = right.slope;
            }
            (kernels.*kernel)(x.data(), n, 0.02f, value.data(), slope.data());
            CHECK(n_different(value, right_value) == 0);
            CHECK(n_different(slope, right_slope) == 0);
            auto in_place = room(x);
            (kernels.*kernel)(in_place.data(), n, 0.02f, in_place.data(), nullptr);
            CHECK(n_different(in_place, right_value) == 0);
        }
    });
}
