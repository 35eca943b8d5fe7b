#include "core/wilson.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace snnff {

Interval wilson_95(double k, double n) noexcept {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (!(n > 0.0) || !(k >= 0.0) || k > n) return {nan, nan};
    constexpr double z = 1.959963984540054;  // 97.5 % of the normal distribution lie below
    const double middle = k + z * z / 2.0;
    const double arm = z * std::sqrt(k * (n - k) / n + z * z / 4.0);
    // Rounding may leave a bound just outside of what a share can be.
    const double low = k > 0.0 ? (middle - arm) / (n + z * z) : 0.0;
    const double high = k < n ? (middle + arm) / (n + z * z) : 1.0;
    return {100.0 * std::max(low, 0.0), 100.0 * std::min(high, 1.0)};
}

}  // namespace snnff
