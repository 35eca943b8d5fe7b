#include "snnff/functions.hpp"

#include <bit>
#include <limits>

namespace snnff::functions {
namespace {

/// A sum of two doubles, high + low, where low is at most half an ulp of high, or little more.
struct TwoDoubles {
    double high, low;
};
struct LogRow {
    double inverse;
    TwoDoubles log;
};
struct CosineRow {
    TwoDoubles cos, sin;
};
#include "core/function_tables.inc"

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double absolute(double x) { return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~(1ull << 63)); }

/// 2^e for a normal result.
double power_of_two(std::int64_t e) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52);
}

/// a + b and its rounding error, for |a| ≥ |b| or a = 0.
TwoDoubles ordered_sum(double a, double b) {
    const double high = a + b;
    return {high, b - (high - a)};
}

/// a + b and its rounding error.
TwoDoubles sum(double a, double b) {
    const double high = a + b, of_b = high - a;
    return {high, (a - (high - of_b)) + (b - of_b)};
}

/// x in halves of 26 bits, whose products are exact.
TwoDoubles halves(double x) {
    const std::uint64_t rounded = (std::bit_cast<std::uint64_t>(x) + (1u << 26)) & ~((1ull << 27) - 1);
    const double high = std::bit_cast<double>(rounded);
    return {high, x - high};
}

/// a·b and its rounding error, where neither overflows nor becomes denormal.
TwoDoubles product(double a, double b) {
    const TwoDoubles x = halves(a), y = halves(b);
    const double high = a * b;
    return {high, ((x.high * y.high - high) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

/// mantissa·2^exponent
struct Scaled {
    TwoDoubles mantissa;
    std::int64_t exponent;
};

/// e^(x + low) for −746 < x < 711 and |low| < 2^-40: x = k·ln2/128 + r with |r| < 0.0028, then the series of
/// e^r up to r^6/720, whose remainder is below 2^-71, times 2^(k/128).
Scaled exp_of(double x, double low) {
    constexpr double magic = 0x1.8p52;  // adding it rounds to a whole number
    const double k = (x * inverse_ln2_128th + magic) - magic;
    const double r = (x - k * ln2_128th_high) + (low - k * ln2_128th_low);
    double series = 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    series = r + (r * r) * series;
    const auto whole = static_cast<std::int64_t>(k);
    const TwoDoubles power = powers_of_two[whole & 127];
    return {ordered_sum(power.high, power.low + power.high * series), whole >> 7};
}

/// The double nearest to a number; infinite where it is too large.
double rounded(const Scaled& x) {
    const auto [high, low] = x.mantissa;
    if (x.exponent > 1023) return high * power_of_two(1023) * 2.0;
    if (x.exponent > -1022 || (x.exponent == -1022 && high >= 1.0)) return high * power_of_two(x.exponent);
    // Denormal. Next to 1 the ulp is that of denormals next to 2^-1022, so that the sum rounds where the
    // result does, and once.
    const double scale = power_of_two(x.exponent + 1022);
    const TwoDoubles near_1 = ordered_sum(1.0, high * scale);
    return ((near_1.high + (near_1.low + low * scale)) - 1.0) * 0x1p-1022;
}

/// high + low + log(1 + r + r_low) to 2^-68 of it, for |r| < 0.0052: the series up to r^10/10, the first two
/// terms of it in two doubles.
TwoDoubles log_sum(TwoDoubles start, double r, double r_low) {
    const TwoDoubles square = product(r, r);
    double series = -1.0 / 10.0;
    series = series * r + 1.0 / 9.0;
    series = series * r - 1.0 / 8.0;
    series = series * r + 1.0 / 7.0;
    series = series * r - 1.0 / 6.0;
    series = series * r + 1.0 / 5.0;
    series = series * r - 1.0 / 4.0;
    series = series * r + 1.0 / 3.0;
    series *= r * square.high;
    const TwoDoubles first = sum(start.high, r), second = sum(first.high, -0.5 * square.high);
    const double small = (first.low + second.low) + (start.low + (r_low - r * r_low)) - 0.5 * square.low;
    return ordered_sum(second.high, small + series);
}

/// log x for a positive, finite x: x = 2^e·z, log x = e·log 2 − log i + log(i·z), where i, about 1/z, has 10
/// bits, so that i·z − 1 is exact in two doubles. Near 1 both e and log i are 0.
TwoDoubles log_of(double x) {
    std::int64_t e = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    constexpr std::uint64_t fraction = (1ull << 52) - 1;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const std::uint64_t row = ((bits & fraction) + (1ull << 44)) >> 45;
    const bool halved = row > 53;  // above √2
    e += static_cast<std::int64_t>(bits >> 52) - 1023 + (halved ? 1 : 0);
    const double z = std::bit_cast<double>((bits & fraction) | (halved ? 1022ull : 1023ull) << 52);
    const auto [inverse, log] = logarithms[row];
    const TwoDoubles z_half = halves(z);
    const TwoDoubles r = sum(z_half.high * inverse - 1.0, z_half.low * inverse);
    const auto exponent = static_cast<double>(e);
    return log_sum({exponent * ln2_high + log.high, exponent * ln2_low + log.low}, r.high, r.low);
}

/// log(1 + x) for a finite x above −1, of which the low part is far below 1.
TwoDoubles log1p_of(TwoDoubles x) {
    if (absolute(x.high) < 0x1p-8) return log_sum({0.0, 0.0}, x.high, x.low);
    const TwoDoubles y = sum(1.0, x.high);
    const TwoDoubles log = log_of(y.high);
    return {log.high, log.low + (y.low + x.low) / y.high};
}

/// e^−x for 0 ≤ x ≤ largest_exponent, beyond which 1 + e^−x is 1 to 2^-64.
constexpr double largest_exponent = 45.0;
TwoDoubles small_exp(double x) {
    const Scaled e = exp_of(-x, 0.0);
    const double scale = power_of_two(e.exponent);
    return {e.mantissa.high * scale, e.mantissa.low * scale};
}

}  // namespace

double exp(double x) noexcept {
    if (x != x) return nan;
    if (x > 710.0) return infinity;
    if (x < -746.0) return 0.0;
    return rounded(exp_of(x, 0.0));
}

double log(double x) noexcept {
    if (!(x >= 0.0)) return nan;
    if (x == 0.0) return -infinity;
    if (x == infinity) return infinity;
    const auto [high, low] = log_of(x);
    return high + low;
}

double log1p(double x) noexcept {
    if (!(x >= -1.0)) return nan;
    if (x == -1.0) return -infinity;
    if (x == infinity || absolute(x) < 0x1p-60) return x;
    const auto [high, low] = log1p_of({x, 0.0});
    return high + low;
}

double pow(double x, double p) noexcept {
    if (p == 0.0 || x == 1.0) return 1.0;
    if (p != p || !(x >= 0.0)) return nan;
    if (x == 0.0 || x == infinity) return (x == 0.0) == (p > 0.0) ? 0.0 : infinity;
    const TwoDoubles log = log_of(x);
    const double exponent = p * log.high;
    if (exponent > 710.0) return infinity;
    if (exponent < -746.0) return 0.0;
    if (absolute(exponent) < 0x1p-60) return 1.0;
    const auto [high, low] = product(p, log.high);
    return rounded(exp_of(high, low + p * log.low));
}

double pow_whole(double x, std::uint64_t n) noexcept {
    if (n == 0) return 1.0;
    double power = x;
    for (int bit = 62 - std::countl_zero(n); bit >= 0; --bit) {
        power *= power;
        if ((n >> bit & 1) != 0) power *= x;
    }
    return power;
}

double cos_turns(double turns) noexcept {
    const double size = absolute(turns);
    if (!(size < infinity)) return nan;
    double t = size - floor(size);
    if (t > 0.5) t = 1.0 - t;
    const bool negative = t > 0.25;
    if (negative) t = 0.5 - t;
    // t = i/128 + u with |u| ≤ 1/256: cos(a + b) = cos a·cos b − sin a·sin b, with b in two doubles and the
    // series of cos b up to b^8/8! and of sin b up to b^7/7!.
    const double i = nearest(128.0 * t), u = t - i / 128.0;
    const auto [cosine, sine] = cosines[static_cast<std::size_t>(i)];
    TwoDoubles b = product(two_pi_high, u);
    b.low += two_pi_low * u;
    const double square = b.high * b.high;
    const double cos_less_1 =
        square * (-1.0 / 2.0 + square * (1.0 / 24.0 + square * (-1.0 / 720.0 + square * (1.0 / 40320.0))));
    const double sin_less_b =
        b.high * square * (-1.0 / 6.0 + square * (1.0 / 120.0 + square * (-1.0 / 5040.0)));
    const TwoDoubles first_order = product(sine.high, b.high);
    const TwoDoubles leading = sum(cosine.high, -first_order.high);
    const double small =
        (cosine.high * cos_less_1 - sine.high * sin_less_b) +
        (leading.low - first_order.low + cosine.low - (sine.high * b.low + sine.low * b.high));
    const double result = leading.high + small;
    return negative ? 0.0 - result : result;
}

double logistic(double x) noexcept {
    if (x != x) return nan;
    if (x < -largest_exponent) return exp(x);
    if (x > largest_exponent) return 1.0;
    const TwoDoubles e = small_exp(absolute(x));
    const TwoDoubles numerator = x < 0.0 ? e : TwoDoubles{1.0, 0.0};
    TwoDoubles denominator = ordered_sum(1.0, e.high);
    denominator.low += e.low;
    // One step of long division: what the rounded quotient leaves over.
    const double quotient = numerator.high / denominator.high;
    const TwoDoubles taken = product(quotient, denominator.high);
    const double left =
        (numerator.high - taken.high) - taken.low + (numerator.low - quotient * denominator.low);
    return quotient + left / denominator.high;
}

double softplus(double x) noexcept {
    if (x != x) return nan;
    if (x < -largest_exponent) return exp(x);
    if (x > largest_exponent) return x;
    const TwoDoubles log = log1p_of(small_exp(absolute(x)));
    if (x <= 0.0) return log.high + log.low;
    const TwoDoubles total = sum(x, log.high);
    return total.high + (total.low + log.low);
}

double floor(double x) noexcept {
    if (!(absolute(x) < 0x1p52)) return x;
    const auto whole = static_cast<double>(static_cast<std::int64_t>(x));
    return whole == x ? x : whole > x ? whole - 1.0 : whole;
}

float floor(float x) noexcept { return static_cast<float>(floor(static_cast<double>(x))); }

double nearest(double x) noexcept {
    const double size = absolute(x);
    if (!(size < 0x1p52) || x == 0.0) return x;
    const auto whole = static_cast<std::int64_t>(size);
    const double rest = size - static_cast<double>(whole);
    const bool up = rest > 0.5 || (rest == 0.5 && whole % 2 != 0);
    const auto result = static_cast<double>(whole + (up ? 1 : 0));
    return x < 0.0 ? -result : result;
}

bool is_whole(double x) noexcept { return absolute(x) < infinity && floor(x) == x; }

}  // namespace snnff::functions
