#pragma once

#include <cstdint>

#include "core/two_doubles.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// The type that times were stored in, which limits what it tells apart.
struct TimeType {
    int digits = 0;  ///< bits of a mantissa: 11, 24 and 53 for float16 to float64; 0: whole numbers
    int least_exponent = -126;  ///< 2^least_exponent is the smallest number with all of them
};
inline constexpr TimeType float16_time{11, -14}, float32_time{24, -126}, float64_time{53, -1022},
    whole_time{0, 0};

enum class TimeUnit { seconds, milliseconds, microseconds };

/// In which step an event at time t falls: floor(t/dt), where a t that its type cannot tell from the border
/// of a step (half a unit in the last place away, or nearer) counts as on it, and falls in the step that
/// begins there. Where t is as coarse as that for two borders, the nearer one counts, of two the earlier. A
/// float32 or float64 that is k·dt as that type multiplies, or k·dt/1000 and k·dt·1e-3 where t are seconds
/// and dt ms, is on the border of step k as well: times that were computed are. dt is the decimal number in
/// the model file.
class StepsOfEvents {
  public:
    StepsOfEvents(const TimeGrid& time, TimeUnit unit, TimeType type);
    /// A whole number, possibly a huge one; `t` is 0 or later, and finite.
    double operator()(double t) const noexcept;

  private:
    double half_a_unit(double t) const noexcept;
    template <class Float>
    bool is_computed(double step, double t) const noexcept;

    DoublePair dt_;            // in ms, for microseconds in µs
    double t_factor_;          // t·t_factor_ is measured in that, too
    double dt_as_t_;           // the double next to dt in the unit of t
    double dt_ms_;             // as the model file has it
    std::uint64_t dt_ns_ = 0;  // where t are whole microseconds and dt whole nanoseconds
    TimeType type_;
};

}  // namespace snnff
