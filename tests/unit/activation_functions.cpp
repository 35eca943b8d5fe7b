// tanh, sigmoid and silu of single precision over all floats: how far off they are, and that every variant
// of the kernels has the same bits.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"

using namespace snnff::kernels;

namespace {

/// Every 1021st float of either sign, so that every exponent has thousands, with 0, infinities and NaN.
std::vector<float> all_sizes() {
    constexpr std::uint32_t infinite = 0x7f800000, stride = 1021;
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits < infinite; bits += stride) {
        x.push_back(std::bit_cast<float>(bits));
        x.push_back(-x.back());
    }
    const float infinity = std::numeric_limits<float>::infinity();
    x.insert(x.end(), {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()});
    return x;
}

/// In ulp of the float that would be right; numbers up to `least` count as 0.
double error(float value, double right, double least) {
    const auto rounded = static_cast<float>(right);
    if (std::isnan(rounded) || std::isnan(value)) {
        return std::isnan(rounded) == std::isnan(value) ? 0.0 : std::numeric_limits<double>::infinity();
    }
    if (std::isinf(rounded)) return value == rounded ? 0.0 : std::numeric_limits<double>::infinity();
    if (std::abs(right) <= least && std::abs(static_cast<double>(value)) <= least) return 0.0;
    const double off = std::abs(static_cast<double>(value) - right);
    const int exponent = rounded == 0.0f ? -126 : std::max(std::ilogb(rounded), -126);
    return off / std::ldexp(1.0, exponent - 23);
}

double sigmoid(double x) { return x < 0.0 ? std::exp(x) / (1.0 + std::exp(x)) : 1.0 / (1.0 + std::exp(-x)); }
double sigmoid_slope(double x) {
    const double e = std::exp(-std::abs(x));
    return e / ((1.0 + e) * (1.0 + e));
}

struct Case {
    const char* name;
    Activation Kernels::*kernel;
    std::function<double(double)> value, slope;
    double value_ulp, slope_ulp;      ///< largest errors
    double least_value, least_slope;  ///< what counts as 0, as e^x does below -87
    bool slope_has_zero;              ///< near -1.28, where only an absolute error is small
};

std::vector<Case> cases() {
    constexpr double e_87 = 1.65e-38;  // e^-87, a little more
    const auto tanh_slope = [](double x) {
        const double e = std::exp(-2.0 * std::abs(x));
        return 4.0 * e / ((1.0 + e) * (1.0 + e));
    };
    const auto silu_slope = [](double x) { return sigmoid(x) + x * sigmoid_slope(x); };
    const auto silu = [](double x) { return std::isinf(x) && x < 0.0 ? std::nan("") : x * sigmoid(x); };
    const auto silu_slope_or_nan = [=](double x) { return std::isinf(x) ? std::nan("") : silu_slope(x); };
    return {
        {"tanh", &Kernels::tanh, [](double x) { return std::tanh(x); }, tanh_slope, 2.5, 4.0, 0.0, 4.0 * e_87,
         false},
        {"sigmoid", &Kernels::sigmoid, sigmoid, sigmoid_slope, 2.8, 4.2, e_87, e_87, false},
        {"silu", &Kernels::silu, silu, silu_slope_or_nan, 3.3, 10.2, 88.0 * e_87, 88.0 * e_87, true},
    };
}

struct Answer {
    std::vector<float> value, slope;
};
Answer answer(Activation f, const std::vector<float>& x) {
    Answer a{std::vector<float>(x.size()), std::vector<float>(x.size())};
    f(x.data(), x.size(), 0.0f, a.value.data(), a.slope.data());
    return a;
}

/// NaN counts as one pattern.
std::size_t first_difference(const std::vector<float>& a, const std::vector<float>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) && std::isnan(b[i])) continue;
        if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return i;
    }
    return a.size();
}

}  // namespace

TEST_CASE("activations err by a few units in the last place at most") {
    const std::vector<float> x = all_sizes();
    for (const Case& c : cases()) {
        const Answer a = answer(available().front()->*c.kernel, x);
        double value = 0.0, slope = 0.0, near_zero = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const auto exact = static_cast<double>(x[i]);
            value = std::max(value, error(a.value[i], c.value(exact), c.least_value));
            const double right = c.slope(exact);
            if (c.slope_has_zero && x[i] > -1.5f && x[i] < -1.0f) {
                near_zero = std::max(near_zero, std::abs(static_cast<double>(a.slope[i]) - right));
            } else {
                slope = std::max(slope, error(a.slope[i], right, c.least_slope));
            }
        }
        CAPTURE(c.name);
        CHECK(value <= c.value_ulp);
        CHECK(slope <= c.slope_ulp);
        CHECK(near_zero <= 4e-8);
    }
}

TEST_CASE("activations have the same bits in every variant of the kernels") {
    const std::vector<float> x = all_sizes();
    for (const Kernels* kernels : available()) {
        CAPTURE(kernels->name);
        for (const Case& c : cases()) {
            CAPTURE(c.name);
            const Answer plainest = answer(available().front()->*c.kernel, x),
                         here = answer(kernels->*c.kernel, x);
            CHECK(first_difference(plainest.value, here.value) == x.size());
            CHECK(first_difference(plainest.slope, here.slope) == x.size());
        }
    }
}
