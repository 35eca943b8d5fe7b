#pragma once

#include <bit>
#include <cstdint>

namespace snnff {

/// A number as a sum of two doubles, the second a rounding error of the first.
struct DoublePair {
    double high = 0.0, low = 0.0;
};

/// x in halves of 26 bits, whose products are exact.
inline DoublePair in_halves(double x) noexcept {
    const std::uint64_t rounded = (std::bit_cast<std::uint64_t>(x) + (1u << 26)) & ~((1ull << 27) - 1);
    const double high = std::bit_cast<double>(rounded);
    return {high, x - high};
}

/// a·b and its rounding error, where neither overflows nor becomes denormal. Source: Dekker, Numer. Math.
/// 18:224 (1971).
inline DoublePair exact_product(double a, double b) noexcept {
    const DoublePair x = in_halves(a), y = in_halves(b);
    const double high = a * b;
    return {high, ((x.high * y.high - high) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

/// The decimal number that a double stands for, where that has up to 15 digits, which a double keeps apart;
/// else the double itself: 0.1 is a tenth, and 1/3 the double next to a third.
DoublePair decimal_of(double x) noexcept;

}  // namespace snnff
