// LIF units against what can be computed by hand.
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kinds.hpp"
#include "snnff/error.hpp"
#include "snnff/neuron_model.hpp"

using namespace snnff;

namespace {

struct Trace {
    std::vector<float> membrane, spikes, psi, charge;
};

/// One unit, step by step, under any current.
Trace trace(const NeuronModel& unit, const std::vector<float>& current) {
    std::vector<Matrix> state(unit.n_state(), Matrix(1, 1));
    std::vector<MatrixView> views(state.begin(), state.end());
    Matrix u(1, 1), s(1, 1), psi(1, 1), charge(1, 1);
    Trace result;
    for (const float input : current) {
        unit.step({{&input, 1, 1}, views, u, s, psi, {}, charge});
        result.membrane.push_back(u(0, 0));
        result.spikes.push_back(s(0, 0));
        result.psi.push_back(psi(0, 0));
        result.charge.push_back(charge(0, 0));
    }
    return result;
}

float responded(const NeuronModel& unit, float current, std::int64_t steps, Reading reading) {
    Matrix value(1, 1);
    const Response response{reading, value, {}};
    unit.respond({&current, 1, 1}, {1.0, steps}, {&response, 1});
    return value(0, 0);
}

}  // namespace

TEST_CASE("without input the membrane decays by beta per step") {
    const auto unit = made<NeuronModel>("lif", {key("beta", 0.9)});
    std::vector<float> current(200, 0.0f);
    current[0] = 0.75f;
    const Trace t = trace(*unit, current);
    for (std::size_t k = 0; k < current.size(); ++k) {
        // Each product rounds once, and beta itself is within 6e-8 of 0.9.
        const double expected = 0.75 * std::pow(0.9, double(k));
        CHECK(std::abs(t.membrane[k] - expected) <= 1.2e-7 * double(k + 1) * expected);
        CHECK(t.spikes[k] == 0.0f);
    }
}

TEST_CASE("a constant current below threshold charges the membrane to I/(1 - beta)") {
    const float decay = 0.95f, current = 0.04f;  // I/(1 - beta) = 0.8
    const auto unit = made<NeuronModel>("lif", {key("beta", double(decay))});
    const Trace t = trace(*unit, std::vector<float>(400, current));
    for (std::size_t k = 0; k < 400; ++k) {
        const double expected = current * (1.0 - std::pow(decay, double(k + 1))) / (1.0 - decay);
        // Rounding errors decay with the membrane: at most eps/(1 - beta) of it remains.
        CHECK(std::abs(t.membrane[k] - expected) <= 1.2e-7 / (1.0 - decay) * expected);
        CHECK(t.spikes[k] == 0.0f);
    }
    CHECK(t.membrane.back() == Approx(0.8).epsilon(1e-5));
    CHECK(responded(*unit, current, 400, Reading::membrane) == Approx(0.8).epsilon(1e-5));
}

TEST_CASE("reset to zero: the firing rate follows the current along its closed form") {
    constexpr double decay = 0.9;
    constexpr std::int64_t steps = 1000;
    for (const bool delayed : {true, false}) {
        const auto unit =
            made<NeuronModel>("lif", {key("beta", decay), key("reset", "zero"), key("reset_delay", delayed)});
        // The smallest current that fires at all is V_th·(1 − beta) = 0.1.
        for (const double current : {0.05, 0.0999, 0.1003, 0.11, 0.15, 0.23, 0.4, 0.7, 0.97, 1.03, 5.0}) {
            CAPTURE(current, delayed);
            double n_spikes = 0.0;
            if (current > 0.1) {
                // From 0 the membrane is I·(1 − beta^k)/(1 − beta) after k steps; the first k at which
                // that exceeds 1 is the period, for after a spike it starts from 0 again.
                const double period =
                    std::floor(std::log(1.0 - (1.0 - decay) / current) / std::log(decay)) + 1.0;
                n_spikes = std::floor(double(steps) / period);
            }
            CHECK(double(responded(*unit, float(current), steps, Reading::count)) == n_spikes);
            CHECK(responded(*unit, float(current), steps, Reading::rate) ==
                  Approx(n_spikes / double(steps)).epsilon(1e-6));
        }
    }
}

TEST_CASE("without leak a subtracting unit turns every threshold's worth of charge into a spike") {
    // Multiples of 1/8 are exact in binary, so that the count is, too: the largest n with n·V_th < I·T.
    for (const bool delayed : {true, false}) {
        const auto unit = made<NeuronModel>("lif", {key("beta", 1.0), key("reset_delay", delayed)});
        for (const float current : {0.125f, 0.375f, 0.5f, 0.875f}) {
            for (const std::int64_t steps : {1, 2, 7, 64, 1001}) {
                const double expected = std::ceil(double(current) * double(steps)) - 1.0;
                CHECK(double(responded(*unit, current, steps, Reading::count)) == expected);
            }
        }
    }
}

TEST_CASE("each reset does to the membrane what its equation says, exactly") {
    // beta and all currents are multiples of 1/32, hence every value below is exact.
    const std::vector<float> current{1.5f, 0.0f, 0.75f, 1.0f, 0.0f};
    const auto unit = [](const char* reset, bool delayed) {
        return made<NeuronModel>("lif", {key("beta", 0.5), key("reset", reset), key("reset_delay", delayed)});
    };
    const std::vector<float> at_0_and_3{1, 0, 0, 1, 0};
    SECTION("subtract, one step later") {
        const Trace t = trace(*unit("subtract", true), current);
        CHECK(t.membrane == std::vector<float>{1.5f, -0.25f, 0.625f, 1.3125f, -0.34375f});
        CHECK(t.spikes == at_0_and_3);
    }
    SECTION("subtract, in the same step; the value before it is shown") {
        const Trace t = trace(*unit("subtract", false), current);
        CHECK(t.membrane == std::vector<float>{1.5f, 0.25f, 0.875f, 1.4375f, 0.21875f});
        CHECK(t.spikes == at_0_and_3);
    }
    SECTION("zero is the same either way") {
        for (const bool delayed : {true, false}) {
            const Trace t = trace(*unit("zero", delayed), current);
            CHECK(t.membrane == std::vector<float>{1.5f, 0.0f, 0.75f, 1.375f, 0.0f});
            CHECK(t.spikes == at_0_and_3);
        }
    }
    SECTION("none") {
        for (const bool delayed : {true, false}) {
            const Trace t = trace(*unit("none", delayed), current);
            CHECK(t.membrane == std::vector<float>{1.5f, 0.75f, 1.125f, 1.5625f, 0.78125f});
            CHECK(t.spikes == std::vector<float>{1, 0, 1, 1, 0});
        }
    }
}

TEST_CASE("a unit that a same-step reset leaves above threshold has to pass twice the threshold") {
    // V = 2 after step 0; U[1] = 1 + I − 1.
    const auto unit = made<NeuronModel>("lif", {key("beta", 0.5), key("reset_delay", false)});
    CHECK(trace(*unit, {3.0f, 0.5f, 0.0f}).membrane == std::vector<float>{3.0f, 0.5f, -0.25f});
    CHECK(trace(*unit, {3.0f, 1.5f, 0.0f}).membrane == std::vector<float>{3.0f, 1.5f, -0.25f});
    CHECK(trace(*unit, {3.0f, 0.5f, 0.0f}).spikes == std::vector<float>{1, 0, 0});
    CHECK(trace(*unit, {3.0f, 1.5f, 0.0f}).spikes == std::vector<float>{1, 1, 0});
}

TEST_CASE("a unit fires above its threshold, not at it") {
    const auto unit = made<NeuronModel>("lif", {key("threshold", 0.5)});
    CHECK(trace(*unit, {0.5f}).spikes[0] == 0.0f);
    CHECK(trace(*unit, {std::nextafter(0.5f, 1.0f)}).spikes[0] == 1.0f);
}

TEST_CASE("a refractory unit ignores its input for so many steps, and goes on decaying") {
    const std::vector<float> current(9, 0.75f);
    SECTION("delayed reset, no leak") {
        const auto unit =
            made<NeuronModel>("lif", {key("beta", 1.0), key("refractory_steps", std::int64_t{2})});
        const Trace t = trace(*unit, current);
        CHECK(t.membrane == std::vector<float>{0.75f, 1.5f, 0.5f, 0.5f, 1.25f, 0.25f, 0.25f, 1.0f, 1.75f});
        CHECK(t.spikes == std::vector<float>{0, 1, 0, 0, 1, 0, 0, 0, 1});
        CHECK(t.charge == std::vector<float>{1, 1, 0, 0, 1, 0, 0, 1, 1});
        for (std::size_t k = 0; k < t.psi.size(); ++k) CHECK((t.psi[k] > 0.0f) == (t.charge[k] == 1.0f));
    }
    SECTION("same-step reset, leak") {
        const auto unit = made<NeuronModel>(
            "lif", {key("beta", 0.5), key("reset_delay", false), key("refractory_steps", std::int64_t{1})});
        const Trace t = trace(*unit, {1.5f, 2.0f, 0.5f, 1.0f, 2.0f});
        CHECK(t.membrane == std::vector<float>{1.5f, 0.25f, 0.625f, 1.3125f, 0.15625f});
        CHECK(t.spikes == std::vector<float>{1, 0, 0, 1, 0});
    }
    SECTION("above threshold all the while, it fires once per 1 + refractory_steps") {
        for (const char* reset : {"subtract", "zero", "none"}) {
            for (const std::int64_t wait : {0, 1, 4, 100}) {
                const auto unit =
                    made<NeuronModel>("lif", {key("reset", reset), key("refractory_steps", wait)});
                const double expected = std::ceil(100.0 / double(1 + wait));
                CHECK(double(responded(*unit, 50.0f, 100, Reading::count)) == expected);
            }
        }
    }
}

TEST_CASE("decay and threshold may differ from unit to unit") {
    const std::vector<double> betas{0.0, 0.5, 0.9, 1.0}, thresholds{0.1, 1.0, 2.0, 100.0};
    const auto units = made<NeuronModel>(
        "lif", {key("beta", numbers(betas)), key("threshold", numbers(thresholds)), key("reset", "none")},
        {{}, 4});
    const std::vector<float> current(4, 0.5f);
    Matrix membrane(1, 4), count(1, 4);
    const Response responses[] = {{Reading::membrane, membrane, {}}, {Reading::count, count, {}}};
    units->respond({current.data(), 1, 4}, {1.0, 8}, responses);
    for (std::size_t j = 0; j < 4; ++j) {
        double u = 0.0, n = 0.0;
        for (int t = 0; t < 8; ++t) {
            u = betas[j] * u + 0.5;
            n += u > thresholds[j];
        }
        CHECK(double(membrane(0, j)) == Approx(u).epsilon(1e-6));
        CHECK(double(count(0, j)) == n);
    }
}

TEST_CASE("a time constant gives beta = exp(-dt/tau), whatever the step") {
    for (const double dt : {0.1, 1.0, 2.5}) {
        const TimeGrid time{dt, 1};
        const auto unit = made<NeuronModel>("lif", {key("tau_mem_ms", numbers({10.0, 20.0}))}, {time, 2});
        const auto steps = static_cast<std::int64_t>(std::lround(20.0 / dt));
        const std::vector<float> current{0.001f, 0.001f};
        Matrix u(1, 2);
        const Response response{Reading::membrane, u, {}};
        unit->respond({current.data(), 1, 2}, {dt, steps + 1}, {&response, 1});
        for (std::size_t j = 0; j < 2; ++j) {
            const double tau = j == 0 ? 10.0 : 20.0, decay = std::exp(-dt / tau);
            const double expected = 0.001 * (1.0 - std::pow(decay, double(steps + 1))) / (1.0 - decay);
            // beta is rounded to 6e-8; over 1/(1 − beta) steps that grows to 6e-8/(1 − beta).
            CHECK(std::abs(u(0, j) - expected) <= 1.2e-7 / (1.0 - decay) * expected);
        }
    }
}

TEST_CASE("beta and tau_mem_ms exclude each other, and nonsense is refused") {
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("beta", 0.9), key("tau_mem_ms", 20.0)}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("beta", 1.1)}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("tau_mem_ms", 0.0)}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("threshold", 0.0)}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("refractory_steps", std::int64_t{-1})}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("lif", {key("surrogate", "spike")}), ModelError);
    CHECK_NOTHROW(made<NeuronModel>("lif", {key("surrogate", Keys{key("kind", "atan"), key("alpha", 3.0)})}));
}
