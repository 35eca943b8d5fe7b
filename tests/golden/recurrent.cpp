// Connections sideways and from above, through the engine, against PyTorch autograd: states, first gradients,
// losses over all epochs and final weights.
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "engine/section.hpp"
#include "engine/update.hpp"
#include "golden/golden_file.hpp"
#include "kinds.hpp"
#include "snnff/network.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_labels = 3;

/// Images with a label in their first inputs, rms-normalised as a whole.
struct Labelled {
    Labelled(const Golden& golden, const char* labels) {
        const auto shape = golden.shape("input/images");
        image.resize(shape[0], shape[1]);
        std::ranges::copy(golden.floats("input/images"), image.values().begin());
        const float value = std::ranges::max(image.values());
        const auto label = golden.floats(labels);
        for (std::size_t s = 0; s < image.rows(); ++s) {
            for (std::size_t l = 0; l < n_labels; ++l)
                image(s, l) = l == static_cast<std::size_t>(label[s]) ? value : 0.0f;
        }
        variant = plain(image);
        scale(variant, image);
    }
    static Variant plain(const Matrix& base) {
        Variant variant;
        variant.base = base;
        variant.gain.assign(base.rows(), 1.0f);
        return variant;
    }
    static void scale(Variant& variant, Matrix& base) {
        const auto rms = made<Normalisation>("rms");
        for (std::size_t s = 0; s < base.rows(); ++s) variant.gain[s] = normalise(*rms, base.row(s), 1);
    }
    Matrix image;
    Variant variant;
};

/// d loss/d weights of an edge, [unit x input].
Matrix gradient_of(const Gradient& gradient, const Population& population, std::size_t edge) {
    const Panels& weight = population.edges[edge].weight;
    Matrix matrix(weight.rows(), weight.cols());
    write_weights(gradient, matrix, edge);
    return matrix;
}

void set_bias(Population& population, const std::vector<float>& bias) {
    population.bias.assign(bias.begin(), bias.end());
}

double softplus(double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); }
double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// Mean over those scores that count, of positives and negatives, of softplus(±(theta − G)), and its slopes.
double loss_of(const std::vector<std::vector<double>>& goodness, double theta, const auto& counts,
               std::vector<std::vector<double>>& slope) {
    slope.assign(2, std::vector<double>(goodness[0].size()));
    double n = 0.0, loss = 0.0;
    for (std::size_t i = 0; i < goodness[0].size(); ++i) n += counts(i) ? 2.0 : 0.0;
    for (std::size_t i = 0; i < goodness[0].size(); ++i) {
        if (!counts(i)) continue;
        loss += (softplus(theta - goodness[0][i]) + softplus(goodness[1][i] - theta)) / n;
        slope[0][i] = -logistic(theta - goodness[0][i]) / n;
        slope[1][i] = logistic(goodness[1][i] - theta) / n;
    }
    return loss;
}

double distance(std::span<const float> found, const std::vector<float>& expected) {
    REQUIRE(found.size() == expected.size());
    double apart = 0.0, norm = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        apart += std::pow(double(found[i]) - double(expected[i]), 2);
        norm += std::pow(double(expected[i]), 2);
    }
    return std::sqrt(apart / norm);
}

/// s[t] = d·s[t−1] + (1 − d)·max(I[t], 0), with d = 0 in the first step; s of other steps is data.
class Damped final : public NeuronModel {
  public:
    explicit Damped(float damping) : damping_(damping) {}
    std::string_view kind() const noexcept override { return "damped"; }
    std::span<const Reading> readings() const noexcept override {
        static constexpr Reading all[] = {Reading::activation, Reading::spikes};
        return all;
    }
    std::size_t n_state() const noexcept override { return 1; }
    void step(const StepView& view) const noexcept override {
        const float kept = view.step == 0 ? 0.0f : damping_;
        for (std::size_t s = 0; s < view.current.rows(); ++s) {
            for (std::size_t u = 0; u < view.current.cols(); ++u) {
                const float current = view.membrane(s, u) = view.current(s, u);
                view.emitted(s, u) = view.state[0](s, u) =
                    kept * view.state[0](s, u) + (1.0f - kept) * std::max(current, 0.0f);
                if (view.psi.empty()) continue;
                view.psi(s, u) = current > 0.0f ? 1.0f - kept : 0.0f;
                view.carry(s, u) = 0.0f;
                view.charge(s, u) = 1.0f;
            }
        }
    }

  private:
    float damping_;
};

}  // namespace

TEST_CASE("spikes from beside, a step later, are those of a loop in PyTorch") {
    const Golden golden(SNNFF_TESTS "/golden/lateral_rate.h5");
    const auto shape = golden.shape("init/layer0/weight");
    Network network{.time = {1.0, golden.spec["steps"].get<std::int64_t>()}, .populations = {}};
    Population& population = network.populations.emplace_back();
    const std::size_t n_units = shape[0];
    population.neuron = made<NeuronModel>("lif",
                                          {key("beta", golden.spec["beta"].get<double>()),
                                           key("threshold", golden.spec["v_threshold"].get<double>())},
                                          {network.time, n_units});
    population.measure = population.output = Reading::rate;
    population.below().weight.resize(n_units, shape[1]);
    Edge& lateral = connect(network, 0, {.from = 0, .delay_steps = 1, .weight = Panels(n_units, n_units)});
    population.below().weight.copy_in(golden.floats("init/layer0/weight"));
    lateral.weight.copy_in(golden.floats("init/layer0/lateral_weight"));
    set_bias(population, golden.floats("init/layer0/bias"));

    const auto adam = made<Optimizer>("adam");
    Moments moments(population, *adam);
    Labelled positive(golden, "input/labels"), negative(golden, "input/negative_labels");
    const std::vector<Variant> variants{positive.variant, negative.variant};
    const std::vector<Drive> outside{{variants}};
    const std::size_t n_samples = positive.image.rows();
    const auto goodness = made<Goodness>("mean_square");
    const auto losses = golden.floats("expected/layer0/loss");
    std::vector<Activity> activities(1);
    SectionPass::Memory memory;
    std::vector<std::vector<double>> slope;
    for (std::size_t epoch = 0; epoch < losses.size(); ++epoch) {
        CAPTURE(epoch);
        std::vector<float> membrane, spikes;
        membrane.resize(golden.floats("expected/layer0/first_membrane_positive").size());
        spikes.resize(membrane.size());
        const Watcher watcher = [&](std::size_t v, std::size_t s, const StepView& view) {
            if (v != 0) return;
            const std::size_t at = (std::size_t(view.step) * n_samples + s) * n_units;
            std::copy_n(view.membrane.data(), n_units, membrane.begin() + std::ptrdiff_t(at));
            std::copy_n(view.emitted.data(), n_units, spikes.begin() + std::ptrdiff_t(at));
        };
        SectionPass pass(network, section_of(network, 0), outside, n_samples, activities, memory);
        const ForwardRequest request{.goodness = goodness.get(), .signal = true, .watch = &watcher};
        pass.request({&request, 1});
        pass.forward({0, n_samples});
        const double loss = loss_of(
            activities[0].goodness, golden.spec["threshold"].get<double>(), [](std::size_t) { return true; },
            slope);
        CHECK(loss == Approx(losses[epoch]).epsilon(1e-4));
        pass.backward(0, slope);
        const SteppedPass& gradient = pass.finish(0);
        if (epoch == 0) {
            check_close("membrane", membrane, golden.floats("expected/layer0/first_membrane_positive"), 1e-5);
            CHECK(spikes == golden.floats("expected/layer0/first_spikes_positive"));
            check_close("weight gradient", gradient_of(gradient, population, 0).values(),
                        golden.floats("expected/layer0/first_weight_gradient"), 1e-5);
            check_close("lateral gradient", gradient_of(gradient, population, 1).values(),
                        golden.floats("expected/layer0/first_lateral_weight_gradient"), 1e-5);
        }
        const auto t = static_cast<std::int64_t>(epoch) + 1;
        const double rate = golden.spec["lr"].get<double>();
        apply_update(*adam, {.t = t, .rate = rate, .weight_decay = 0.0}, gradient, population, moments);
    }
    CHECK(distance(population.below().weight.matrix().values(),
                   golden.floats("expected/layer0/final_weight")) < 1e-3);
    CHECK(distance(lateral.weight.matrix().values(), golden.floats("expected/layer0/final_lateral_weight")) <
          1e-3);
    CHECK(distance(population.bias, golden.floats("expected/layer0/final_bias")) < 1e-3);
}

TEST_CASE("a network that sees itself from above is that of a loop in PyTorch") {
    const Golden golden(SNNFF_TESTS "/golden/top_down_relu.h5");
    const auto sizes = golden.spec["sizes"].get<std::vector<std::size_t>>();
    const auto n_steps = golden.spec["steps"].get<std::size_t>();
    const auto from_step = golden.spec["first_step_of_goodness"].get<std::size_t>();
    Network network{.time = {1.0, static_cast<std::int64_t>(n_steps)},
                    .populations = std::vector<Population>(2)};
    const std::shared_ptr<const Normalisation> rms = made<Normalisation>("rms");
    for (std::size_t k = 0; k < 2; ++k) {
        Population& population = network.populations[k];
        population.neuron = std::make_shared<Damped>(golden.spec["damping"].get<float>());
        population.measure = Reading::spikes;  // each step is scored
        population.output = k == 0 ? Reading::spikes : Reading::activation;
        population.below().normalisation = rms;
        population.below().weight.resize(sizes[k + 1], sizes[k]);
    }
    Population &lower = network.populations[0], &upper = network.populations[1];
    upper.below().from = 0;
    Edge& from_above =
        connect(network, 0,
                {.from = 1, .delay_steps = 1, .normalisation = rms, .weight = Panels(sizes[1], sizes[2])});
    Edge& of_label = connect(network, 1, {.weight = Panels(sizes[2], n_labels)});
    lower.below().weight.copy_in(golden.floats("init/weight0"));
    upper.below().weight.copy_in(golden.floats("init/weight1"));
    from_above.weight.copy_in(golden.floats("init/top_down_weight0"));
    of_label.weight.copy_in(golden.floats("init/label_weight1"));
    set_bias(lower, golden.floats("init/bias0"));
    set_bias(upper, golden.floats("init/bias1"));

    const auto adam = made<Optimizer>("adam");
    Moments moments_of_lower(lower, *adam), moments_of_upper(upper, *adam);

    const auto image_shape = golden.shape("input/images");
    const std::size_t n_samples = image_shape[0];
    Matrix images(n_samples, image_shape[1]);
    std::ranges::copy(golden.floats("input/images"), images.values().begin());
    Variant image = Labelled::plain(images);
    Labelled::scale(image, images);
    const std::vector<Variant> inputs{image, image};
    std::vector<Matrix> hot(2, Matrix(n_samples, n_labels));
    const char* names[] = {"input/labels", "input/negative_labels"};
    std::vector<Variant> labels;
    for (std::size_t v = 0; v < 2; ++v) {
        const auto given = golden.floats(names[v]);
        for (std::size_t s = 0; s < n_samples; ++s) hot[v](s, std::size_t(given[s])) = 1.0f;
        labels.push_back(Labelled::plain(hot[v]));
    }
    const std::vector<Drive> outside{{inputs}, {labels}};

    const auto goodness = made<Goodness>("mean_square");
    const auto losses = golden.floats("expected/loss");  // [population, epoch]
    const std::size_t n_epochs = losses.size() / 2;
    std::vector<Activity> activities(2);
    SectionPass::Memory memory;
    std::vector<std::vector<double>> slope;
    REQUIRE(section_of(network, 1).first == 0);
    for (std::size_t epoch = 0; epoch < n_epochs; ++epoch) {
        CAPTURE(epoch);
        std::vector<float> states(golden.floats("expected/first_states_positive").size());
        std::vector<Watcher> watchers;
        for (std::size_t k = 0; k < 2; ++k) {
            watchers.emplace_back([&, k](std::size_t v, std::size_t s, const StepView& view) {
                if (v != 0) return;
                const std::size_t both = sizes[1] + sizes[2];
                const std::size_t at =
                    (std::size_t(view.step) * n_samples + s) * both + (k == 0 ? 0 : sizes[1]);
                std::copy_n(view.emitted.data(), view.emitted.cols(), states.begin() + std::ptrdiff_t(at));
            });
        }
        SectionPass pass(network, section_of(network, 0), outside, n_samples, activities, memory);
        std::vector<ForwardRequest> requests;
        for (const Watcher& watcher : watchers)
            requests.push_back({.goodness = goodness.get(), .signal = true, .watch = &watcher});
        pass.request(requests);
        pass.forward({0, n_samples});
        if (epoch == 0) check_close("states", states, golden.floats("expected/first_states_positive"), 1e-5);
        for (std::size_t k = 0; k < 2; ++k) {
            CAPTURE(k);
            const double loss = loss_of(
                activities[k].goodness, golden.spec["theta"].get<double>(),
                [&](std::size_t i) { return i % n_steps >= from_step; }, slope);
            CHECK(loss == Approx(losses[k * n_epochs + epoch]).epsilon(1e-4));
            pass.backward(k, slope);
        }
        const SteppedPass &first = pass.finish(0), &second = pass.finish(1);
        if (epoch == 0) {
            const auto check = [&](const char* name, const SteppedPass& pass, const Population& of,
                                   std::size_t edge) {
                check_close(name, gradient_of(pass, of, edge).values(),
                            golden.floats("expected/first_gradient_" + std::string(name)), 1e-5);
            };
            check("weight0", first, lower, 0);
            check("top_down_weight0", first, lower, 1);
            check("weight1", second, upper, 0);
            check("label_weight1", second, upper, 1);
        }
        const auto t = static_cast<std::int64_t>(epoch) + 1;
        const double rate = golden.spec["lr"].get<double>();
        const Optimizer::Step step{.t = t, .rate = rate, .weight_decay = 0.0};
        apply_update(*adam, step, first, lower, moments_of_lower);
        apply_update(*adam, step, second, upper, moments_of_upper);
    }
    const auto final_distance = [&](const char* name, const Panels& weight) {
        return distance(weight.matrix().values(), golden.floats("expected/final_" + std::string(name)));
    };
    CHECK(final_distance("weight0", lower.below().weight) < 1e-3);
    CHECK(final_distance("weight1", upper.below().weight) < 1e-3);
    CHECK(final_distance("top_down_weight0", from_above.weight) < 1e-3);
    CHECK(final_distance("label_weight1", of_label.weight) < 1e-3);
}
