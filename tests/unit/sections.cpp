// Populations that trains join go through their steps together: each step of each is taken once, whoever
// asks, and units know nothing of one another.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "engine/section.hpp"
#include "kinds.hpp"
#include "lif_options.hpp"
#include "snnff/catalogue.hpp"
#include "snnff/random.hpp"
#include "snnff/trace.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_units = 70, n_steps = 6, n_samples = 90;

/// U[t] = U[t-1]/2 + I[t], a spike above 0.3, no reset. Counts how many units of how many rows took a step.
class Counting final : public NeuronModel {
  public:
    std::string_view kind() const noexcept override { return "counting"; }
    std::span<const Reading> readings() const noexcept override {
        static constexpr Reading all[] = {Reading::rate, Reading::count, Reading::membrane,
                                          Reading::membrane_mean, Reading::spikes};
        return all;
    }
    std::size_t n_state() const noexcept override { return 1; }
    void step(const StepView& view) const noexcept override {
        taken += view.current.size();
        for (std::size_t s = 0; s < view.current.rows(); ++s) {
            for (std::size_t u = 0; u < view.current.cols(); ++u) {
                const float membrane = 0.5f * view.state[0](s, u) + view.current(s, u);
                view.state[0](s, u) = view.membrane(s, u) = membrane;
                view.emitted(s, u) = membrane > 0.3f ? 1.0f : 0.0f;
                if (view.psi.empty()) continue;
                view.psi(s, u) = 1.0f / (1.0f + (membrane - 0.3f) * (membrane - 0.3f));
                view.carry(s, u) = 0.5f;
                view.charge(s, u) = 1.0f;
            }
        }
    }
    mutable std::atomic<std::size_t> taken{0};
};

std::unique_ptr<NeuronModel> make_counting(Options&, const Context&) { return std::make_unique<Counting>(); }

/// `depth` populations that send trains to each other, and what follows.
Experiment chain(std::size_t depth, const std::string& keys,
                 const std::string& learning = "[learning]\nloss = \"symba\"", const std::string& last = "") {
    static const bool added =
        (catalogue().add<NeuronModel>("counting", "LIF units that count", make_counting), true);
    REQUIRE(added);
    std::string text =
        "[data]\nfolder = \"" SNNFF_ROOT "/data/mnist-sample\"\nn_train = " + std::to_string(n_samples) +
        "\nn_test = 7\n[time]\nsteps = " + std::to_string(n_steps) + "\n" + learning +
        "\n[plan]\nbatch_size = 40\nepochs = 2\n" + keys + "\n";
    for (std::size_t k = 0; k < depth; ++k) {
        text += "[population.p" + std::to_string(k) +
                "]\nneuron = \"counting\"\nsize = " + std::to_string(n_units) + "\n" +
                (k + 1 < depth || !last.empty() ? "output = \"spikes\"\n" : "") +
                (last.empty() ? "" : "normalisation = \"none\"\n");
    }
    return build(read_model_text(text + last, "test", SNNFF_ROOT, {}));
}

std::vector<std::size_t> steps_since(const Experiment& e, const auto& work) {
    std::vector<std::size_t> found;
    const auto taken = [&](std::size_t k) -> std::atomic<std::size_t>& {
        return dynamic_cast<const Counting&>(*e.network.populations[k].neuron).taken;
    };
    for (std::size_t k = 0; k < e.network.populations.size(); ++k) taken(k) = 0;
    work();
    for (std::size_t k = 0; k < e.network.populations.size(); ++k)
        found.push_back(taken(k) / e.network.populations[k].n_units());
    return found;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

TEST_CASE("each step of each population is taken once, in training, prediction and traces") {
    for (const std::string encoding : {"", "[encoding]\nkind = \"poisson\""}) {
        for (std::size_t depth = 1; depth <= 4; ++depth) {
            CAPTURE(encoding, depth);
            Experiment e = chain(depth, encoding);
            const std::atomic<int> stop{0};
            const auto trained = steps_since(e, [&] { CHECK(train(e, {}, stop) == Ending::complete); });
            // Two epochs of 90 samples under a right and a wrong label.
            CHECK(trained == std::vector<std::size_t>(depth, 2 * 2 * n_samples * n_steps));
            const auto predicted = steps_since(e, [&] { evaluate(e.network, e.model, e.test); });
            CHECK(predicted == std::vector<std::size_t>(depth, 10 * 7 * n_steps));
            Tracer tracer(e.network, e.model, e.test);
            std::vector<std::size_t> seen(depth);
            const auto traced = steps_since(e, [&] {
                tracer.present(3, 2, [&](std::size_t k, std::int64_t, const StepView&) { ++seen[k]; });
            });
            CHECK(traced == std::vector<std::size_t>(depth, n_steps));
            CHECK(seen == traced);
        }
    }
}

TEST_CASE("each step of each population is taken once by back-propagation, too") {
    for (const std::string encoding : {"", "[encoding]\nkind = \"poisson\""}) {
        for (std::size_t depth = 1; depth <= 4; ++depth) {
            CAPTURE(encoding, depth);
            Experiment e = chain(depth, encoding, "[learning]\nrule = \"backprop\"",
                                 "[population.readout]\n"
                                 "neuron = \"counting\"\nsize = 10\nnormalisation = \"none\"\n");
            const std::atomic<int> stop{0};
            const auto trained = steps_since(e, [&] { CHECK(train(e, {}, stop) == Ending::complete); });
            CHECK(trained == std::vector<std::size_t>(depth + 1, 2 * n_samples * n_steps));
        }
    }
}

TEST_CASE("several updates on a batch are a pass each, and what rests takes steps for who learns alone") {
    const std::atomic<int> stop{0};
    Experiment twice = chain(2, "order = \"per_batch\"\nupdates_per_batch = 2");
    CHECK(steps_since(twice, [&] { train(twice, {}, stop); }) ==
          std::vector<std::size_t>(2, 2 * 2 * 2 * n_samples * n_steps));
    // Layer by layer the second needs the first one's train, the first needs nobody.
    Experiment in_turn = chain(2, "order = \"layer_by_layer\"");
    const std::size_t once = 2 * 2 * n_samples * n_steps;
    CHECK(steps_since(in_turn, [&] { train(in_turn, {}, stop); }) ==
          std::vector<std::size_t>{2 * once, once});
}

namespace {

constexpr std::size_t n_rows = 40;

/// Two populations of LIF units, of which the second receives the train of the first.
struct Joined {
    explicit Joined(const std::string& measure)
        : e(build(read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                                  "/data/mnist-sample\"\nn_train = 60\nn_test = 5\n[time]\nsteps = 6\n"
                                  "[population.one]\nneuron = \"lif\"\nsize = 70\nthreshold = 0.3\n"
                                  "output = \"spikes\"\nmeasure = \"" +
                                      measure +
                                      "\"\n[population.two]\nneuron = \"lif\"\nsize = 70\nthreshold = 0.3\n"
                                      "measure = \"" +
                                      measure + "\"\n",
                                  "test", SNNFF_ROOT, {}))),
          batch(e.network) {
        const LabelWriter writer(e.model.data, e.network.time, e.train,
                                 e.network.populations[0].below().normalisation);
        const auto images = e.train.x.view().rows(0, n_rows);
        const auto squares = input_squares(*e.model.data.encoding, e.network.time, images);
        for (const std::int32_t label : {3, 8})
            variants.push_back(writer.write(images, squares, std::vector<std::int32_t>(n_rows, label)));
        for (std::size_t v = 0; v < 2; ++v) {
            for (std::size_t s = 0; s < n_rows; ++s)
                slope[v].push_back(0.1 * double(s % 7) - 0.3 * double(v));
        }
        batch.present(0, variants, n_rows);
        batch.forward({0, 1}, std::vector<ForwardRequest>(2));
    }
    Experiment e;
    Batch batch;
    std::vector<Variant> variants;
    std::vector<std::vector<double>> slope{2};
};

void check_same(const std::vector<Matrix>& a, const std::vector<Matrix>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t v = 0; v < a.size(); ++v) CHECK(same_bits(a[v].values(), b[v].values()));
}

}  // namespace

TEST_CASE("the halves of a population, computed apart, are the whole: under a current that stays constant") {
    for (const std::string measure : {"rate", "membrane_mean"}) {
        CAPTURE(measure);
        Joined joined(measure);
        Population population = joined.e.network.populations[0];
        population.output = Reading::rate;
        const ForwardRequest all{
            .goodness = joined.e.model.learning.goodness.get(), .signal = true, .output = true};
        const TimeGrid& time = joined.e.network.time;
        Activity whole, parts;
        forward_constant(population, time, joined.variants, n_rows, all, whole);

        make_room(population, 2, n_rows, all, parts);
        Steady steady(population, time, joined.variants, {0, n_rows}, all, parts);
        steady.make_places();
        steady.respond({2, 3});  // panels of 16 units
        steady.respond({0, 2});
        steady.score();
        CHECK(parts.goodness == whole.goodness);
        CHECK(parts.rate == whole.rate);
        check_same(parts.output, whole.output);
        check_same(parts.signal, whole.signal);
        CHECK(whole.rate[0] != std::vector<double>(n_rows));
    }
}

TEST_CASE("the halves of a population, computed apart, are the whole: step by step, and back") {
    for (const std::string measure : {"rate", "membrane_mean"}) {
        CAPTURE(measure);
        Joined joined(measure);
        const Population& population = joined.e.network.populations[1];
        const TimeGrid& time = joined.e.network.time;
        const StoredSteps train(joined.batch.activity(0).sent_steps, 2, true, 0);
        const ForwardRequest request{
            .goodness = joined.e.model.learning.goodness.get(), .signal = true, .output = true};
        const auto result = [&](bool apart) {
            SteppedPass::Memory memory;
            SteppedPass pass(population, time, {{}, &train}, memory);
            Activity activity;
            shape(activity.output, 2, n_rows, population.n_units());
            pass.begin(0, n_rows, request, activity);
            REQUIRE(pass.n_groups() == 3);
            if (apart) {
                pass.take({0, n_steps});
                pass.step({0, n_steps}, {1, 2});
                pass.step({0, n_steps}, {0, 1});
            } else {
                pass.advance({0, n_steps});
            }
            pass.end();
            if (apart) {
                pass.begin_back(joined.slope);
                pass.back({1, 2});
                pass.back({0, 1});
                pass.end_back();
            } else {
                pass.backward(joined.slope);
            }
            pass.finish();
            Matrix weights(5, population.n_inputs() * Panels::width);
            for (std::size_t panel = 0; panel < 5; ++panel)
                pass.weights({panel, 1, 0, population.n_inputs()}, weights.row(panel).data());
            return std::tuple{std::move(activity), std::move(weights),
                              std::vector<double>(pass.bias().begin(), pass.bias().end())};
        };
        const auto [whole, weights, bias] = result(false);
        const auto [parts, weights_of_parts, bias_of_parts] = result(true);
        CHECK(parts.goodness == whole.goodness);
        CHECK(parts.rate == whole.rate);
        check_same(parts.output, whole.output);
        CHECK(same_bits(weights_of_parts.values(), weights.values()));
        CHECK(bias_of_parts == bias);
        CHECK(whole.rate[0] != std::vector<double>(n_rows));
    }
}

TEST_CASE("readouts of a current that stays constant are the same at once and step by step") {
    for (const twin::Lif& unit : lif_options()) {
        describe(unit);
        Population population;
        population.neuron = made_lif(unit, 40);
        population.below().weight.resize(40, 9);
        population.bias.assign(40, 0.1f);
        for (std::size_t u = 0; u < 40; ++u) {
            for (std::size_t i = 0; i < 9; ++i)
                population.below().weight(u, i) = uniform(Seed{3}, Stream::mask, u, std::uint32_t(i)) - 0.4f;
        }
        Matrix base(20, 9);
        for (std::size_t i = 0; i < base.size(); ++i) base.values()[i] = uniform(Seed{4}, Stream::mask, i, 0);
        std::vector<Variant> variants(1);
        variants[0].base = base;
        variants[0].gain.assign(20, 1.5f);
        const TimeGrid time{1.0, 130};
        const auto goodness = made<Goodness>("mean_square");
        for (const Reading reading : population.neuron->readings()) {
            if (reading == Reading::spikes) continue;
            CAPTURE(name_of(reading));
            population.measure = population.output = reading;
            const ForwardRequest all{.goodness = goodness.get(), .signal = true, .output = true};
            Activity at_once, by_step;
            forward_constant(population, time, variants, 20, all, at_once);
            make_room(population, 1, 20, all, by_step);
            SteadySteps::Memory memory;
            SteadySteps steps(population, time, variants, {0, 20}, all, by_step, memory);
            steps.advance({0, 70});
            steps.advance({70, 60});
            steps.end();
            CHECK(by_step.goodness == at_once.goodness);
            CHECK(by_step.rate == at_once.rate);
            check_same(by_step.output, at_once.output);
            check_same(by_step.signal, at_once.signal);
        }
    }
}

TEST_CASE("steps taken in parts, with labels among the inputs, are the whole") {
    const Experiment e =
        build(read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                              "/data/mnist-sample\"\nn_train = 60\nn_test = 5\n[time]\nsteps = 410\n"
                              "[encoding]\nkind = \"poisson\"\n[population.one]\nneuron = \"lif\"\n"
                              "size = 40\nthreshold = 0.3\n",
                              "test", SNNFF_ROOT, {}));
    const Population& population = e.network.populations[0];
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                population.below().normalisation);
    presentations.begin_epoch(0, {});
    const std::vector<std::uint32_t> samples{4, 9, 2};
    Matrix images;
    const EncodedInput source(presentations.presented(samples), presentations.variants(samples, images),
                              nullptr);
    std::vector<std::vector<double>> slope(2);
    for (std::size_t v = 0; v < 2; ++v) slope[v] = {0.1, 0.2, -0.3 * static_cast<double>(v)};
    const auto result = [&](std::size_t at_once) {
        SteppedPass::Memory memory;
        SteppedPass pass(population, e.network.time, {{}, &source}, memory);
        Activity activity;
        pass.begin(0, 3, {.goodness = e.model.learning.goodness.get(), .signal = true}, activity);
        for (std::size_t step = 0; step < 410; step += at_once)
            pass.advance({step, std::min<std::size_t>(at_once, 410 - step)});
        pass.end();
        pass.backward(slope);
        pass.finish();
        Matrix weights(3, 784 * Panels::width);
        for (std::size_t panel = 0; panel < 3; ++panel)
            pass.weights({panel, 1, 0, 784}, weights.row(panel).data());
        return std::tuple{activity.goodness, activity.spikes_received, std::move(weights)};
    };
    const auto [goodness, received, weights] = result(410);
    REQUIRE(SteppedPass::steps_at_once(e.network.time) == 400);
    for (const std::size_t at_once : {400u, 7u}) {
        CAPTURE(at_once);
        const auto [of_parts, received_in_parts, weights_of_parts] = result(at_once);
        CHECK(of_parts == goodness);
        CHECK(received_in_parts == received);
        CHECK(same_bits(weights_of_parts.values(), weights.values()));
    }
    float of_labels = 0.0f;
    for (const std::uint32_t input : source.changing_inputs()) {
        for (std::size_t u = 0; u < Panels::width; ++u)
            of_labels += std::abs(weights(0, input * Panels::width + u));
    }
    CHECK(of_labels > 0.0f);
}
