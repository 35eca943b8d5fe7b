// What holds for every kind of neuron that a model file can name.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/random.hpp"
#include "snnff/surrogate.hpp"

using namespace snnff;

namespace {

struct Kind {
    std::string name;
    Keys keys;
};

/// Every kind as it comes, and those that have options with these.
std::vector<Kind> all_kinds() {
    std::vector<Kind> all;
    for (const auto name : names_of<NeuronModel>()) all.push_back({std::string(name), {}});
    for (const double slope : {0.0, 0.3, 1.0}) all.push_back({"leaky_relu", {key("slope", slope)}});
    for (const char* reset : {"subtract", "zero", "none"}) {
        for (const bool delayed : {true, false}) {
            for (const std::int64_t refractory : {0, 3}) {
                for (const auto surrogate : names_of<Surrogate>()) {
                    all.push_back({"lif",
                                   {key("reset", reset), key("reset_delay", delayed),
                                    key("refractory_steps", refractory), key("beta", 0.8),
                                    key("surrogate", std::string(surrogate))}});
                }
            }
        }
    }
    return all;
}

std::string text(const Kind& kind) { return kind.name + " " + value_text(Node{kind.keys, {}}); }

/// Every reading on offer with its slope, side by side.
struct Responses {
    std::vector<Reading> readings;
    std::vector<Matrix> value, slope;

    Responses(const NeuronModel& model, std::size_t rows, std::size_t cols) {
        for (const Reading r : model.readings()) {
            if (r != Reading::spikes) readings.push_back(r);
        }
        value.assign(readings.size(), Matrix(rows, cols));
        slope = value;
    }
    std::vector<Response> views() {
        std::vector<Response> all;
        for (std::size_t i = 0; i < readings.size(); ++i) all.push_back({readings[i], value[i], slope[i]});
        return all;
    }
    /// The largest |a − b|/max(|b|, 1) of any value, or slope.
    double distance(const Responses& b, std::vector<Matrix> Responses::*member) const {
        double worst = 0.0;
        for (std::size_t i = 0; i < readings.size(); ++i) {
            for (std::size_t k = 0; k < value[i].size(); ++k) {
                const double x = (this->*member)[i].data()[k], y = (b.*member)[i].data()[k];
                worst = std::max(worst, std::abs(x - y) / std::max(std::abs(y), 1.0));
            }
        }
        return worst;
    }
};

constexpr std::size_t n_samples = 6, n_units = 45;  // one vector that is not full, whatever its width
const TimeGrid time_grid{1.0, 20};

Matrix currents() {
    Matrix current(n_samples, n_units);
    for (std::uint32_t i = 0; i < current.size(); ++i) {
        current.data()[i] = 0.3f + 0.5f * normal(Seed{8}, Stream::initial_weight, i, 0);
    }
    return current;
}

std::unique_ptr<NeuronModel> made_kind(const Kind& kind) {
    return made<NeuronModel>(kind.name, kind.keys, {time_grid, n_units});
}

}  // namespace

TEST_CASE("responses and slopes are finite for any current that a float can be") {
    const float extremes[] = {0.0f,  -0.0f, 1e-45f, -1e-38f, 1e-30f, 1.0f,
                              -1.0f, 1e10f, -1e10f, 1e30f,   -1e30f};
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Matrix current(std::size(extremes), n_units);
        for (std::size_t i = 0; i < current.rows(); ++i) std::ranges::fill(current.row(i), extremes[i]);
        Responses responses(*model, current.rows(), n_units);
        model->respond(current, time_grid, responses.views());
        for (std::size_t k = 0; k < responses.readings.size(); ++k) {
            CAPTURE(text(kind), name_of(responses.readings[k]));
            CHECK(std::ranges::all_of(responses.value[k].values(), [](float x) { return std::isfinite(x); }));
            CHECK(std::ranges::all_of(responses.slope[k].values(), [](float x) { return std::isfinite(x); }));
        }
    }
}

TEST_CASE("a current that is no number gives a response that is none, whatever the reading") {
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Matrix current = currents();
        current(2, 7) = std::numeric_limits<float>::quiet_NaN();
        Responses responses(*model, n_samples, n_units);
        model->respond(current, time_grid, responses.views());
        for (std::size_t k = 0; k < responses.readings.size(); ++k) {
            CAPTURE(text(kind), name_of(responses.readings[k]));
            CHECK(std::isnan(responses.value[k](2, 7)));
            CHECK(std::ranges::count_if(responses.value[k].values(), [](float x) { return std::isnan(x); }) ==
                  1);
        }
    }
}

TEST_CASE("a block of samples responds as its samples do one by one, to the last bit") {
    const Matrix current = currents();
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Responses block(*model, n_samples, n_units), one(*model, 1, n_units);
        model->respond(current, time_grid, block.views());
        for (std::size_t i = 0; i < n_samples; ++i) {
            model->respond(current.view().rows(i, 1), time_grid, one.views());
            for (std::size_t k = 0; k < block.readings.size(); ++k) {
                CAPTURE(text(kind), i, name_of(block.readings[k]));
                CHECK(std::ranges::equal(block.value[k].row(i), one.value[k].row(0)));
                CHECK(std::ranges::equal(block.slope[k].row(i), one.slope[k].row(0)));
            }
        }
    }
}

TEST_CASE("a unit responds the same wherever it stands and whatever else is asked for, to the last bit") {
    const Matrix current = currents();
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Responses all(*model, n_samples, n_units);
        model->respond(current, time_grid, all.views());

        // In reverse order, into the middle of a wider matrix, one reading at a time.
        Matrix reversed(n_samples, n_units), value(n_samples, n_units + 9), slope(n_samples, n_units + 9);
        for (std::size_t i = 0; i < n_samples; ++i) {
            std::ranges::reverse_copy(current.row(i), reversed.row(i).begin());
        }
        for (std::size_t k = 0; k < all.readings.size(); ++k) {
            for (const bool with_slope : {true, false}) {
                value.fill(-77.0f);
                slope.fill(-77.0f);
                const Response response{all.readings[k], value.view().columns(4, n_units),
                                        with_slope ? slope.view().columns(4, n_units) : MatrixView{}};
                model->respond(reversed, time_grid, {&response, 1});
                std::size_t n_wrong = 0;
                for (std::size_t i = 0; i < n_samples; ++i) {
                    for (std::size_t j = 0; j < n_units + 9; ++j) {
                        const bool inside = j >= 4 && j < 4 + n_units;
                        const std::size_t unit = n_units - 1 - (j - 4);
                        n_wrong += value(i, j) != (inside ? all.value[k](i, unit) : -77.0f);
                        n_wrong += slope(i, j) != (inside && with_slope ? all.slope[k](i, unit) : -77.0f);
                    }
                }
                CAPTURE(text(kind), name_of(all.readings[k]), with_slope);
                CHECK(n_wrong == 0);
            }
        }
    }
}

TEST_CASE("respond is step, taken n times") {
    const Matrix current = currents();
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Responses fused(*model, n_samples, n_units), stepped(*model, n_samples, n_units);
        model->respond(current, time_grid, fused.views());
        model->NeuronModel::respond(current, time_grid, stepped.views());
        CAPTURE(text(kind));
        // Values take the same operations; slopes may round differently in each of 20 steps.
        CHECK(fused.distance(stepped, &Responses::value) <= 20 * 6e-8);
        CHECK(fused.distance(stepped, &Responses::slope) <= 20 * 1.2e-7);
    }
}

TEST_CASE("every instruction set this processor has gives the same responses") {
    const Matrix current = currents();
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        Responses plain(*model, n_samples, n_units), other(*model, n_samples, n_units);
        {
            const kernels::Use use(*kernels::available().front());
            model->respond(current, time_grid, plain.views());
        }
        for (const kernels::Kernels* variant : kernels::available()) {
            const kernels::Use use(*variant);
            model->respond(current, time_grid, other.views());
            CAPTURE(text(kind), variant->name);
            // Fused multiply-add leaves out a rounding: 6e-8 of the membrane per step, of which
            // 1/(1 − beta) = 5 steps' worth stays. psi = 1/(1 + k|z|)² turns that into 2k = 50 times as much.
            CHECK(other.distance(plain, &Responses::value) <= 1e-6);
            CHECK(other.distance(plain, &Responses::slope) <= 5 * 6e-8 * 50);
        }
    }
}

TEST_CASE("a spike train's mean is the rate") {
    const Matrix current = currents();
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        CHECK(model->spiking() == (model->readings().back() == Reading::spikes));
        if (!model->spiking()) continue;
        CHECK(model->thresholds().size() == n_units);
        Matrix rate(n_samples, n_units), count(n_samples, n_units);
        const Response responses[] = {{Reading::rate, rate, {}}, {Reading::count, count, {}}};
        model->respond(current, time_grid, responses);
        double n_spikes = 0.0;
        for (std::size_t i = 0; i < rate.size(); ++i) {
            CHECK(rate.data()[i] == Approx(count.data()[i] / 20.0f));
            n_spikes += count.data()[i];
        }
        CHECK(n_spikes > 100.0);  // the test is about spikes
    }
}

TEST_CASE("where a neuron says its carry is fixed, every step has that carry and all of its input") {
    std::size_t n_fixed = 0, n_varying = 0;
    for (const Kind& kind : all_kinds()) {
        const auto model = made_kind(kind);
        const auto fixed = model->fixed_carry();
        if (fixed.empty()) {
            ++n_varying;
            continue;
        }
        ++n_fixed;
        CAPTURE(text(kind));
        REQUIRE(fixed.size() == n_units);
        const Matrix current = currents();
        std::vector<Matrix> memory(model->n_state(), Matrix(n_samples, n_units));
        std::vector<MatrixView> state(memory.begin(), memory.end());
        Matrix membrane(n_samples, n_units), emitted = membrane, psi = membrane, carry = membrane,
                                             charge = membrane;
        for (std::int64_t t = 0; t < time_grid.steps; ++t) {
            model->step({.current = current,
                         .state = state,
                         .membrane = membrane,
                         .emitted = emitted,
                         .psi = psi,
                         .carry = carry,
                         .charge = charge});
            for (std::size_t s = 0; s < n_samples; ++s) CHECK(std::ranges::equal(carry.row(s), fixed));
            CHECK(std::ranges::all_of(charge.values(), [](float d) { return d == 1.0f; }));
        }
    }
    CHECK(n_fixed > 0);
    CHECK(n_varying > 0);
}
