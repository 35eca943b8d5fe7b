#include "core/steps_of_events.hpp"

#include <algorithm>
#include <cmath>

#include "snnff/functions.hpp"

namespace snnff {
namespace {

constexpr double most_whole_us = 0x1p53;  // a double counts them up to here, and in ns they fit 64 bits

DoublePair times_1000(DoublePair x) {
    const DoublePair high = exact_product(x.high, 1000.0);
    return {high.high, high.low + 1000.0 * x.low};
}

}  // namespace

StepsOfEvents::StepsOfEvents(const TimeGrid& time, TimeUnit unit, TimeType type)
    : dt_(decimal_of(time.dt_ms)),
      t_factor_(unit == TimeUnit::seconds ? 1000.0 : 1.0),
      dt_as_t_(time.dt_ms),
      dt_ms_(time.dt_ms),
      type_(type) {
    if (unit == TimeUnit::seconds) dt_as_t_ = time.dt_ms / 1000.0;
    if (unit != TimeUnit::microseconds) return;
    dt_ = times_1000(dt_);
    dt_as_t_ = dt_.high + dt_.low;
    const DoublePair ns = times_1000(dt_);
    const double whole = functions::nearest(ns.high + ns.low);
    const bool is_whole = std::abs((ns.high - whole) + ns.low) <= 0x1p-90 * whole;
    if (type.digits == 0 && is_whole && whole >= 1.0 && whole < most_whole_us) {
        dt_ns_ = static_cast<std::uint64_t>(whole);
    }
}

double StepsOfEvents::half_a_unit(double t) const noexcept {
    if (type_.digits == 0) return 0.0;
    int exponent = 0;
    std::frexp(t, &exponent);  // t = m·2^exponent with m from 1/2 to 1
    return std::ldexp(1.0, std::max(exponent - 1, type_.least_exponent) - type_.digits);
}

template <class Float>
bool StepsOfEvents::is_computed(double step, double t) const noexcept {
    const auto k = static_cast<Float>(step), dt_ms = static_cast<Float>(dt_ms_), time = static_cast<Float>(t);
    if (k * static_cast<Float>(dt_as_t_) == time) return true;
    if (t_factor_ == 1.0) return false;
    const Float ms = k * dt_ms, per_s = 1000, s_per_ms = static_cast<Float>(1e-3);
    return ms / per_s == time || ms * s_per_ms == time || k * (dt_ms / per_s) == time ||
           k * (dt_ms * s_per_ms) == time;
}

double StepsOfEvents::operator()(double t) const noexcept {
    if (dt_ns_ != 0 && t < most_whole_us) {
        const std::uint64_t step = static_cast<std::uint64_t>(t) * 1000 / dt_ns_;
        return static_cast<double>(step);
    }
    const DoublePair time = exact_product(t, t_factor_);
    const double before = functions::floor(time.high / dt_.high);
    if (!(before < most_whole_us)) return before;  // beyond the last step, and halves of 26 bits
    const auto border_after = [&](double step) {
        const DoublePair border = exact_product(step, dt_.high);
        return (border.high - time.high) + ((border.low - time.low) + step * dt_.low);
    };
    // dt_ itself is known to some 100 bits only.
    const double exact = 0x1p-95 * time.high, coarse = std::max(half_a_unit(t) * t_factor_, exact);
    const auto computed = [&](double step) {
        return type_.digits == 53 ? is_computed<double>(step, t)
                                  : type_.digits == 24 && is_computed<float>(step, t);
    };
    double step = before;
    // The division rounds: the border of `before` may come after t.
    if (step > 0.0 && border_after(step) > coarse && !computed(step)) step -= 1.0;
    const double next = border_after(step + 1.0);
    if (computed(step + 1.0)) return step + 1.0;
    if (next > coarse) return step;
    return next < std::abs(border_after(step)) || next <= exact ? step + 1.0 : step;
}

}  // namespace snnff
