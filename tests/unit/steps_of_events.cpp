// In which step an event falls, against borders that are written as fractions of whole numbers.
#include "core/steps_of_events.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"

using namespace snnff;

namespace {

/// dt in µs as a whole number, and as the model file has it.
struct Dt {
    int us;
    double ms;
};
constexpr Dt all_dt[] = {{100, 0.1},  {300, 0.3}, {700, 0.7}, {1000, 1.0},
                         {2500, 2.5}, {50, 0.05}, {1, 0.001}, {33, 0.033}};

/// Times in seconds as people compute them from a dt in ms, in the type that they are stored in.
template <class Float>
std::array<Float, 4> by_formula_of(int k, double dt_ms) {
    const auto n = static_cast<Float>(k), dt = static_cast<Float>(dt_ms);
    const Float thousand = 1000, thousandth = static_cast<Float>(1e-3);
    return {n * dt / thousand, n * dt * thousandth, n * (dt / thousand), n * (dt * thousandth)};
}
template <class Float>
bool is_by_formula(Float t, int k, double dt_ms) {
    const auto all = by_formula_of<Float>(k, dt_ms);
    return std::find(all.begin(), all.end(), t) != all.end();
}

template <class Float>
void check_formulas(TimeType type) {
    for (const double dt_ms : {0.1, 0.3, 0.7, 1.0, 1.4, 2.5, 0.05, 0.033, 3.3, 6.1, 10.0}) {
        const StepsOfEvents step({dt_ms, 2000}, TimeUnit::seconds, type);
        for (int k = 1; k <= 1000; ++k) {
            for (const Float t : by_formula_of<Float>(k, dt_ms)) {
                if (step(static_cast<double>(t)) != k) FAIL(dt_ms << " ms, step " << k << ", " << t << " s");
            }
            const auto middle = static_cast<Float>((k + 0.5) * dt_ms / 1000.0);
            if (step(static_cast<double>(middle)) != k) FAIL(dt_ms << " ms, the middle of step " << k);
        }
    }
}

}  // namespace

TEST_CASE("seconds that were computed from milliseconds fall in the steps they were computed for") {
    check_formulas<double>(float64_time);
    check_formulas<float>(float32_time);
}

TEST_CASE("whole microseconds are divided as integers") {
    for (const Dt dt : all_dt) {
        const StepsOfEvents step({dt.ms, 10}, TimeUnit::microseconds, whole_time);
        CAPTURE(dt.us);
        for (std::uint64_t t = 0; t < 20'000; ++t) {
            if (step(static_cast<double>(t)) != static_cast<double>(t / static_cast<unsigned>(dt.us)))
                FAIL(t);
        }
        CHECK(step(8'388'607.0) == std::floor(8'388'607.0 / dt.us));
    }
    // 12.5 µs, 1/3 ms and 1/11 ms are no whole number of them
    CHECK(StepsOfEvents({0.0125, 10}, TimeUnit::microseconds, whole_time)(25.0) == 2.0);
    CHECK(StepsOfEvents({0.0125, 10}, TimeUnit::microseconds, whole_time)(24.0) == 1.0);
    CHECK(StepsOfEvents({1.0 / 3.0, 10}, TimeUnit::microseconds, whole_time)(1000.0) == 3.0);
    CHECK(StepsOfEvents({1.0 / 3.0, 10}, TimeUnit::microseconds, whole_time)(999.0) == 2.0);
}

TEST_CASE("the float next to a border is on it, and the one before is not") {
    for (const Dt dt : all_dt) {
        for (const auto& [unit, per_us] :
             {std::pair{TimeUnit::seconds, 1e6}, {TimeUnit::milliseconds, 1e3}}) {
            const StepsOfEvents of_double({dt.ms, 10}, unit, float64_time);
            const StepsOfEvents of_float({dt.ms, 10}, unit, float32_time);
            for (int k = 1; k <= 3000; ++k) {
                CAPTURE(dt.us, per_us, k);
                // whole numbers divided once: the double nearest to the border
                const double border = static_cast<double>(k * dt.us) / per_us;
                const double computed = k * (static_cast<double>(dt.us) / per_us);
                const double before = std::nextafter(border, 0.0);
                const bool by_formula = unit == TimeUnit::seconds && is_by_formula<double>(before, k, dt.ms);
                if (of_double(border) != k) FAIL("border");
                if (of_double(computed) != k) FAIL("computed");
                if (before != computed && !by_formula && of_double(before) != k - 1) FAIL("before");
                if (of_double(std::nextafter(border, 1e9)) != k) FAIL("after");
                const auto as_float = static_cast<float>(border);
                if (of_float(static_cast<double>(as_float)) != k) FAIL("float");
                const float float_before = std::nextafter(as_float, 0.0f);
                const bool float_by_formula =
                    static_cast<float>(k) * static_cast<float>(1000.0 * dt.ms / per_us) == float_before ||
                    static_cast<float>(k) * static_cast<float>(static_cast<double>(dt.us) / per_us) ==
                        float_before ||
                    (unit == TimeUnit::seconds && is_by_formula<float>(float_before, k, dt.ms));
                if (!float_by_formula && of_float(static_cast<double>(float_before)) != k - 1)
                    FAIL("float before");
            }
        }
    }
}

TEST_CASE("half precision: 1 s is known to half a ms") {
    const StepsOfEvents ms({1.0, 2000}, TimeUnit::seconds, float16_time);
    // The half-precision numbers from 1 s on are 1/1024 s apart, and 1001 ms is the border nearest to the
    // second.
    CHECK(ms(1.0) == 1000.0);
    CHECK(ms(1.0 + 1.0 / 1024.0) == 1001.0);
    CHECK(ms(1.0 + 10.0 / 1024.0) == 1010.0);  // 1009.77 ms
    CHECK(ms(0.25) == 250.0);
    CHECK(ms(0.25 - 1.0 / 8192.0) == 249.0);  // known to 0.061 ms, and 0.122 ms before the border
    // Finer steps than the type: the nearest border, not the last that it might be.
    CHECK(StepsOfEvents({0.1, 20'000}, TimeUnit::seconds, float16_time)(1.0) == 10'000.0);
}

TEST_CASE("times that a grid gives fall in the steps they were given for") {
    for (const double dt : {0.1, 0.3, 0.7, 1.0 / 3.0, 0.1 + 0.2, 1e-3, 2.0 / 3.0, 12.5, 1e-7}) {
        const TimeGrid time{dt, 100};
        const StepsOfEvents step(time, TimeUnit::milliseconds, float64_time);
        for (int k = 0; k <= 100'000; ++k) {
            if (step(time.time_ms(k)) != k) FAIL(dt << " ms, step " << k);
        }
        CHECK(step(std::numeric_limits<double>::max()) > 1e300);
    }
    CHECK(TimeGrid{0.1, 10}.time_ms(3) == 0.3);
    CHECK(TimeGrid{0.7, 10}.time_ms(30) == 21.0);
}
