// Several wrong labels of each sample, and labels whose value is shared with the others.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "kinds.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

Dataset labelled(std::size_t n, std::int32_t n_labels) {
    Dataset dataset;
    dataset.x.resize(n, 1);
    for (std::size_t s = 0; s < n; ++s) dataset.label.push_back(static_cast<std::int32_t>(s) % n_labels);
    return dataset;
}

std::vector<std::uint32_t> in_order(std::size_t n) {
    std::vector<std::uint32_t> samples(n);
    for (std::size_t s = 0; s < n; ++s) samples[s] = static_cast<std::uint32_t>(s);
    return samples;
}

std::vector<std::int32_t> drawn(const Negatives& negatives, const Dataset& dataset, std::size_t n_labels,
                                std::size_t n_sets, ConstMatrixView ranking = {}) {
    const auto samples = in_order(dataset.size());
    std::vector<std::int32_t> labels(n_sets * samples.size());
    negatives.make({samples, dataset, n_labels, 7, Seed{3}, ranking, n_sets}, labels);
    return labels;
}

ModelSpec model(const std::string& keys) {
    return read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                           "/data/mnist-sample\"\nn_train = 80\nn_test = 20\n" +
                               keys + "\n[population.only]\nneuron = \"relu\"\nsize = 30\n",
                           "test", SNNFF_ROOT, {});
}

}  // namespace

TEST_CASE("several wrong labels of a sample differ, and the first is the one it would get alone") {
    constexpr std::size_t n = 3000, n_labels = 5, n_sets = 3;
    const Dataset dataset = labelled(n, n_labels);
    Matrix ranking(n, n_labels);
    for (std::size_t s = 0; s < n; ++s) {
        for (std::size_t l = 0; l < n_labels; ++l) ranking(s, l) = static_cast<float>(1 + l);
    }
    for (const bool ranked : {false, true}) {
        for (const char* kind : {"uniform_wrong", "hard"}) {
            CAPTURE(kind, ranked);
            const auto negatives = made<Negatives>(kind);
            CHECK(negatives->most_per_sample(n_labels) == 4);
            const ConstMatrixView by = ranked ? ranking.view() : MatrixView{};
            const auto alone = drawn(*negatives, dataset, n_labels, 1, by);
            const auto all = drawn(*negatives, dataset, n_labels, n_sets, by);
            CHECK(std::equal(alone.begin(), alone.end(), all.begin()));
            std::vector<int> distance(n_labels);
            for (std::size_t s = 0; s < n; ++s) {
                const std::set<std::int32_t> labels{all[s], all[n + s], all[2 * n + s], dataset.label[s]};
                CHECK(labels.size() == 4);
                CHECK((*labels.begin() >= 0 && *labels.rbegin() < 5));
                ++distance[static_cast<std::size_t>((all[2 * n + s] - dataset.label[s] + 5) % 5)];
            }
            if (ranked && std::string(kind) == "hard") continue;
            // the third one is any of the four as often as the other: five standard deviations of 750
            for (std::size_t d = 1; d < n_labels; ++d) CHECK(std::abs(distance[d] - 750) < 5 * 24);
        }
    }
    const auto best = made<Negatives>("hard", {key("choose", std::string("best"))});
    const auto all = drawn(*best, dataset, n_labels, n_sets, ranking);
    for (std::size_t s = 0; s < 5; ++s) {
        std::vector<std::int32_t> expected{4, 3, 2, 1, 0};
        std::erase(expected, dataset.label[s]);
        for (std::size_t set = 0; set < n_sets; ++set) CHECK(all[set * n + s] == expected[set]);
    }
}

TEST_CASE("several permutations of the labels are different ones, each complete") {
    const Dataset dataset = labelled(1000, 10);
    const auto negatives = made<Negatives>("permuted");
    const auto labels = drawn(*negatives, dataset, 10, 2);
    const auto first = std::vector(labels.begin(), labels.begin() + 1000);
    const auto second = std::vector(labels.begin() + 1000, labels.end());
    CHECK(first == drawn(*negatives, dataset, 10, 1));
    CHECK(first != second);
    for (std::int32_t label = 0; label < 10; ++label) CHECK(std::ranges::count(second, label) == 100);
}

TEST_CASE("a batch holds a variant per negative, all of the same images") {
    Experiment e = build(model("[negatives]\nper_positive = 4\n[plan]\nepochs = 1\nbatch_size = 32\n"));
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                made<Normalisation>("rms"));
    presentations.begin_epoch(0, {});
    Matrix images;
    const auto variants = presentations.variants(presentations.samples(0), images);
    REQUIRE(variants.size() == 5);
    for (std::size_t s = 0; s < 32; ++s) {
        std::set<std::uint32_t> labels;
        for (const Variant& variant : variants) {
            CHECK(variant.base.data() == variants[0].base.data());
            labels.insert(variant.index[s]);
        }
        CHECK(labels.size() == 5);
    }
    const std::atomic<int> stop{0};
    const auto before = e.network.populations[0].below().weight;
    CHECK(train(e, {}, stop) == Ending::complete);
    CHECK_FALSE(before == e.network.populations[0].below().weight);
}

TEST_CASE("more negatives than there are wrong labels are refused, naming both keys") {
    for (const char* keys :
         {"[negatives]\nper_positive = 10", "[negatives]\nkind = \"given\"\nper_positive = 2",
          "[negatives]\nkind = \"hard\"\nper_positive = 10"}) {
        CHECK_THROWS_WITH(model(keys), ContainsSubstring("negatives.per_positive") &&
                                           (ContainsSubstring("kind") || ContainsSubstring("n_labels")));
    }
    CHECK_NOTHROW(model("[negatives]\nper_positive = 9"));
}

TEST_CASE("a smoothed label shares its value with the others") {
    const ModelSpec spec = model("[overlay]\nsmoothing = 0.3\nvalue = 2.0\n");
    const LabelWriter writer(spec.data, spec.network.time, Dataset{}, made<Normalisation>("l2"));
    Matrix images(2, 20);
    images(1, 15) = 3.0f;
    const std::vector<std::int32_t> labels{4, 0};
    const Variant variant =
        writer.write(images, input_squares(*spec.data.encoding, spec.network.time, images), labels);
    REQUIRE(variant.n_changes == 10);
    for (std::size_t s = 0; s < 2; ++s) {
        double sum = 0.0, squares = s == 1 ? 9.0 : 0.0;
        for (std::size_t c = 0; c < 10; ++c) {
            CHECK(variant.index[s * 10 + c] == c);
            const double value = static_cast<double>(variant.value[s * 10 + c]);
            const bool own = static_cast<std::int32_t>(c) == labels[s];
            CHECK(value == Approx(own ? 1.4 : 0.6 / 9.0).epsilon(1e-6));
            sum += value;
            squares += value * value;
        }
        CHECK(sum == Approx(2.0).epsilon(1e-6));
        CHECK(variant.gain[s] == Approx(1.0 / (std::sqrt(squares) + 1e-4)).epsilon(1e-6));
    }
    // without a label it is what it is without smoothing: a tenth on all
    const std::vector<std::int32_t> none{-1, -1};
    for (const float value :
         writer.write(images, input_squares(*spec.data.encoding, spec.network.time, images), none).value) {
        CHECK(value == Approx(0.2).epsilon(1e-6));
    }
    CHECK_THROWS_WITH(model("[overlay]\nsmoothing = 0.9\n"), ContainsSubstring("overlay.smoothing"));
    CHECK_NOTHROW(model("[overlay]\nsmoothing = 0.89\n"));
}
