// Gradients of whole networks by back-propagation against central differences of network_twin.hpp.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "engine/batch.hpp"
#include "engine/steps.hpp"
#include "engine/stored_steps.hpp"
#include "kinds.hpp"
#include "lif_options.hpp"
#include "network_twin.hpp"
#include "snnff/random.hpp"
#include "taught.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_samples = 3, n_inputs = 4;
const std::vector<std::int32_t> labels{2, 0, 1};

double noise(std::size_t i, std::uint32_t j) {
    return double(normal(Seed{12}, Stream::initial_weight, i, j));
}

template <std::size_t N>
std::size_t index_of(const std::string_view (&names)[N], const std::string& name) {
    return std::size_t(std::ranges::find(names, name) - std::begin(names));
}

/// A population to be: kind, output, normalisation of its input, units.
struct Part {
    std::string kind, output, normalisation = "none";
    std::size_t n_units = 5;
    twin::Lif unit{};
};

/// The library's network and its twin, with the same parameters: those of a float.
struct Pair {
    Network library;
    twin::Network twin;
    Matrix x{n_samples, n_inputs};
    std::vector<twin::Vector> input;

    Pair(const std::vector<Part>& parts, int steps) {
        library.time.steps = twin.steps = steps;
        for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = float(0.5 + 0.5 * noise(i, 9));
        for (std::size_t s = 0; s < n_samples; ++s) input.emplace_back(x.row(s).begin(), x.row(s).end());
        std::size_t n = n_inputs;
        for (std::uint32_t k = 0; k < parts.size(); ++k) {
            const Part& part = parts[k];
            Population p;
            p.neuron = part.kind == "lif" ? made_lif(part.unit, part.n_units) : made<NeuronModel>(part.kind);
            p.output = Reading(index_of(reading_names, part.output));
            if (k > 0) p.below().from = k - 1;
            p.below().normalisation = made<Normalisation>(part.normalisation);
            p.below().weight.resize(part.n_units, n);
            p.bias.resize(part.n_units);
            twin::Layer layer{part.kind, part.unit, part.output, part.normalisation, {}, {}};
            for (std::size_t u = 0; u < part.n_units; ++u) {
                for (std::size_t i = 0; i < n; ++i) p.below().weight(u, i) = float(0.8 * noise(u * n + i, k));
                p.bias[u] = float(0.3 + 0.2 * noise(1000 + u, k));
                const Matrix weight = p.below().weight.matrix();
                layer.weight.emplace_back(weight.row(u).begin(), weight.row(u).end());
                layer.bias.push_back(double(p.bias[u]));
            }
            library.populations.push_back(std::move(p));
            twin.layers.push_back(std::move(layer));
            n = part.n_units;
        }
    }

    Variant variant() {
        Variant v;
        v.base = x;
        v.gain.assign(n_samples, 1.0f);
        return v;
    }
    double twin_loss() { return twin.loss(input, {labels.begin(), labels.end()}); }
};

/// Checks loss, every weight and every bias; returns the largest gradient. Errors are measured by the
/// population's largest element.
double check(Pair& pair, double tolerance, const Dropout* dropout = nullptr) {
    constexpr double h = 1e-6;
    const Taught taught(pair.library, pair.variant(), labels, dropout);
    const double expected_loss = pair.twin_loss();
    CHECK(std::abs(taught.loss - expected_loss) <= 1e-5 * std::max(expected_loss, 1.0));
    double largest = 0.0;
    for (std::size_t k = 0; k < pair.twin.layers.size(); ++k) {
        twin::Layer& layer = pair.twin.layers[k];
        const auto difference = [&](double& parameter) {
            const double at = parameter;
            parameter = at + h;
            const double up = pair.twin_loss();
            parameter = at - h;
            const double down = pair.twin_loss();
            parameter = at;
            return (up - down) / (2.0 * h);
        };
        const Matrix weight = taught.weight(k);
        double worst = 0.0, scale = 0.0;
        const auto compare = [&](double found, double expected) {
            worst = std::max(worst, std::abs(found - expected));
            scale = std::max(scale, std::abs(expected));
        };
        for (std::size_t u = 0; u < layer.bias.size(); ++u) {
            for (std::size_t i = 0; i < layer.weight[u].size(); ++i) {
                compare(double(weight(u, i)), difference(layer.weight[u][i]));
            }
            compare(taught.bias(k)[u], difference(layer.bias[u]));
        }
        CAPTURE(k, scale, worst);
        CHECK(worst <= tolerance * std::max(scale, 1e-3));
        largest = std::max(largest, scale);
    }
    return largest;
}

}  // namespace

TEST_CASE(
    "softmax cross-entropy is its formula, its gradient softmax less one at the label, without overflow") {
    Matrix logits(4, 3), gradient(4, 3);
    const float rows[4][3] = {
        {0.5f, -1.0f, 2.0f}, {0.0f, 0.0f, 0.0f}, {1e4f, -1e4f, 0.0f}, {-3e38f, 3e38f, 0.0f}};
    for (std::size_t s = 0; s < 4; ++s) std::ranges::copy(rows[s], logits.row(s).begin());
    const std::vector<std::int32_t> label{0, 1, 2, 1};
    std::vector<double> loss(4);
    softmax_cross_entropy(logits, label, loss, gradient);
    const double sum = std::exp(0.5) + std::exp(-1.0) + std::exp(2.0);
    CHECK(loss[0] == Approx(std::log(sum) - 0.5).epsilon(1e-14));
    for (std::size_t c = 0; c < 3; ++c) {
        const double p = std::exp(double(rows[0][c])) / sum;
        CHECK(gradient(0, c) == Approx(p - (c == 0 ? 1.0 : 0.0)).epsilon(1e-7));
    }
    CHECK(loss[1] == Approx(std::log(3.0)).epsilon(1e-15));
    CHECK(loss[2] == Approx(1e4).epsilon(1e-15));
    CHECK(loss[3] == 0.0);
    CHECK(std::ranges::equal(gradient.row(2), std::vector<float>{1.0f, 0.0f, -1.0f}));
    CHECK(std::ranges::equal(gradient.row(3), std::vector<float>{0.0f, 0.0f, 0.0f}));
    std::vector<double> again(4);
    softmax_cross_entropy(logits, label, again, logits);  // in place
    CHECK(again == loss);
    CHECK(std::ranges::equal(logits.values(), gradient.values()));
}

TEST_CASE("gradients of networks without spikes are exact, for every activation and normalisation") {
    for (const std::string_view kind : names_of<NeuronModel>()) {
        if (!made<NeuronModel>(kind)->offers(Reading::activation)) continue;
        for (const char* normalisation : {"none", "l2", "rms"}) {
            Pair pair({{std::string(kind), "activation"},
                       {std::string(kind), "activation", normalisation, 6},
                       {"linear", "activation", normalisation, 3}},
                      3);
            CAPTURE(kind, normalisation);
            // a few roundings of 6e-8 in each of three layers
            CHECK(check(pair, 3e-6) > 1e-3);
        }
    }
}

TEST_CASE("what dropout leaves out passes no gradient on, whatever the normalisation") {
    const Dropout dropout{Seed{3}, 0.4, 17};
    for (const char* normalisation : {"none", "l2", "rms"}) {
        Pair pair({{"sigmoid", "activation"},
                   {"tanh", "activation", normalisation, 6},
                   {"linear", "activation", normalisation, 3}},
                  1);
        std::size_t n_left_out = 0;
        for (std::size_t k = 1; k < 3; ++k) {
            Matrix factor(n_samples, pair.library.populations[k].n_inputs());
            factor.fill(1.0f);
            leave_out(dropout, k, factor);
            n_left_out += std::size_t(std::ranges::count(factor.values(), 0.0f));
            for (std::size_t s = 0; s < n_samples; ++s) {
                pair.twin.layers[k].kept.emplace_back(factor.row(s).begin(), factor.row(s).end());
            }
        }
        REQUIRE(n_left_out > 3);
        CAPTURE(normalisation);
        CHECK(check(pair, 3e-6, &dropout) > 1e-3);
    }
}

TEST_CASE("gradients through LIF steps, resets and spike trains are those of the smooth twin") {
    constexpr int steps = 8;
    int n_cases = 0, n_telling = 0;
    for (const twin::Lif& unit : lif_options()) {
        for (const std::string between : {"spikes", "rate", "count", "membrane", "membrane_mean"}) {
            for (const std::string last : {"rate", "count", "membrane", "membrane_mean"}) {
                const std::string normalisation = between == "membrane" ? "rms" : "none";
                Pair pair({{"lif", between, "none", 5, unit}, {"lif", last, normalisation, 3, unit}}, steps);
                describe(unit);
                CAPTURE(between, last);
                // psi at k = 25 makes 25 times as much of a membrane's rounding, 1e-7, in each population.
                n_telling += check(pair, 1e-4) > 1e-3;
                ++n_cases;
            }
        }
    }
    CHECK(n_telling > 3 * n_cases / 4);  // elsewhere sharp surrogates are nearly 0, and so is what to compare
}

TEST_CASE("gradients cross several trains, and units without spikes that trains drive") {
    twin::Lif unit;
    unit.beta = 0.8;
    for (const std::string kind : {"lif", "relu", "sigmoid", "tanh", "linear"}) {
        const std::string output = kind == "lif" ? "spikes" : "activation";
        Pair pair({{"lif", "spikes", "none", 5, unit},
                   {"lif", "spikes", "none", 6, unit},
                   {kind, output, "none", 4, unit},
                   {"linear", "activation", "none", 3}},
                  10);
        CAPTURE(kind);
        CHECK(check(pair, 3e-5) > 1e-3);
    }
    Pair below({{"relu", "activation"}, {"lif", "spikes", "l2", 6, unit}, {"lif", "rate", "none", 3, unit}},
               10);
    CHECK(check(below, 3e-5) > 1e-3);
}

TEST_CASE("a batch worked through in waves has the loss, gradients and rates of one worked through at once") {
    Pair pair({{"lif", "spikes"}, {"lif", "rate"}, {"linear", "activation", "rms", 3}}, 12);
    constexpr std::size_t n = 150;
    Matrix x(n, n_inputs);
    std::vector<std::int32_t> label(n);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = float(0.5 + 0.5 * noise(i, 8));
    for (std::size_t s = 0; s < n; ++s) label[s] = std::int32_t(s % 3);
    Variant variant;
    variant.base = x;
    variant.gain.assign(n, 1.0f);
    const Dropout dropout{Seed{3}, 0.3, 5};
    const Taught whole(pair.library, variant, label, &dropout);
    for (const std::size_t budget : {std::size_t{1}, std::size_t{40'000}, std::size_t{80'000}}) {
        const Taught waves(pair.library, variant, label, &dropout, budget);
        CHECK(waves.loss == whole.loss);
        for (std::size_t k = 0; k < 3; ++k) {
            CAPTURE(budget, k);
            CHECK(waves.rate(k) == whole.rate(k));
            const Matrix weight = whole.weight(k);
            CHECK(std::ranges::max(weight.values()) > 1e-3f);
            CHECK(std::ranges::equal(waves.weight(k).values(), weight.values()));
            CHECK(std::ranges::equal(waves.bias(k), whole.bias(k)));
        }
    }
}

TEST_CASE("steps that a pass keeps grow with the batch up to a wave, and with the steps up to a budget") {
    constexpr std::size_t n_units = 208;
    Pair pair({{"lif", "spikes", "none", n_units}, {"lif", "count", "none", 3}}, 100);
    // What it holds besides a signal of each sample, once more for the gradient.
    const auto held = [&](std::size_t batch) {
        return BackpropPass::memory(pair.library, {1, batch, 0, false}) - batch * n_units * sizeof(float);
    };
    CHECK(held(10) < held(20));
    CHECK(held(1'000'000) < held(2'000) + 1'000'000 * sizeof(float) * 2);
    pair.library.time.steps = 10'000;
    // Of each population, of its train, and of what the loss makes of it.
    CHECK(held(2'000) <= 4 * stored_steps_budget);
    CHECK(held(1'000'000) < held(2'000) + 1'000'000 * sizeof(float) * 2);
}

namespace {

/// The same input in every step: `base` with input 2 replaced by `changed` and all of it times the gain.
class Standing final : public StepSource {
  public:
    Standing(const Matrix& base, std::vector<float> changed, std::vector<float> gain)
        : base_(base), changed_(std::move(changed)), gain_(std::move(gain)) {}
    std::size_t n_variants() const noexcept override { return 1; }
    std::size_t n_bases() const noexcept override { return 1; }
    std::size_t base_of(std::size_t) const noexcept override { return 0; }
    std::span<const std::uint32_t> changing_inputs() const noexcept override { return changing_; }
    std::span<const float> gain(std::size_t) const noexcept override { return gain_; }
    bool spiking() const noexcept override { return false; }

    class Block final : public Steps {
      public:
        Block(const Standing& source, std::size_t first, std::size_t count)
            : source_(source), first_(first), count_(count) {}
        void next(std::span<const MatrixView> bases) override {
            changes_.clear();
            for (std::size_t row = 0; row < bases[0].rows(); ++row) {
                const std::size_t sample = first_ + row % count_;
                std::ranges::copy(source_.base_.row(sample), bases[0].row(row).begin());
                changes_.push_back({std::uint32_t(row), 0, source_.changed_[sample]});
            }
        }
        std::span<const Change> changes(std::size_t) const override { return changes_; }

      private:
        const Standing& source_;
        std::size_t first_, count_;
        std::vector<Change> changes_;
    };
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override {
        return std::make_unique<Block>(*this, first, count);
    }

  private:
    const Matrix& base_;
    std::vector<float> changed_, gain_;
    std::vector<std::uint32_t> changing_{2};
};

void check_same(const Matrix& found, const Matrix& expected) {
    double worst = 0.0, scale = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double g = double(expected.data()[i]);
        worst = std::max(worst, std::abs(double(found.data()[i]) - g));
        scale = std::max(scale, std::abs(g));
    }
    CHECK(scale > 1e-3);
    CHECK(worst <= 1e-5 * scale);
}

}  // namespace

TEST_CASE("an input that stays the same over the steps teaches what a constant one does") {
    constexpr std::size_t n = 40;  // more than one block
    Pair pair({{"lif", "spikes"}, {"linear", "activation", "none", 3}}, 9);
    Matrix base(n, n_inputs);
    std::vector<float> changed(n), gain(n);
    std::vector<std::int32_t> label(n);
    Variant variant;
    variant.n_changes = 1;
    for (std::size_t s = 0; s < n; ++s) {
        for (std::size_t i = 0; i < n_inputs; ++i)
            base(s, i) = i == 2 ? 0.0f : float(1.0 + noise(s, std::uint32_t(i)));
        changed[s] = float(1.0 + noise(s, 9));
        gain[s] = float(0.5 + 0.01 * double(s));
        label[s] = std::int32_t(s % 3);
        variant.index.push_back(2);
        variant.value.push_back(changed[s]);
        variant.gain.push_back(gain[s]);
    }
    variant.base = base;
    const Taught constant(pair.library, variant, label);
    const Taught varying(pair.library, std::make_unique<Standing>(base, changed, gain), label);
    CHECK(varying.loss == Approx(constant.loss).epsilon(1e-6));
    for (std::size_t k = 0; k < 2; ++k) check_same(varying.weight(k), constant.weight(k));
}

TEST_CASE("spikes teach the same as the input of a network as from the population that sends them") {
    Pair pair({{"lif", "spikes", "none", 6}, {"lif", "spikes"}, {"linear", "activation", "none", 3}}, 12);
    const Variant variant = pair.variant();
    const Taught whole(pair.library, variant, labels);

    Batch batch(pair.library);
    batch.present(0, {variant}, labels.size());
    batch.forward({0, 1}, std::vector<ForwardRequest>(2));
    Network upper;
    upper.time = pair.library.time;
    for (std::size_t k = 1; k < 3; ++k) upper.populations.push_back(pair.library.populations[k]);
    upper.populations[0].below().from.reset();
    upper.populations[1].below().from = 0;
    for (const std::size_t budget : {stored_steps_budget, std::size_t{1}}) {  // or in waves of one sample
        const Taught part(upper, std::make_unique<StoredSteps>(batch.activity(0).sent_steps, 1, true, 0),
                          labels, budget);
        CHECK(part.loss == Approx(whole.loss).epsilon(1e-6));
        for (std::size_t k = 0; k < 2; ++k) check_same(part.weight(k), whole.weight(k + 1));
    }
}
