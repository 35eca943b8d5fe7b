#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/functions.hpp"
#include "data/encoding_range.hpp"
#include "snnff/error.hpp"
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
    Latency(bool rc, double threshold, double tau_ms, const TimeGrid& time)
        : rc_(rc),
          threshold_(
              static_cast<double>(static_cast<float>(threshold))),  // values are floats: equal ones are
          tau_steps_(tau_ms / time.dt_ms),
          steps_(time.steps) {}

    void check(std::string_view where, bool over_time, float smallest, float largest) const override {
        if (over_time) {
            throw DataError(
                fmt::format("{}: inputs vary from step to step; encoding \"latency\" has one time "
                            "for each value, \"constant\", \"poisson\" and \"delta\" take such",
                            where));
        }
        check_unit_range(where, "latency", smallest, largest);
    }
    float at(float value, float, Seed, std::int64_t step, std::uint32_t) const noexcept override {
        return fires_at(value) == static_cast<double>(step) ? 1.0f : 0.0f;
    }
    double square(float value, float) const noexcept override {
        return fires_at(value) < static_cast<double>(steps_) ? 1.0 / static_cast<double>(steps_) : 0.0;
    }

  private:
    /// The step in which it fires; infinite where never.
    double fires_at(float value) const noexcept {
        const auto x = static_cast<double>(value);
        if (x < threshold_ || (rc_ && x == threshold_)) return std::numeric_limits<double>::infinity();
        if (rc_) return functions::nearest(tau_steps_ * functions::log(x / (x - threshold_)));
        const double per_unit = static_cast<double>(steps_ - 1), time = (1.0 - x) * per_unit;
        const double half = functions::floor(time) + 0.5;
        const bool on_half = std::abs(time - half) <= half_a_unit(value) * per_unit;
        return functions::nearest(on_half ? half : time);
    }

    /// Half a unit in the last place of a float.
    static double half_a_unit(float value) noexcept {
        int exponent = 0;
        std::frexp(static_cast<double>(value), &exponent);
        return std::ldexp(1.0, std::max(exponent - 1, -126) - 24);
    }

    bool rc_;
    double threshold_, tau_steps_;
    std::int64_t steps_;
};

}  // namespace

std::unique_ptr<Encoding> make_encoding_latency(Options& options, const Context& context) {
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
    const double presentation_ms = context.time.time_ms(context.time.steps);
    return std::make_unique<Latency>(rc, threshold, std::isnan(tau_ms) ? presentation_ms : tau_ms,
                                     context.time);
}

}  // namespace snnff
