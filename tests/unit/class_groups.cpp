// Groups of units that stand for classes: which units, what is presented, what the numbers are, and what does
// not go with them.
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "model_text.hpp"
#include "snnff/learning.hpp"
#include "snnff/random.hpp"
#include "snnff/stimulus.hpp"

using namespace snnff;

namespace {

const std::string groups = "[learning]\ngoodness = \"class_groups\"\nloss = \"class_softmax\"\n";

float drawn(std::uint64_t i) { return static_cast<float>(normal(Seed{4}, Stream::initial_weight, i, 0)); }

}  // namespace

TEST_CASE("unit i belongs to group floor(i K/n), and a group begins with its first unit") {
    for (std::size_t n_units = 1; n_units <= 41; ++n_units) {
        for (std::size_t n_groups = 1; n_groups <= n_units; ++n_groups) {
            CHECK(first_of_group(0, n_groups, n_units) == 0);
            CHECK(first_of_group(n_groups, n_groups, n_units) == n_units);
            for (std::size_t g = 0; g < n_groups; ++g) {
                const std::size_t first = first_of_group(g, n_groups, n_units),
                                  end = first_of_group(g + 1, n_groups, n_units);
                CAPTURE(n_units, n_groups, g);
                CHECK(first < end);
                CHECK(group_of(first, n_groups, n_units) == g);
                CHECK(group_of(end - 1, n_groups, n_units) == g);
                CHECK(first * n_groups / n_units == g);
            }
        }
    }
}

TEST_CASE("goodness of a class is the mean, or mean square, of its group, on every instruction set") {
    constexpr std::size_t n_samples = 3, n_units = 25, n_classes = 4;  // groups of 7, 6, 6 and 6
    for (const kernels::Kernels* variant : kernels::available()) {
        const kernels::Use use(*variant);
        for (const int power : {1, 2}) {
            CAPTURE(power, variant->name);
            const auto goodness = made<Goodness>("class_groups", {key("power", std::int64_t{power})});
            CHECK(goodness->n_scores(n_classes) == n_classes);
            Matrix r(n_samples, n_units), gradient(n_samples, n_units);
            for (std::size_t i = 0; i < r.size(); ++i) r.data()[i] = drawn(i);
            std::vector<double> score(n_samples * n_classes), again(score.size());
            goodness->evaluate(r, score, gradient, n_classes);
            for (std::size_t s = 0; s < n_samples; ++s) {
                std::vector<double> sum(n_classes), n(n_classes);
                for (std::size_t i = 0; i < n_units; ++i) {
                    const double x = r(s, i);
                    sum[i * n_classes / n_units] += power == 2 ? x * x : x;
                    n[i * n_classes / n_units] += 1.0;
                }
                for (std::size_t c = 0; c < n_classes; ++c)
                    CHECK(score[s * n_classes + c] == Approx(sum[c] / n[c]).epsilon(1e-13));
                for (std::size_t i = 0; i < n_units; ++i) {
                    const double slope = (power == 2 ? 2.0 * r(s, i) : 1.0) / n[i * n_classes / n_units];
                    CHECK(gradient(s, i) == Approx(slope).epsilon(2e-7));
                }
            }
            goodness->evaluate(r, again, r, n_classes);  // the gradient may take the place of the response
            CHECK(again == score);
            CHECK(std::ranges::equal(r.values(), gradient.values()));
        }
    }
    CHECK_THROWS_AS(made<Goodness>("class_groups", {key("power", std::int64_t{3})}), ModelError);
}

TEST_CASE("the loss of classes is the mean of -log softmax(alpha g) of the label, also far from 0") {
    const auto loss = made<Loss>("class_softmax", {key("alpha", 2.0)});
    const std::vector<std::vector<double>> scores{{0.1, 0.7, 0.3, 1.0, 0.0, 0.5, 500.0, -500.0, 499.0}};
    const std::vector<std::int32_t> label{1, 1, 2};
    std::vector<std::vector<double>> slope{std::vector<double>(9)};
    double expected = 0.0;
    for (std::size_t s = 0; s < 3; ++s) {
        const double largest = std::max({scores[0][3 * s], scores[0][3 * s + 1], scores[0][3 * s + 2]});
        double sum = 0.0;
        for (std::size_t c = 0; c < 3; ++c) sum += std::exp(2.0 * (scores[0][3 * s + c] - largest));
        expected += (std::log(sum) - 2.0 * (scores[0][3 * s + std::size_t(label[s])] - largest)) / 3.0;
    }
    CHECK(loss->evaluate({3, 6}, {scores, 3}, 1, label, {slope, 3}) == Approx(expected).epsilon(1e-13));
    for (std::size_t s = 0; s < 3; ++s) {
        const auto of_sample = std::span(slope[0]).subspan(3 * s, 3);
        CHECK(of_sample[0] + of_sample[1] + of_sample[2] == Approx(0.0).margin(1e-15));
        CHECK(of_sample[std::size_t(label[s])] < 0.0);
    }
    std::vector<double> by_label(9, 0.25);
    loss->add_evidence({scores, 3}, by_label);
    for (std::size_t s = 0; s < 3; ++s) {
        double p = 0.0;
        for (std::size_t c = 0; c < 3; ++c) p += std::exp(by_label[3 * s + c] - 0.25);
        CHECK(p == Approx(1.0).epsilon(1e-13));
    }
    CHECK(loss->sharpness() == 1.0);  // what it says of a label is a log-probability already
    CHECK(loss->should_be_high(true, 2, 2));
    CHECK_FALSE(loss->should_be_high(true, 1, 2));
    CHECK(std::isnan(loss->threshold({3, 6})));
}

TEST_CASE("a goodness that is no number, of whatever class, shows in the loss of classes") {
    const auto loss = made<Loss>("class_softmax");
    for (std::size_t c = 0; c < 3; ++c) {
        std::vector<std::vector<double>> scores{{0.1, 0.2, 0.3}}, slope{std::vector<double>(3)};
        scores[0][c] = std::nan("");
        CHECK(std::isnan(loss->evaluate({3, 6}, {scores, 3}, 1, std::vector<std::int32_t>{1}, {slope, 3})));
    }
}

TEST_CASE("a normalisation by groups leaves each of mean 0 and variance v/(v + 1e-5)") {
    const auto normalisation = made<Normalisation>("group");
    CHECK(normalisation->replaces());
    CHECK_FALSE(normalisation->scales());
    constexpr std::size_t n_units = 23, n_groups = 3;
    std::vector<float> sent(n_units);
    for (std::size_t i = 0; i < n_units; ++i) sent[i] = 0.01f * drawn(i) + static_cast<float>(i / 8);
    std::vector<float> found = sent;
    normalisation->replace(found, n_groups);
    for (std::size_t g = 0; g < n_groups; ++g) {
        double mean = 0.0, variance = 0.0, n = 0.0;
        for (std::size_t i = 0; i < n_units; ++i) {
            if (i * n_groups / n_units != g) continue;
            mean += sent[i];
            n += 1.0;
        }
        mean /= n;
        for (std::size_t i = 0; i < n_units; ++i) {
            if (i * n_groups / n_units == g) variance += (sent[i] - mean) * (sent[i] - mean) / n;
        }
        for (std::size_t i = 0; i < n_units; ++i) {
            if (i * n_groups / n_units != g) continue;
            const double expected = (sent[i] - mean) / std::sqrt(variance + 1e-5);
            CHECK(found[i] == Approx(expected).epsilon(1e-6).margin(1e-6));
        }
    }
    std::vector<float> silent(n_units, 0.0f);
    normalisation->replace(silent, n_groups);
    CHECK(std::ranges::all_of(silent, [](float x) { return x == 0.0f; }));
}

TEST_CASE("where classes are compared, samples are presented once, as they are") {
    const ModelSpec model =
        read(groups + "[population.a]\nsize = 20\n[population.b]\nnormalisation = \"group\"\n");
    CHECK(model.learning.takes() == Loss::Takes::classes);
    CHECK(model.n_scores() == 10);
    CHECK_FALSE(model.data.overlay.enabled);
    CHECK(model.data.negatives == nullptr);
    CHECK(Presentations::n_variants(model.data) == 1);
    CHECK(model.prediction.by == PredictBy::goodness);
    CHECK(read("[population.a]\n").learning.takes() == Loss::Takes::pairs);
    CHECK(read("[population.a]\n").n_scores() == 1);
}

TEST_CASE("what does not go with goodness of classes is refused, with the reason and what would do") {
    const auto said = [](const std::string& text, const std::string& part) {
        const std::string found = message(text);
        INFO(found);
        CHECK(found.find(part) != std::string::npos);
    };
    const std::string one = "[population.a]\nsize = 20\n";
    said("[learning]\nloss = \"class_softmax\"\n" + one, "goodness = \"class_groups\" has them");
    said("[learning]\ngoodness = \"class_groups\"\n" + one, "\"class_softmax\" compares classes");
    said(groups + "[overlay]\nkind = \"label\"\n" + one, "overlay.kind = \"none\" would do");
    said(groups + "[overlay]\nvalue = 2.0\n" + one, "no label is written into samples");
    said(groups + "[negatives]\nkind = \"hard\"\n" + one, "has no negative samples");
    said(groups + "[plan]\nphases = \"separated\"\n" + one, "no negative samples to separate");
    said(groups + "[population.a]\nsize = 9\n", "every class has a group of units; 10 units, or a multiple");
    said(groups + "[population.a]\nnormalisation = \"group\"\n",
         "normalisation = \"group\" is of the first population, and data have no groups of units; \"rms\" "
         "would do");
    said(groups + "[population.a]\nsize = 19\n[population.b]\nnormalisation = \"group\"\n",
         "a group of a single unit becomes 0 by it; 20 units");
    said("[population.a]\n[population.b]\nnormalisation = \"group\"\n",
         "only a goodness of groups, like \"class_groups\", cuts units into groups");
    said(groups + "[population.a]\noutput = \"spikes\"\n[population.b]\nnormalisation = \"group\"\n",
         "a spike train cannot be normalised step by step");
    said(
        "[learning]\nrule = \"backprop\"\n[population.a]\n[population.b]\nsize = 10\nnormalisation = "
        "\"group\"\n",
        "learning.rule = \"backprop\"");
    said("[learning]\nrule = \"backprop\"\nloss = \"class_softmax\"\n[population.a]\nsize = 10\n",
         "its loss is the softmax cross-entropy");
    said("[learning]\nrule = \"backprop\"\ngoodness = \"class_groups\"\n[population.a]\nsize = 10\n",
         "no goodness is measured");
    said(groups + "[population.confusion]\nsize = 20\n", "any other name will do");
    said("[readout]\nkind = \"softmax\"\nnormalisation = \"group\"\n" + one, "only a goodness of groups");
}
