#pragma once

#include <cstdint>

#include "snnff/arithmetic.hpp"

/// The functions that a number on its way to a result passes through, by their names in mathematics. They are
/// made of +, −, ×, ÷, integers and tables, each operation rounded to nearest, so that every processor,
/// compiler and library gives the same bits; std::exp and its like differ between versions of a library, and
/// with some between processors. std::sqrt is exact by IEEE 754 and used as it is. Kinds from outside that
/// keep to these have the same bits everywhere, too.
///
/// Errors are in units in the last place (ulp) of the result, the largest of tests/unit/functions.cpp. NaN
/// gives NaN. None of these throws.
///
/// Source of the method: Tang, ACM TOMS 15:144 (1989) and 16:378 (1990), a table and a short polynomial; sums
/// and products with their rounding errors: Dekker, Numer. Math. 18:224 (1971), and Knuth, TAOCP 2, 4.2.2.
namespace snnff::functions {

/// e^x, within 0.51 ulp, also where the result is denormal. 0 below −745.13, infinite above 709.78.
double exp(double x) noexcept;

/// Natural logarithm, within 0.501 ulp; −infinite at ±0, NaN below.
double log(double x) noexcept;

/// log(1 + x), within 0.501 ulp; −infinite at −1, NaN below; keeps the sign of 0.
double log1p(double x) noexcept;

/// x^p for x ≥ 0, within 0.51 ulp, as e^(p·log x) with a logarithm of 68 bits. x^0 and 1^p are 1, whatever
/// the other; 0^p is 0 or, for p < 0, infinite. NaN for x < 0.
double pow(double x, double p) noexcept;

/// x^n by squaring, from the second-highest bit of n on: r ← r·r, then r ← r·x where the bit is set. Every
/// product is rounded, so that the error is at most n ulp as long as none is denormal.
double pow_whole(double x, std::uint64_t n) noexcept;

/// cos(2π·turns), within 0.503 ulp; exact at the quarters of a turn. Whole turns are taken off without
/// rounding. NaN for ±infinity.
double cos_turns(double turns) noexcept;

/// 1/(1 + e^−x), within 0.51 ulp.
double logistic(double x) noexcept;

/// log(1 + e^x), within 0.51 ulp; log of the logistic function is −softplus(−x).
double softplus(double x) noexcept;

/// The largest whole number ≤ x, and the nearest whole number, of two the even one. Exact; ±0, ±infinity and
/// what has no fraction is returned as it is.
double floor(double x) noexcept;
float floor(float x) noexcept;
double nearest(double x) noexcept;

/// Whether x is a whole number; infinities and NaN are none.
bool is_whole(double x) noexcept;

}  // namespace snnff::functions
