// Gradients of groups of units that stand for classes, against central differences in double of the whole
// written out: neuron, goodness of each class, softmax over classes, and the weights.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "engine/activity.hpp"
#include "engine/gradient.hpp"
#include "engine/stepped_pass.hpp"
#include "kinds.hpp"
#include "lif_options.hpp"
#include "smooth_twin.hpp"
#include "snnff/learning.hpp"
#include "snnff/random.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_classes = 3;
constexpr double alpha = 3.0, h = 1e-6;

double noise(std::uint64_t i, std::uint32_t j) { return normal(Seed{8}, Stream::initial_weight, i, j); }

/// −log softmax(α·g)[label] of one sample's responses, g of a class being the mean of r^power over the units
/// i with floor(i·K/n) = that class.
double naive_loss(const std::vector<double>& r, int power, std::size_t label) {
    std::vector<double> sum(n_classes), n(n_classes);
    for (std::size_t i = 0; i < r.size(); ++i) {
        const std::size_t c = i * n_classes / r.size();
        sum[c] += power == 2 ? r[i] * r[i] : r[i];
        n[c] += 1.0;
    }
    double all = 0.0;
    for (std::size_t c = 0; c < n_classes; ++c) all += std::exp(alpha * sum[c] / n[c]);
    return std::log(all) - alpha * sum[label] / n[label];
}

double difference(const std::function<double(double)>& f, double x) {
    return (f(x + h) - f(x - h)) / (2.0 * h);
}

std::vector<std::int32_t> labels_of(std::size_t n_samples) {
    std::vector<std::int32_t> label;
    for (std::size_t s = 0; s < n_samples; ++s)
        label.push_back(static_cast<std::int32_t>((s * s + 1) % n_classes));
    return label;
}

/// Slopes [variant][sample·n_classes + class] of the mean loss over a batch.
std::vector<std::vector<double>> slopes_of(const std::vector<std::vector<double>>& scores,
                                           double* loss = nullptr) {
    std::vector<std::vector<double>> slope(scores.size(), std::vector<double>(scores[0].size()));
    const auto label = labels_of(scores[0].size() / n_classes);
    const double value = made<Loss>("class_softmax", {key("alpha", alpha)})
                             ->evaluate({7, 5}, {scores, n_classes}, 1, label, {slope, n_classes});
    if (loss != nullptr) *loss = value;
    return slope;
}

/// How far a response moves from where it is at `at` when the current becomes x.
using Varied = std::function<double(double x, double at)>;

void check_chain(const NeuronModel& model, Reading measure, const TimeGrid& time, const Varied& change) {
    constexpr std::size_t n_samples = 4, n_units = 7;  // groups of 3, 2 and 2
    Matrix current(n_samples, n_units), r(n_samples, n_units), slope(n_samples, n_units);
    for (std::uint32_t i = 0; i < current.size(); ++i)
        current.data()[i] = static_cast<float>(0.4 + 0.5 * noise(i, 2));
    const Response wanted{measure, r, slope};
    model.respond(current, time, {&wanted, 1});
    for (const int power : {1, 2}) {
        Matrix gradient(n_samples, n_units);
        std::vector<std::vector<double>> scores{std::vector<double>(n_samples * n_classes)};
        made<Goodness>("class_groups", {key("power", std::int64_t{power})})
            ->evaluate(r, scores[0], gradient, n_classes);
        const auto c = slopes_of(scores);
        const auto label = labels_of(n_samples);
        double worst = 0.0, scale = 0.0;
        for (std::size_t s = 0; s < n_samples; ++s) {
            for (std::size_t j = 0; j < n_units; ++j) {
                const double found =
                    c[0][s * n_classes + j * n_classes / n_units] * gradient(s, j) * slope(s, j);
                const double expected = difference(
                    [&](double x) {
                        std::vector<double> row(r.row(s).begin(), r.row(s).end());
                        row[j] += change(x, current(s, j));
                        return naive_loss(row, power, static_cast<std::size_t>(label[s])) / n_samples;
                    },
                    current(s, j));
                scale = std::max(scale, std::abs(expected));
                worst = std::max(worst, std::abs(found - expected));
            }
        }
        CAPTURE(power, scale);
        // psi at k = 25 makes 25 times as much of the membrane's rounding, 1e-7.
        CHECK(worst <= 3e-5 * std::max(scale, 1e-3));
        CHECK(scale > 0.0);
    }
}

/// One step of dense input.
class OneStep final : public StepSource {
  public:
    explicit OneStep(const Matrix& x) : x_(x) {}
    std::size_t n_variants() const noexcept override { return 1; }
    std::size_t n_bases() const noexcept override { return 1; }
    std::size_t base_of(std::size_t) const noexcept override { return 0; }
    bool spiking() const noexcept override { return false; }
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override {
        class Rows final : public Steps {
          public:
            Rows(const Matrix& x, std::size_t first, std::size_t count)
                : x_(x), first_(first), count_(count) {}
            void next(std::span<const MatrixView> bases) override {
                for (std::size_t s = 0; s < count_; ++s)
                    std::ranges::copy(x_.row(first_ + s), bases[0].row(s).begin());
            }
            std::span<const StepSource::Change> changes(std::size_t) const override { return {}; }

          private:
            const Matrix& x_;
            std::size_t first_, count_;
        };
        return std::make_unique<Rows>(x_, first, count);
    }

  private:
    const Matrix& x_;
};

struct Gradients {
    Matrix weight;
    std::vector<double> bias;
};

Gradients taken(const Gradient& found, const Population& population) {
    Panels panels(population.n_units(), population.n_inputs());
    found.weights({0, panels.n_panels(), 0, panels.cols()}, panels.memory().data());
    const auto bias = found.bias();
    return {panels.matrix(),
            {bias.begin(), bias.begin() + static_cast<std::ptrdiff_t>(population.n_units())}};
}

}  // namespace

TEST_CASE("goodness of classes and its softmax chain to the gradient of the loss, for every LIF rate") {
    constexpr std::size_t n_steps = 10;
    for (const twin::Lif& unit : lif_options()) {
        describe(unit);
        check_chain(*made_lif(unit, 7), Reading::count, {1.0, n_steps}, [&](double x, double at) {
            const std::vector<double> here(n_steps, x), centre(n_steps, at);
            const twin::Events events = twin::events(unit, centre);
            return twin::smooth(unit, here, events).of("count") -
                   twin::smooth(unit, centre, events).of("count");
        });
    }
}

TEST_CASE("goodness of classes and its softmax chain to the gradient of the loss, for every activation") {
    for (const auto& [kind, f] : twin::activations) {
        CAPTURE(kind);
        check_chain(*made<NeuronModel>(kind), Reading::activation, {1.0, 10},
                    [&, f = f](double x, double at) { return f(x) - f(at); });
    }
}

// 40 units in three groups: 16 of a panel count for one class, or for two. 270 samples: two chains.
TEST_CASE("weights of groups learn by the gradient of the loss, under constant input and step by step") {
    constexpr std::size_t n_units = 40, n_inputs = 5, n_samples = 270;
    Population population;
    population.neuron = made<NeuronModel>("tanh");
    population.n_groups = n_classes;
    population.below().weight.resize(n_units, n_inputs);
    population.bias.assign(n_units, 0.0f);
    for (std::size_t u = 0; u < n_units; ++u) {
        for (std::size_t i = 0; i < n_inputs; ++i)
            population.below().weight(u, i) = static_cast<float>(0.5 * noise(u * n_inputs + i, 3));
    }
    Matrix x(n_samples, n_inputs);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(noise(i, 4));
    Variant variant;
    variant.base = x;
    for (std::size_t s = 0; s < n_samples; ++s)
        variant.gain.push_back(static_cast<float>(1.0 + 0.3 * noise(s, 5)));
    const TimeGrid time{1.0, 1};
    const auto goodness = made<Goodness>("class_groups");
    const std::vector<Variant> variants{variant};
    const auto label = labels_of(n_samples);
    const auto response_of = [&](std::size_t s, std::size_t u, double change, std::size_t at) {
        double current = 0.0;
        for (std::size_t i = 0; i < n_inputs; ++i)
            current += (static_cast<double>(population.below().weight(u, i)) + (i == at ? change : 0.0)) *
                       static_cast<double>(variant.gain[s]) * static_cast<double>(x(s, i));
        return std::tanh(current + (at == n_inputs ? change : 0.0));
    };
    std::vector<std::vector<double>> response(n_samples, std::vector<double>(n_units));
    for (std::size_t s = 0; s < n_samples; ++s) {
        for (std::size_t u = 0; u < n_units; ++u) response[s][u] = response_of(s, u, 0.0, 0);
    }

    Activity activity;
    forward_constant(population, time, variants, n_samples, {.goodness = goodness.get(), .signal = true},
                     activity);
    double loss = 0.0;
    const auto slope = slopes_of(activity.goodness, &loss);
    double expected_loss = 0.0;
    for (std::size_t s = 0; s < n_samples; ++s)
        expected_loss += naive_loss(response[s], 2, static_cast<std::size_t>(label[s])) / n_samples;
    CHECK(loss == Approx(expected_loss).epsilon(1e-6));
    ConstantGradient::Memory memory;
    const Gradients constant =
        taken(ConstantGradient(population, variants, activity.signal, slope, memory), population);

    for (const std::size_t u : {0u, 13u, 14u, 15u, 16u, 26u, 27u, 39u}) {
        for (std::size_t i = 0; i <= n_inputs; ++i) {
            const double expected = difference(
                [&](double change) {
                    double sum = 0.0;
                    for (std::size_t s = 0; s < n_samples; ++s) {
                        std::vector<double> row = response[s];
                        row[u] = response_of(s, u, change, i);
                        sum += naive_loss(row, 2, static_cast<std::size_t>(label[s])) / n_samples;
                    }
                    return sum;
                },
                0.0);
            CAPTURE(u, i);
            const double found = i < n_inputs ? static_cast<double>(constant.weight(u, i)) : constant.bias[u];
            CHECK(std::abs(found - expected) <= 1e-7);  // the largest are near 0.01
        }
    }

    // The same without a gain, which a source of steps does not have here, in one go and in steps.
    std::vector<Variant> plain{variant};
    plain[0].gain.assign(n_samples, 1.0f);
    forward_constant(population, time, plain, n_samples, {.goodness = goodness.get(), .signal = true},
                     activity);
    const auto plain_slope = slopes_of(activity.goodness);
    const Gradients whole =
        taken(ConstantGradient(population, plain, activity.signal, plain_slope, memory), population);
    const OneStep source(x);
    const Drive drive{{}, &source};
    SteppedPass::Memory of_steps;
    SteppedPass pass(population, time, drive, of_steps);
    Activity stepped;
    for (std::size_t first = 0, end; first < n_samples; first = end) {
        end = SteppedPass::wave_end(first, 64, n_samples);
        pass.forward(first, end - first, {.goodness = goodness.get(), .signal = true}, stepped);
        const auto from = [&](std::size_t s) {
            return plain_slope[0].begin() + static_cast<std::ptrdiff_t>(s * n_classes);
        };
        pass.backward(std::vector<std::vector<double>>{{from(first), from(end)}});
    }
    pass.finish();
    CHECK(stepped.goodness[0] == activity.goodness[0]);
    const Gradients by_step = taken(pass, population);
    for (std::size_t u = 0; u < n_units; ++u) {
        for (std::size_t i = 0; i < n_inputs; ++i)
            CHECK(by_step.weight(u, i) == Approx(whole.weight(u, i)).margin(1e-7));
        CHECK(by_step.bias[u] == Approx(whole.bias[u]).margin(1e-7));
    }
}
