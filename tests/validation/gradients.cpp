// Every gradient against central differences, in double, of a smooth twin (smooth_twin.hpp).
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kinds.hpp"
#include "lif_options.hpp"
#include "pairs.hpp"
#include "smooth_twin.hpp"
#include "snnff/error.hpp"
#include "snnff/learning.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/random.hpp"

using namespace snnff;

namespace {

const std::string lif_measures[] = {"rate", "count", "membrane", "membrane_mean"};

Reading reading(const std::string& name) {
    return static_cast<Reading>(std::ranges::find(reading_names, name) - std::begin(reading_names));
}

double noise(std::uint32_t i, std::uint32_t j) { return normal(Seed{5}, Stream::initial_weight, i, j); }

/// The step of a central difference. At the kink of |r| at r = 0 its error is h/2 times a second
/// derivative of up to k² = 625, elsewhere h²/6 times a third of up to 10⁷; rounding adds 1e-15/h.
constexpr double h = 1e-7;
double difference(const std::function<double(double)>& f, double x) {
    return (f(x + h) - f(x - h)) / (2.0 * h);
}

}  // namespace

TEST_CASE("the slope of every LIF reading is the derivative of its smooth twin") {
    constexpr std::size_t n_steps = 20, n = 64;
    Matrix current(1, n);
    for (std::uint32_t j = 0; j < n; ++j) current(0, j) = static_cast<float>(0.2 + 0.5 * noise(j, 0));

    for (const twin::Lif& unit : lif_options()) {
        const auto model = made_lif(unit, n);
        for (const std::string& measure : lif_measures) {
            Matrix value(1, n), slope(1, n);
            const Response response{reading(measure), value, slope};
            model->respond(current, {1.0, n_steps}, {&response, 1});
            double worst = 0.0;
            for (std::size_t j = 0; j < n; ++j) {
                const auto input = [&](double x) { return std::vector<double>(n_steps, x); };
                const double x = current(0, j);
                const twin::Events events = twin::events(unit, input(x));
                const double expected = difference(
                    [&](double at) { return twin::smooth(unit, input(at), events).of(measure); }, x);
                worst = std::max(worst, std::abs(slope(0, j) - expected) / std::max(std::abs(expected), 1.0));
                // The response itself, for the twin runs the same units.
                const double real = twin::real(unit, input(x)).of(measure);
                worst = std::max(worst, std::abs(value(0, j) - real) / std::max(std::abs(real), 1.0));
            }
            describe(unit);
            CAPTURE(measure);
            // psi at k = 25 turns the membrane's rounding, 1e-7, into 25 times as much.
            CHECK(worst < 2e-5);
        }
    }
}

TEST_CASE("psi, carry and drive give the exact gradient under a current that varies") {
    constexpr std::size_t n_steps = 12;
    std::vector<double> current(n_steps);
    for (std::uint32_t t = 0; t < n_steps; ++t) {
        current[t] = static_cast<float>(0.5 + 0.7 * noise(t, 1));
    }
    for (const twin::Lif& unit : lif_options()) {
        const auto model = made_lif(unit, 1);
        std::vector<Matrix> state(model->n_state(), Matrix(1, 1));
        std::vector<MatrixView> views(state.begin(), state.end());
        Matrix u(1, 1), y(1, 1), psi(n_steps, 1), carry(n_steps, 1), drive(n_steps, 1);
        for (std::size_t t = 0; t < n_steps; ++t) {
            const auto input = static_cast<float>(current[t]);
            model->step({{&input, 1, 1},
                         views,
                         u,
                         y,
                         psi.view().rows(t, 1),
                         carry.view().rows(t, 1),
                         drive.view().rows(t, 1)});
        }
        const twin::Events events = twin::events(unit, current);
        double along = 0.0;  // d count/d u[t], walked back from the last step
        for (std::size_t t = n_steps; t-- > 0;) {
            along = psi(t, 0) + (t + 1 < n_steps ? carry(t + 1, 0) * along : 0.0);
            const double expected = difference(
                [&](double at) {
                    std::vector<double> changed = current;
                    changed[t] = at;
                    return twin::smooth(unit, changed, events).count;
                },
                current[t]);
            describe(unit);
            CAPTURE(t);
            CHECK(std::abs(along * drive(t, 0) - expected) <= 2e-5 * std::max(std::abs(expected), 1.0));
        }
    }
}

namespace {

/// Goodness in double, by its definition.
double naive_goodness(const std::string& kind, bool minimise, const std::vector<double>& r) {
    double sum = 0.0;
    for (const double x : r) sum += kind == "mean_abs" ? std::abs(x) : x * x;
    if (kind != "sum_square") sum /= double(r.size());
    return minimise ? -sum : sum;
}

/// How far a response moves from where it is at `at` when the current becomes x. The whole is then the
/// library's response plus the twin's change: a surrogate's meaning, the step forward and A backward.
using Varied = std::function<double(double x, double at)>;

/// d loss/d current of 3 positives and two sets of 3 negatives of a population of 5 units, by the
/// library's parts chained, against differences of the whole.
void check_chain(const NeuronModel& model, Reading measure, const TimeGrid& time, const Varied& change) {
    constexpr std::size_t n_samples = 9, n_positive = 3, n_units = 5;
    Matrix current(n_samples, n_units), r(n_samples, n_units), slope(n_samples, n_units);
    Matrix gradient(n_samples, n_units);
    for (std::uint32_t i = 0; i < current.size(); ++i) {
        current.data()[i] = static_cast<float>(0.4 + 0.5 * noise(i, 2));
    }
    const Response wanted{measure, r, slope};
    model.respond(current, time, {&wanted, 1});

    for (const auto goodness_kind : kinds_of_one_score()) {
        for (const bool minimise : {false, true}) {
            const auto goodness = made<Goodness>(goodness_kind, {key("minimise", minimise)});
            std::vector<double> g(n_samples);
            goodness->evaluate(r, g, gradient);
            for (const auto loss_kind : losses_of_pairs()) {
                const auto loss = made<Loss>(loss_kind);
                const auto value = [&](const std::vector<double>& goodnesses, std::span<double> slopes) {
                    const std::span<const double> all{goodnesses};
                    return loss_of_pairs(*loss, {7, n_units}, all.first(n_positive), all.subspan(n_positive),
                                         slopes.first(n_positive), slopes.subspan(n_positive));
                };
                std::vector<double> c(n_samples), unused(n_samples);
                value(g, c);
                double worst = 0.0, scale = 0.0;
                for (std::size_t i = 0; i < n_samples; ++i) {
                    for (std::size_t j = 0; j < n_units; ++j) {
                        const double delta = c[i] * gradient(i, j) * slope(i, j);
                        const double expected = difference(
                            [&](double x) {
                                std::vector<double> row(n_units), varied = g;
                                for (std::size_t k = 0; k < n_units; ++k) row[k] = r(i, k);
                                row[j] += change(x, current(i, j));
                                varied[i] = naive_goodness(std::string(goodness_kind), minimise, row);
                                return value(varied, unused);
                            },
                            current(i, j));
                        scale = std::max(scale, std::abs(expected));
                        worst = std::max(worst, std::abs(delta - expected));
                    }
                }
                CAPTURE(goodness_kind, minimise, loss_kind, scale);
                // As above: psi at k = 25 makes 25 times as much of the membrane's rounding.
                CHECK(worst <= 3e-5 * std::max(scale, 1e-3));
                if (measure != Reading::rate) CHECK(scale > 0.0);
            }
        }
    }
}

}  // namespace

TEST_CASE("neuron, goodness and loss chain to the gradient of the loss, for every LIF combination") {
    constexpr std::size_t n_steps = 10;
    for (const twin::Lif& unit : lif_options()) {
        const auto model = made_lif(unit, 5);
        for (const std::string& measure : lif_measures) {
            describe(unit);
            check_chain(*model, reading(measure), {1.0, n_steps}, [&](double x, double at) {
                const std::vector<double> here(n_steps, x), centre(n_steps, at);
                const twin::Events events = twin::events(unit, centre);
                return twin::smooth(unit, here, events).of(measure) -
                       twin::smooth(unit, centre, events).of(measure);
            });
        }
    }
}

TEST_CASE("neuron, goodness and loss chain to the gradient of the loss, for every activation") {
    for (const std::string_view kind : names_of<NeuronModel>()) {
        const auto model = made<NeuronModel>(kind);
        if (!model->offers(Reading::activation)) continue;
        CAPTURE(kind);
        REQUIRE(twin::activations.contains(std::string(kind)));
        const auto f = twin::activations.at(std::string(kind));
        check_chain(*model, Reading::activation, {1.0, 10},
                    [&](double x, double at) { return f(x) - f(at); });
    }
}

TEST_CASE("an activation and its slope are the formula and its derivative, near 0 and saturated") {
    std::vector<double> points;
    for (double x = -20.0; x <= 20.0; x += 0.0625) points.push_back(x);
    for (const double x : {1e-30, 1e-8, 1e-3, 0.3499, 0.3501, 50.0, 80.0}) {
        points.push_back(x);
        points.push_back(-x);
    }
    Matrix current(1, points.size()), value(1, points.size()), slope(1, points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        current(0, i) = static_cast<float>(points[i]);
        points[i] = static_cast<double>(current(0, i));
    }
    const Response response{Reading::activation, value, slope};
    for (const auto& [kind, f] : twin::activations) {
        made<NeuronModel>(kind)->respond(current, {1.0, 3}, {&response, 1});
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double x = points[i];
            const double expected = f(x);
            CAPTURE(kind, x);
            // A handful of roundings of 6e-8 each, relative to the value: no digits are lost anywhere.
            CHECK(std::abs(value(0, i) - expected) <= 4e-7 * std::abs(expected));
            if (std::abs(x) <= h && kind.ends_with("relu")) continue;  // no derivative at the kink
            const double derivative = difference(f, x);
            CHECK(std::abs(slope(0, i) - derivative) <= 1e-6 * std::max(std::abs(derivative), 0.1));
        }
    }
}

TEST_CASE("leaky_relu takes its slope from the model, and no other than 0 to 1") {
    const std::vector<float> current{-4.0f, 0.0f, 4.0f};
    Matrix value(1, 3), slope(1, 3);
    const Response response{Reading::activation, value, slope};
    made<NeuronModel>("leaky_relu", {key("slope", 0.25)})
        ->respond({current.data(), 1, 3}, {1.0, 3}, {&response, 1});
    CHECK(std::ranges::equal(value.row(0), std::vector<float>{-1.0f, 0.0f, 4.0f}));
    CHECK(std::ranges::equal(slope.row(0), std::vector<float>{0.25f, 0.25f, 1.0f}));
    CHECK_THROWS_AS(made<NeuronModel>("leaky_relu", {key("slope", 1.5)}), ModelError);
    CHECK_THROWS_AS(made<NeuronModel>("leaky_relu", {key("slope", -0.1)}), ModelError);
}
