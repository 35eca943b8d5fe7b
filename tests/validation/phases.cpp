// Updates on positives alone and on negatives alone: their gradient against central differences in double,
// and against the gradient of both together, of which each is a half.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "rules/forward_forward.hpp"
#include "run/frozen.hpp"
#include "run/plan.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr double theta = 0.4;

Experiment experiment(const std::string& populations, const std::string& keys = "") {
    const std::string model =
        "[data]\nfolder = \"" SNNFF_ROOT
        "/data/mnist-sample\"\nn_train = 12\nn_test = 5\n[time]\nsteps = 6\n[learning]\nrate "
        "= 1.0\noptimizer = \"sgd\"\nloss = { kind = \"softplus\", theta = 0.4 }\n[plan]\n"
        "batch_size = 0\nphases = \"separated\"\n" +
        keys + "\n" + populations;
    return build(read_model_text(model, "test", SNNFF_ROOT, {}));
}

/// What one update by plain gradient descent at rate 1 takes from the weights of population k: the gradient.
struct Update {
    double loss;
    std::vector<double> weight, bias;
};
Update gradient(const Experiment& e, std::size_t k, Side side) {
    Network network = e.network;
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                e.network.populations[0].below().normalisation);
    presentations.begin_epoch(0, {});
    FrozenLayers frozen(network, k, presentations);
    ForwardForward rule(e.model.learning, network);
    const Stage stage{{k}, 1, 1, false, false};
    const std::vector<double> progress(network.populations.size());
    Batch batch(network);
    FrozenLayers::Memory memory;
    frozen.present(presentations.samples(0), side, nullptr, memory, batch);
    const Population before = network.populations[k];
    Update update{
        rule.learn(batch, {stage, progress, e.train.label}, rule.parts(stage).front()).front().loss, {}, {}};
    const Population& after = network.populations[k];
    const Matrix weight_before = before.below().weight.matrix(), weight_after = after.below().weight.matrix();
    for (std::size_t i = 0; i < weight_before.size(); ++i) {
        update.weight.push_back(static_cast<double>(weight_before.values()[i]) -
                                static_cast<double>(weight_after.values()[i]));
    }
    for (std::size_t i = 0; i < before.bias.size(); ++i) {
        update.bias.push_back(static_cast<double>(before.bias[i]) - static_cast<double>(after.bias[i]));
    }
    return update;
}

/// The loss of a population of tanh units by its definition, in double: samples of one side alone.
double naive_loss(const std::vector<std::vector<double>>& inputs, const std::vector<double>& weight,
                  const std::vector<double>& bias, bool positive) {
    double loss = 0.0;
    for (const auto& x : inputs) {
        double goodness = 0.0;
        for (std::size_t u = 0; u < bias.size(); ++u) {
            double current = bias[u];
            for (std::size_t i = 0; i < x.size(); ++i) current += weight[u * x.size() + i] * x[i];
            goodness += std::tanh(current) * std::tanh(current) / static_cast<double>(bias.size());
        }
        loss += std::log1p(std::exp(positive ? theta - goodness : goodness - theta)) /
                static_cast<double>(inputs.size());
    }
    return loss;
}

std::vector<std::vector<double>> normalised_inputs(const Experiment& e, Side side) {
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                e.network.populations[0].below().normalisation);
    presentations.begin_epoch(0, {});
    Matrix images;
    const auto variants = presentations.variants(presentations.samples(0), images);
    const Variant& variant = variants.at(side == Side::positives ? 0 : 1);
    std::vector<std::vector<double>> inputs;
    for (std::size_t s = 0; s < variant.base.rows(); ++s) {
        std::vector<double> x(variant.base.row(s).begin(), variant.base.row(s).end());
        x[variant.index[s]] = static_cast<double>(variant.value[s]);
        double squares = 0.0;
        for (const double value : x) squares += value * value;
        for (double& value : x) value /= std::sqrt(squares / static_cast<double>(x.size())) + 1e-6;
        inputs.push_back(std::move(x));
    }
    return inputs;
}

double norm(const std::vector<double>& values) {
    double sum = 0.0;
    for (const double x : values) sum += x * x;
    return std::sqrt(sum);
}

const std::string tanh_units =
    "[population.one]\nneuron = \"tanh\"\nsize = 7\ninit = { kind = \"normal_fan_in\", "
    "bias = \"normal\" }\n";

}  // namespace

TEST_CASE(
    "the gradient of positives alone, and of negatives alone, is the difference quotient of their loss") {
    const Experiment e = experiment(tanh_units);
    const Population& population = e.network.populations[0];
    for (const Side side : {Side::positives, Side::negatives}) {
        const bool positive = side == Side::positives;
        const auto inputs = normalised_inputs(e, side);
        const Matrix weights = population.below().weight.matrix();
        std::vector<double> weight(weights.values().begin(), weights.values().end());
        std::vector<double> bias(population.bias.begin(), population.bias.end());
        const Update found = gradient(e, 0, side);
        CHECK(found.loss == Approx(naive_loss(inputs, weight, bias, positive)).epsilon(1e-6));
        const auto check = [&](std::vector<double>& parameters, const std::vector<double>& gradient,
                               std::size_t stride) {
            double worst = 0.0, scale = 0.0;
            for (std::size_t i = 0; i < parameters.size(); i += stride) {
                constexpr double h = 1e-5;
                const double at = parameters[i];
                parameters[i] = at + h;
                const double above = naive_loss(inputs, weight, bias, positive);
                parameters[i] = at - h;
                const double below = naive_loss(inputs, weight, bias, positive);
                parameters[i] = at;
                const double expected = (above - below) / (2.0 * h);
                scale = std::max(scale, std::abs(expected));
                worst = std::max(worst, std::abs(gradient[i] - expected));
            }
            CAPTURE(positive, scale);
            CHECK(scale > 1e-3);
            // The update of a weight of order 1 is known to 6e-8.
            CHECK(worst <= 2e-7 + 1e-5 * scale);
        };
        check(weight, found.weight, 13);
        check(bias, found.bias, 1);
    }
}

TEST_CASE(
    "half of each side's gradient is that of both, under constant currents and spike trains, with k sets") {
    const std::string lif = "neuron = \"lif\"\nsize = 40\nbeta = 0.8\nthreshold = 0.5\nmeasure = \"rate\"\n";
    const std::string trains = "[population.one]\n" + lif + "output = \"spikes\"\n[population.two]\n" + lif;
    const std::string rates = "[population.one]\n" + lif + "[population.two]\nneuron = \"relu\"\nsize = 9\n";
    for (const std::string& populations : {tanh_units, rates, trains}) {
        const Experiment e = experiment(populations);
        for (std::size_t k = 0; k < e.network.populations.size(); ++k) {
            const Update positives = gradient(e, k, Side::positives),
                         negatives = gradient(e, k, Side::negatives), both = gradient(e, k, Side::both);
            CHECK(both.loss == Approx(0.5 * (positives.loss + negatives.loss)));
            std::vector<double> rest;
            for (std::size_t i = 0; i < both.weight.size(); ++i) {
                rest.push_back(both.weight[i] - 0.5 * (positives.weight[i] + negatives.weight[i]));
            }
            CAPTURE(populations, k);
            CHECK(norm(positives.weight) > 1e-4);
            CHECK(norm(rest) < 1e-3 * norm(positives.weight));
        }
    }
    // with three negatives of each positive they count three quarters
    const std::string three = "[negatives]\nper_positive = 3\n";
    const Experiment e = experiment(tanh_units, three);
    const Update positives = gradient(e, 0, Side::positives), negatives = gradient(e, 0, Side::negatives);
    const Update both = gradient(e, 0, Side::both);
    CHECK(both.loss == Approx(0.25 * positives.loss + 0.75 * negatives.loss));
}

TEST_CASE("phases change after as many updates as asked for, positives first, in every stage") {
    PlanSpec plan;
    CHECK(side_of(plan, 10, 3) == Side::both);
    plan.separate_phases = true;
    plan.phase_updates = 3;
    std::string sides;
    for (std::uint64_t batch = 0; batch < 14; ++batch) {
        sides += side_of(plan, 10, batch) == Side::positives ? '+' : '-';
    }
    CHECK(sides == "+++---+++---++");
    plan.updates_per_batch = 3;  // each batch takes a phase
    CHECK(side_of(plan, 10, 0) == Side::positives);
    CHECK(side_of(plan, 10, 1) == Side::negatives);
    plan.phase_updates = 0;  // whole epochs of ten batches
    CHECK(side_of(plan, 10, 9) == Side::positives);
    CHECK(side_of(plan, 10, 10) == Side::negatives);
    CHECK(side_of(plan, 10, 19) == Side::negatives);
    CHECK(side_of(plan, 10, 20) == Side::positives);
}

TEST_CASE("an epoch of one phase knows the goodness of that side only") {
    struct Epochs final : Observer {
        std::vector<PopulationEpoch> all;
        void on_epoch(const EpochReport& report, const Network&) override {
            all.push_back(report.populations[0]);
        }
    } epochs;
    Observer* const observers[] = {&epochs};
    const std::atomic<int> stop{0};
    Experiment e = experiment(tanh_units, "epochs = 4\nphase_updates = 0\n");
    CHECK(train(e, observers, stop) == Ending::complete);
    REQUIRE(epochs.all.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(std::isnan(epochs.all[i].goodness_positive) == (i % 2 == 1));
        CHECK(std::isnan(epochs.all[i].goodness_negative) == (i % 2 == 0));
        CHECK(std::isfinite(epochs.all[i].loss));
    }
}

TEST_CASE("pairwise losses refuse separated phases, naming both keys") {
    for (const char* loss : {"swish", "symba"}) {
        const std::string model = std::string("[plan]\nphases = \"separated\"\n[learning]\nloss = \"") +
                                  loss + "\"\n[population.one]\nneuron = \"relu\"\n";
        CHECK_THROWS_WITH(read_model_text(model, "test", ".", {}),
                          ContainsSubstring("plan.phases") && ContainsSubstring("learning.loss"));
    }
    CHECK_THROWS_WITH(
        read_model_text("[plan]\nphases = \"separated\"\nphase_updates = 3\norder = \"per_batch\"\n"
                        "updates_per_batch = 2\n[learning]\nloss = \"softplus\"\n"
                        "[population.one]\nneuron = \"relu\"\n",
                        "test", ".", {}),
        ContainsSubstring("plan.phase_updates") && ContainsSubstring("updates_per_batch"));
}
