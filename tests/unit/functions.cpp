// Our own exp, log, … against the C library's in long double, whose error is some thousandth of an ulp of
// double.
#include "snnff/functions.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <string_view>

#include "catch.hpp"
#include "function_values.hpp"

namespace functions = snnff::functions;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double least = std::numeric_limits<double>::denorm_min();
constexpr double most = std::numeric_limits<double>::max();
constexpr int n_samples = 500'000;

using Random = std::mt19937_64;
using Sample = std::function<double(Random&)>;
using Function = double (*)(double);
using Reference = long double (*)(long double);

bool same_bits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// In ulp of the double that would be right.
double error(double value, long double right) {
    const auto rounded = static_cast<double>(right);
    if (!std::isfinite(rounded) || !std::isfinite(value)) return value == rounded ? 0.0 : infinity;
    const int exponent = rounded == 0.0 ? -1022 : std::max(std::ilogb(rounded), -1022);
    return static_cast<double>(std::abs(static_cast<long double>(value) - right) /
                               std::ldexp(1.0L, exponent - 52));
}

double largest_error(Function f, Reference reference, const Sample& sample) {
    Random random(1);
    double largest = 0.0;
    for (int i = 0; i < n_samples; ++i) {
        const double x = sample(random);
        largest = std::max(largest, error(f(x), reference(static_cast<long double>(x))));
    }
    return largest;
}

Sample between(double a, double b) {
    return [=](Random& random) { return std::uniform_real_distribution(a, b)(random); };
}
/// Of either sign, and of every size from 2^a to 2^b.
Sample sizes(double a, double b) {
    return [=](Random& random) {
        const double size = std::exp2(std::uniform_real_distribution(a, b)(random));
        return (random() & 1) != 0 ? size : -size;
    };
}
/// Every pattern of bits that is a finite number above 0 is as likely as any other.
double any_positive(Random& random) {
    const double x = std::bit_cast<double>(random() >> 1);
    return std::isfinite(x) && x > 0.0 ? x : 1.0;
}

long double cos_by_sin(long double turns) {
    long double t = std::abs(turns - std::floor(turns));
    if (t > 0.5L) t = 1.0L - t;
    return std::sin(2.0L * std::numbers::pi_v<long double> * (0.25L - t));
}
long double logistic(long double x) { return 1.0L / (1.0L + std::exp(-x)); }
long double softplus(long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }

double value_of(const KnownValue& known) {
    const std::string_view f = known.function;
    if (f == "pow") return functions::pow(known.x, known.p);
    if (f == "exp") return functions::exp(known.x);
    if (f == "log") return functions::log(known.x);
    if (f == "log1p") return functions::log1p(known.x);
    if (f == "cos_turns") return functions::cos_turns(known.x);
    if (f == "logistic") return functions::logistic(known.x);
    return functions::softplus(known.x);
}

}  // namespace

TEST_CASE("functions err by no more than they say") {
    const Reference exp = [](long double x) { return std::exp(x); };
    CHECK(largest_error(functions::exp, exp, between(-745.2, 709.9)) <= 0.51);
    CHECK(largest_error(functions::exp, exp, between(-745.2, -707.9)) <= 0.51);
    CHECK(largest_error(functions::exp, exp, sizes(-60.0, 2.0)) <= 0.51);

    const Reference log = [](long double x) { return std::log(x); };
    CHECK(largest_error(functions::log, log, any_positive) <= 0.501);
    CHECK(largest_error(functions::log, log, between(0.4, 2.2)) <= 0.501);
    CHECK(largest_error(functions::log, log, [](Random& r) { return 1.0 + sizes(-53.0, -1.01)(r); }) <=
          0.501);

    const Reference log1p = [](long double x) { return std::log1p(x); };
    CHECK(largest_error(functions::log1p, log1p, sizes(-80.0, -0.001)) <= 0.501);
    CHECK(largest_error(functions::log1p, log1p, any_positive) <= 0.501);

    CHECK(largest_error(functions::cos_turns, cos_by_sin, between(-2.0, 2.0)) <= 0.503);
    const Sample by_quarter = [](Random& r) { return 0.25 - sizes(-50.0, -3.0)(r); };
    CHECK(largest_error(functions::cos_turns, cos_by_sin, by_quarter) <= 0.503);

    CHECK(largest_error(functions::logistic, logistic, between(-750.0, 50.0)) <= 0.51);
    CHECK(largest_error(functions::logistic, logistic, sizes(-50.0, 5.6)) <= 0.51);
    CHECK(largest_error(functions::softplus, softplus, between(-746.0, 50.0)) <= 0.51);
    CHECK(largest_error(functions::softplus, softplus, sizes(-50.0, 6.0)) <= 0.51);
}

TEST_CASE("a power errs by no more than it says, also where the exponent is large") {
    Random random(2);
    double largest = 0.0;
    for (int i = 0; i < n_samples; ++i) {
        const double x = i % 3 == 0 ? 1.0 + sizes(-40.0, -2.0)(random) : std::abs(sizes(-30.0, 30.0)(random));
        const double p =
            i % 2 == 0 ? between(-745.0, 709.0)(random) / std::log(x) : between(0.0, 10.0)(random);
        if (x == 1.0 || !std::isfinite(p)) continue;
        const auto right = std::pow(static_cast<long double>(x), static_cast<long double>(p));
        largest = std::max(largest, error(functions::pow(x, p), right));
    }
    CHECK(largest <= 0.51);
}

TEST_CASE("a whole power is multiplied from its top bit on") {
    const double x = 0.999;
    CHECK(functions::pow_whole(x, 0) == 1.0);
    CHECK(functions::pow_whole(x, 1) == x);
    CHECK(functions::pow_whole(x, 6) == ((x * x) * x) * ((x * x) * x));
    CHECK(functions::pow_whole(16.0, 13) == 0x1p52);
    CHECK(functions::pow_whole(0.0, 3) == 0.0);
    CHECK(functions::pow_whole(0.5, 1074) == least);
    CHECK(functions::pow_whole(0.9, ~std::uint64_t{0}) == 0.0);
    for (const std::uint64_t n : {2u, 3u, 10u, 1000u, 12345u}) {
        CHECK(error(functions::pow_whole(x, n), std::pow(static_cast<long double>(x), n)) <=
              static_cast<double>(n));
    }
}

TEST_CASE("functions have the bits that mpmath gives") {
    for (const KnownValue& known : known_values) {
        CAPTURE(known.function, known.x, known.p);
        CHECK(same_bits(value_of(known), known.value));
    }
}

TEST_CASE("functions have the same bits everywhere over millions of numbers") {
    std::uint64_t digest = 0;
    const auto add = [&](double y) {
        digest = (digest ^ std::bit_cast<std::uint64_t>(y)) * 0x100000001b3u;
        digest ^= digest >> 29;
    };
    Random random(4);
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const double u = static_cast<double>(random() >> 11) * 0x1p-53;
        const double any = std::bit_cast<double>(random());
        add(functions::exp(1460.0 * u - 748.0));
        add(functions::exp(any));
        add(functions::log(u + 0x1p-60));
        add(functions::log(any));
        add(functions::log1p(3.0 * u - 1.0));
        add(functions::cos_turns(2.0 * u));
        add(functions::logistic(100.0 * u - 50.0));
        add(functions::softplus(100.0 * u - 50.0));
        add(functions::pow(u, 10.0 * u));
        add(functions::pow_whole(u, i));
        add(functions::nearest(10.0 * u - 5.0));
    }
    // taken with g++ 12 and clang++ 14, -O0 to -O3, with and without AVX-512 and FMA, and under qemu-aarch64
    CHECK(digest == 0x978ceeabfcaa73b6u);
}

TEST_CASE("functions at the ends of their ranges") {
    for (const Function f :
         {Function{functions::exp}, Function{functions::log}, Function{functions::log1p},
          Function{functions::cos_turns}, Function{functions::logistic}, Function{functions::softplus}}) {
        CHECK(std::isnan(f(not_a_number)));
        CHECK(std::isnan(f(-not_a_number)));
    }
    CHECK(functions::exp(0.0) == 1.0);
    CHECK(functions::exp(-0.0) == 1.0);
    CHECK(functions::exp(least) == 1.0);
    CHECK(functions::exp(infinity) == infinity);
    CHECK(functions::exp(-infinity) == 0.0);
    CHECK(functions::exp(0x1.62e42fefa39efp+9) < infinity);  // the largest x with a finite e^x
    CHECK(functions::exp(0x1.62e42fefa39f0p+9) == infinity);
    CHECK(functions::exp(-0x1.74910d52d3051p+9) == least);  // the smallest x with e^x above half of it
    CHECK(functions::exp(-0x1.74910d52d3052p+9) == 0.0);

    CHECK(functions::log(1.0) == 0.0);
    CHECK_FALSE(std::signbit(functions::log(1.0)));
    CHECK(functions::log(0.0) == -infinity);
    CHECK(functions::log(-0.0) == -infinity);
    CHECK(functions::log(infinity) == infinity);
    CHECK(std::isnan(functions::log(-least)));
    CHECK(std::isnan(functions::log(-infinity)));

    CHECK(same_bits(functions::log1p(-0.0), -0.0));
    CHECK(functions::log1p(least) == least);
    CHECK(functions::log1p(-1.0) == -infinity);
    CHECK(functions::log1p(infinity) == infinity);
    CHECK(std::isnan(functions::log1p(-1.0000000000000002)));

    for (const double turns : {0.0, 1.0, -1.0, 0x1p60, most}) CHECK(functions::cos_turns(turns) == 1.0);
    for (const double turns : {0.5, -0.5, 1.5, 0x1p51 + 0.5}) CHECK(functions::cos_turns(turns) == -1.0);
    for (const double turns : {0.25, 0.75, -0.25, 1.25}) CHECK(same_bits(functions::cos_turns(turns), 0.0));
    CHECK(std::isnan(functions::cos_turns(infinity)));

    CHECK(functions::logistic(0.0) == 0.5);
    CHECK(functions::logistic(infinity) == 1.0);
    CHECK(functions::logistic(-infinity) == 0.0);
    CHECK(functions::softplus(infinity) == infinity);
    CHECK(functions::softplus(-infinity) == 0.0);
    CHECK(functions::softplus(most) == most);
}

TEST_CASE("powers of 0, 1, infinity and NaN") {
    CHECK(functions::pow(not_a_number, 0.0) == 1.0);
    CHECK(functions::pow(1.0, not_a_number) == 1.0);
    CHECK(std::isnan(functions::pow(not_a_number, 1.0)));
    CHECK(std::isnan(functions::pow(2.0, not_a_number)));
    CHECK(std::isnan(functions::pow(-1.0, 2.0)));
    for (const double x : {0.0, 0.5, 2.0, 3e-320, infinity}) {
        for (const double p : {-infinity, -1e300, -2.0, -1e-300, 1e-300, 1.0, 2.0, 1e300, infinity}) {
            CAPTURE(x, p);
            CHECK(functions::pow(x, p) == std::pow(x, p));
        }
    }
}

TEST_CASE("functions do not fall where their tables change rows") {
    const auto rises = [](Function f, double x) {
        double before = f(x - 8.0 * (std::nextafter(x, infinity) - x));
        for (int k = -7; k <= 8; ++k) {
            const double y = f(x + k * (std::nextafter(x, infinity) - x));
            if (!(y >= before)) return false;
            before = y;
        }
        return true;
    };
    bool exp_rises = true, log_rises = true, log1p_rises = true, cos_falls = true;
    for (int k = -137'000; k <= 131'000; ++k) {
        exp_rises = exp_rises && rises(functions::exp, (k + 0.5) * std::numbers::ln2 / 128.0);
    }
    for (int i = 0; i < 256; ++i) {
        for (const double scale : {0x1p-1060, 0.5, 1.0, 2.0, 0x1p900}) {
            const double x = 1.0 + (i + 0.5) / 128.0;
            log_rises = log_rises && rises(functions::log, scale * x);
            log1p_rises = log1p_rises && rises(functions::log1p, scale * x - (scale < 1.0 ? 0.5 : 1.0));
        }
    }
    for (int i = 0; i < 64; ++i) {
        cos_falls = cos_falls && rises([](double t) { return -functions::cos_turns(t); }, (i + 0.5) / 128.0);
    }
    CHECK(exp_rises);
    CHECK(log_rises);
    CHECK(log1p_rises);
    CHECK(rises(functions::log1p, 0x1p-8));
    CHECK(rises(functions::log1p, -0x1p-8));
    CHECK(cos_falls);
    for (const Function f : {Function{functions::logistic}, Function{functions::softplus}}) {
        for (const double border : {-45.0, 45.0, -708.4, 5.54, -5.54}) CHECK(rises(f, border));
    }
}

TEST_CASE("whole numbers are found as the C library finds them") {
    Random random(3);
    const auto agree = [](double x) {
        return same_bits(functions::floor(x), std::floor(x)) &&
               same_bits(functions::nearest(x), std::nearbyint(x)) &&
               functions::is_whole(x) == (std::isfinite(x) && std::trunc(x) == x);
    };
    for (const double x : {0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, -0.49999999999999994,
                           0x1p52 - 0.5, 0x1p52, 0x1p63, -0x1p63, most, least, -least, infinity, -infinity}) {
        CAPTURE(x);
        CHECK(agree(x));
    }
    CHECK(std::isnan(functions::floor(not_a_number)));
    CHECK(std::isnan(functions::nearest(not_a_number)));
    CHECK_FALSE(functions::is_whole(not_a_number));
    bool all = true;
    for (int i = 0; i < n_samples; ++i) all = all && agree(sizes(-60.0, 70.0)(random));
    CHECK(all);
    CHECK(functions::floor(-1.25f) == -2.0f);
    CHECK(functions::floor(16777216.0f) == 16777216.0f);
}
