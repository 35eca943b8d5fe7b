#pragma once

#include <algorithm>
#include <cmath>

namespace snnff {

/// 1/(1 + e^−x); the exponent is never positive, so that nothing overflows.
inline double sigmoid(double x) noexcept {
    const double e = std::exp(-std::abs(x));
    return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^−|x|), which neither overflows nor loses small values.
inline double softplus(double x) noexcept { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace snnff
