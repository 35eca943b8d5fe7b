#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/encoding_range.hpp"
#include "snnff/error.hpp"
#include "snnff/functions.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// A value x in 0 to 1 fires once, the earlier the larger it is, in step round(time/dt_ms) with
///
///   linear   time = (1 − x)·(steps − 1)·dt_ms          the brightest at once, the darkest last
///   rc       time = tau_ms·ln(x/(x − threshold))       a membrane that charges up to threshold
///
/// A value below `threshold` (for rc: not above it) never fires, nor one whose time comes after the last
/// step. Halves are rounded to the even step, and so is the time of a value that float32 cannot tell from one
/// whose time is a half: 0.3 of 6 steps fires at 3.5, in step 4, though the float next to 0.3 comes a little
/// earlier.
/// Source: spikegen.latency of snnTorch (Eshraghian et al., Proc. IEEE 111:1016, 2023).
class Latency final : public Encoding {
  public:
    /// tau_ms: NaN where it is as long as a presentation.
    Latency(bool rc, double threshold, double tau_ms)
        : rc_(rc),
          threshold_(
              static_cast<double>(static_cast<float>(threshold))),  // values are floats: equal ones are
          tau_ms_(tau_ms) {}

    void check(std::string_view where, bool over_time, float smallest, float largest) const override {
        if (over_time) {
            throw DataError(
                fmt::format("{}: inputs vary from step to step; encoding \"latency\" has one time "
                            "for each value, \"constant\", \"poisson\" and \"delta\" take such",
                            where));
        }
        check_unit_range(where, "latency", smallest, largest);
    }
    float at(float value, float, Seed, const TimeGrid& time, std::int64_t step,
             std::uint32_t) const noexcept override {
        return fires_at(value, time) == static_cast<double>(step) ? 1.0f : 0.0f;
    }
    double square(float value, float, const TimeGrid& time) const noexcept override {
        const auto steps = static_cast<double>(time.steps);
        return fires_at(value, time) < steps ? 1.0 / steps : 0.0;
    }

  private:
    /// The step in which it fires; infinite where never.
    double fires_at(float value, const TimeGrid& time) const noexcept {
        const auto x = static_cast<double>(value);
        if (x < threshold_ || (rc_ && x == threshold_)) return std::numeric_limits<double>::infinity();
        if (rc_) return functions::nearest(tau_steps(time) * functions::log(x / (x - threshold_)));
        const double per_unit = static_cast<double>(time.steps - 1), moment = (1.0 - x) * per_unit;
        const double half = functions::floor(moment) + 0.5;
        const bool on_half = std::abs(moment - half) <= half_a_unit(value) * per_unit;
        return functions::nearest(on_half ? half : moment);
    }

    double tau_steps(const TimeGrid& time) const noexcept {
        return (std::isnan(tau_ms_) ? time.time_ms(time.steps) : tau_ms_) / time.dt_ms;
    }

    /// Half a unit in the last place of a float.
    static double half_a_unit(float value) noexcept {
        int exponent = 0;
        std::frexp(static_cast<double>(value), &exponent);
        return std::ldexp(1.0, std::max(exponent - 1, -126) - 24);
    }

    bool rc_;
    double threshold_, tau_ms_;
};

}  // namespace

std::unique_ptr<Encoding> make_encoding_latency(Options& options, const Context&) {
    constexpr std::string_view curves[] = {"linear", "rc"};
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool rc = options.choice({"curve", "",
                                    "from value to time of the spike; linear: 1 in the first step, 0 in the "
                                    "last; rc: tau_ms ln(x/(x - threshold)), as a membrane charges"},
                                   "linear", curves) == 1;
    const double threshold =
        options.number({"threshold", "", "smaller values never fire"}, 0.01,
                       {.least = 0.0, .most = 1.0, .least_is_allowed = false, .most_is_allowed = false});
    const double tau_ms =
        options.number({"tau_ms", "ms", "time constant of curve = \"rc\"; absent: as long as a presentation"},
                       none, Bounds::positive());
    if (!rc && options.given("tau_ms")) {
        options.conflict("tau_ms", options, "curve", "only curve = \"rc\" has a time constant");
    }
    return std::make_unique<Latency>(rc, threshold, tau_ms);
}

}  // namespace snnff
