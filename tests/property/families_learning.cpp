// What holds for every kind of goodness, loss, negatives and initialiser that a model file can name.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "pairs.hpp"
#include "snnff/error.hpp"
#include "snnff/model_spec.hpp"

using namespace snnff;

namespace {

constexpr Seed seed{99};
constexpr std::size_t n_samples = 5, n_units = 37;

Matrix responses() {
    Matrix r(n_samples, n_units);
    for (std::uint32_t i = 0; i < r.size(); ++i) {
        r.data()[i] = i % 5 == 0 ? 0.0f : normal(seed, Stream::initial_weight, i, 0);
    }
    return r;
}

Dataset dataset(std::size_t n) {
    Dataset data;
    data.x.resize(n, 1);
    for (std::uint32_t i = 0; i < n; ++i) {
        data.label.push_back(static_cast<std::int32_t>(below(10, seed, Stream::shuffle, i, 0)));
        data.negative_label.push_back((data.label.back() + 1) % 10);
    }
    return data;
}

std::vector<std::int32_t> drawn(const Negatives& negatives, const Dataset& data,
                                const std::vector<std::uint32_t>& samples, std::uint32_t epoch) {
    std::vector<std::int32_t> labels(samples.size());
    negatives.make({samples, data, 10, epoch, seed, {}}, labels);
    return labels;
}

std::vector<std::uint32_t> all_of(const Dataset& data) {
    return permutation(std::uint32_t(data.size()), seed, Stream::mask, 0);
}

}  // namespace

TEST_CASE("goodness is its formula, block or sample, on every instruction set; its gradient may overwrite") {
    for (const kernels::Kernels* variant : kernels::available()) {
        const kernels::Use use(*variant);
        for (const std::string_view kind : kinds_of_one_score()) {
            for (const bool minimise : {false, true}) {
                CAPTURE(kind, minimise, variant->name);
                const auto goodness = made<Goodness>(kind, {key("minimise", minimise)});
                Matrix r = responses(), gradient(n_samples, n_units);
                std::vector<double> g(n_samples), alone(1), again(n_samples);
                goodness->evaluate(r, g, gradient);
                const double scale = (minimise ? -1.0 : 1.0) / (kind == "sum_square" ? 1.0 : double(n_units));
                for (std::size_t i = 0; i < n_samples; ++i) {
                    double sum = 0.0;
                    for (std::size_t j = 0; j < n_units; ++j) {
                        const double x = r(i, j);
                        const bool absolute = kind == "mean_abs";
                        sum += absolute ? std::abs(x) : x * x;
                        const double slope = !absolute ? 2.0 * x : x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0;
                        CHECK(gradient(i, j) == Approx(scale * slope).epsilon(2e-7));
                    }
                    CHECK(g[i] == Approx(scale * sum).epsilon(1e-13));
                    goodness->evaluate(r.view().rows(i, 1), alone, {});
                    CHECK(alone[0] == g[i]);
                }
                goodness->evaluate(r, again, r);
                CHECK(again == g);
                CHECK(std::ranges::equal(r.values(), gradient.values()));
            }
        }
    }
}

TEST_CASE("goodness of the largest floats is finite") {
    Matrix r(1, n_units);
    for (const float x : {3e38f, -3e38f, 1e-45f}) {
        r.fill(x);
        for (const auto kind : kinds_of_one_score()) {
            std::vector<double> g(1);
            made<Goodness>(kind)->evaluate(r, g, {});
            CHECK(std::isfinite(g[0]));
            CHECK(g[0] > 0.0);
        }
    }
}

TEST_CASE("a loss falls when positives gain and rises when negatives do, at the slopes it gives") {
    const std::vector<double> positive{0.2, 1.0}, negative{0.22, 0.99, 0.19, 1.02};
    for (const auto kind : losses_of_pairs()) {
        const auto loss = made<Loss>(kind);
        std::vector<double> up(2), down(4), unused_up(2), unused_down(4);
        const double base = loss_of_pairs(*loss, {3, 4}, positive, negative, up, down);
        for (std::size_t i = 0; i < 6; ++i) {
            auto p = positive, n = negative;
            (i < 2 ? p[i] : n[i - 2]) += 1e-6;
            const double changed = loss_of_pairs(*loss, {3, 4}, p, n, unused_up, unused_down);
            CAPTURE(kind, i);
            CHECK((changed - base) / 1e-6 == Approx(i < 2 ? up[i] : down[i - 2]).epsilon(1e-4));
            CHECK((i < 2 ? up[i] < 0.0 : down[i - 2] > 0.0));
        }
    }
}

TEST_CASE("a loss that can be taken of one side alone is the mean over that side") {
    const std::vector<double> goodness{0.2, 1.0, 1.9}, none;
    for (const auto kind : losses_of_pairs()) {
        CAPTURE(kind);
        const auto loss = made<Loss>(kind);
        CHECK(loss->sharpness() > 0.0);
        CHECK(loss->one_sided() == (kind == "softplus"));
        if (!loss->one_sided()) continue;
        std::vector<double> up(3), down(3), unused, one(1);
        const double positive = loss_of_pairs(*loss, {3, 4}, goodness, none, up, unused);
        const double negative = loss_of_pairs(*loss, {3, 4}, none, goodness, unused, down);
        double positive_sum = 0.0, negative_sum = 0.0;
        for (std::size_t i = 0; i < 3; ++i) {
            const std::span<const double> g(&goodness[i], 1);
            positive_sum += loss_of_pairs(*loss, {3, 4}, g, none, one, unused);
            CHECK(up[i] == Approx(one[0] / 3.0));
            negative_sum += loss_of_pairs(*loss, {3, 4}, none, g, unused, one);
            CHECK(down[i] == Approx(one[0] / 3.0));
        }
        CHECK(positive == Approx(positive_sum / 3.0));
        CHECK(negative == Approx(negative_sum / 3.0));
    }
}

TEST_CASE("negatives depend on seed, epoch and sample, not on the batch") {
    const Dataset data = dataset(1000);
    const std::vector<std::uint32_t> order = all_of(data);
    for (const std::string kind : {"permuted", "uniform_wrong", "given"}) {
        CAPTURE(kind);
        const auto negatives = made<Negatives>(kind);
        CHECK_NOTHROW(negatives->check(data, 10));
        const auto whole = drawn(*negatives, data, order, 3);
        for (std::size_t i = 0; i < order.size(); i += 7) {
            CHECK(drawn(*negatives, data, {order[i]}, 3)[0] == whole[i]);
        }
        for (const std::int32_t label : whole) CHECK((label >= 0 && label < 10));
        CHECK(negatives->redrawn() == (kind != "given"));
        CHECK((drawn(*negatives, data, order, 4) == whole) == (kind == "given"));
    }
    for (const char* kind : {"permuted", "uniform_wrong"}) {
        CHECK_FALSE(made<Negatives>(kind, {key("redraw", "once")})->redrawn());
    }
}

TEST_CASE("permuted negatives use every label as often as it is true; some are right by chance") {
    for (const std::size_t n : {2u, 3u, 10u, 128u, 1000u, 4097u}) {
        const Dataset data = dataset(n);
        const auto labels = drawn(*made<Negatives>("permuted"), data, all_of(data), 1);
        for (std::int32_t label = 0; label < 10; ++label) {
            CHECK(std::ranges::count(labels, label) == std::ranges::count(data.label, label));
        }
    }
    const Dataset data = dataset(10000);
    const std::vector<std::uint32_t> order = all_of(data);
    const auto labels = drawn(*made<Negatives>("permuted"), data, order, 1);
    int right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) right += labels[i] == data.label[order[i]];
    CHECK(std::abs(right - 1000) < 5 * std::sqrt(1000 * 0.9));  // one in ten, five standard deviations
}

TEST_CASE("uniform_wrong is never right, and any wrong label is as likely") {
    const Dataset data = dataset(20000);
    const auto labels = drawn(*made<Negatives>("uniform_wrong"), data, all_of(data), 1);
    const std::vector<std::uint32_t> order = all_of(data);
    std::vector<int> distance(10);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        ++distance[static_cast<std::size_t>((labels[i] - data.label[order[i]] + 10) % 10)];
    }
    CHECK(distance[0] == 0);
    for (std::size_t k = 1; k < 10; ++k)
        CHECK(std::abs(distance[k] - 20000 / 9.0) < 5 * std::sqrt(20000 / 9.0));
}

TEST_CASE("data that cannot serve as negatives is refused") {
    Dataset data = dataset(4);
    data.negative_label[2] = 10;
    CHECK_THROWS_AS(made<Negatives>("given")->check(data, 10), DataError);
    data.negative_label.clear();
    CHECK_THROWS_AS(made<Negatives>("given")->check(data, 10), DataError);
    CHECK_THROWS_AS(made<Negatives>("uniform_wrong")->check(data, 1), ModelError);
    CHECK_THROWS_AS(made<Negatives>("permuted")->check(dataset(1), 10), DataError);
}

namespace {

Population filled(std::string_view kind, Keys keys, std::uint32_t index, bool learns_bias = true) {
    Population p;
    p.below().weight.resize(500, 400);
    p.bias.resize(500);
    p.learns_bias = learns_bias;
    made<Initialiser>(kind, std::move(keys))->fill(p, index, seed);
    return p;
}

/// Standard deviation about 0, and largest absolute value.
std::pair<double, double> spread(std::span<const float> values) {
    double sum = 0.0, largest = 0.0;
    for (const float x : values) {
        sum += double(x) * double(x);
        largest = std::max(largest, std::abs(double(x)));
    }
    return {std::sqrt(sum / double(values.size())), largest};
}

}  // namespace

TEST_CASE("initialisers draw from the distribution they name") {
    // 200000 weights and 500 biases: a standard deviation is known to 1/√(2n), times five.
    const double error = 5.0 / std::sqrt(4e5), bias_error = 5.0 / std::sqrt(1e3);
    struct Expected {
        const char* kind;
        Keys keys;
        double bound, weight, bias;  // bound: of the uniform ones
    };
    const double fan_in = 1.0 / 20.0, glorot = std::sqrt(6.0 / 900.0), root3 = std::sqrt(3.0);
    const Expected all[] = {
        {"uniform_fan_in", {}, fan_in, fan_in / root3, fan_in / root3},
        {"uniform_fan_in", {key("bias", "normal")}, fan_in, fan_in / root3, 1.0},
        {"glorot_uniform", {}, glorot, glorot / root3, 0.0},
        {"glorot_uniform", {key("bias", "normal")}, glorot, glorot / root3, 1.0},
        {"normal_fan_in", {}, 0.0, fan_in, 0.0},
        {"normal_fan_in", {key("gain", 2.0)}, 0.0, 2.0 * fan_in, 0.0},
        {"normal", {}, 0.0, 1.0, 1.0},
        {"normal", {key("sd", 0.25)}, 0.0, 0.25, 0.25},
        {"normal", {key("bias", "zero")}, 0.0, 1.0, 0.0},
    };
    for (const Expected& e : all) {
        CAPTURE(e.kind, value_text(Node{e.keys, {}}));
        const Population p = filled(e.kind, e.keys, 0);
        const auto [sd, largest] = spread(p.below().weight.matrix().values());
        CHECK(sd == Approx(e.weight).epsilon(error));
        if (e.bound > 0.0) CHECK((largest <= e.bound && largest > 0.999 * e.bound));
        if (e.bound == 0.0) CHECK(largest > 4.0 * e.weight);
        const auto [bias_sd, largest_bias] = spread(p.bias);
        CHECK(std::abs(bias_sd - e.bias) <= bias_error * e.bias);
    }
}

TEST_CASE(
    "every initialiser but a file or graph repeats itself, gives each population its own, and spares fixed "
    "biases") {
    for (const std::string_view kind : names_of<Initialiser>()) {
        if (kind == "file" || kind == "nir") continue;
        CAPTURE(kind);
        const Population p = filled(kind, {}, 0), same = filled(kind, {}, 0), other = filled(kind, {}, 1);
        CHECK(p.below().weight == same.below().weight);
        CHECK_FALSE(p.below().weight == other.below().weight);
        CHECK(spread(filled(kind, {key("bias", "normal")}, 0, false).bias).second == 0.0);
    }
}

TEST_CASE("normalising gains are those of l2 and rms") {
    CHECK(made<Normalisation>("none")->gain(4.0, 100) == 1.0f);
    CHECK(made<Normalisation>("l2")->gain(4.0, 100) == Approx(1.0 / (2.0 + 1e-4)));
    CHECK(made<Normalisation>("rms")->gain(4.0, 100) == Approx(1.0 / (0.2 + 1e-6)));
    CHECK(made<Normalisation>("l2")->gain(0.0, 100) == Approx(1e4));
    CHECK(made<Normalisation>("rms")->gain(0.0, 100) == Approx(1e6));
}
