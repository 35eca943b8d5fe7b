// What becomes of numbers that go wrong: what the means of an epoch say, and which sentence ends a run.
#include "run/health.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "catch.hpp"
#include "kinds.hpp"
#include "run/epoch_sums.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

Population population(const std::string& neuron) {
    static const Network network = build(read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                                                         "/data/mnist-sample\"\nn_train = 10\nn_test = 10\n"
                                                         "[population.lif]\nsize = 3\n"
                                                         "[population.relu]\nneuron = \"relu\"\nsize = 2\n",
                                                         "test", SNNFF_ROOT, {}))
                                       .network;
    return network.populations[neuron == "lif" ? 0 : 1];
}

/// Goodness of positive samples, then of negative ones.
Activity activity(std::vector<double> positive, std::vector<double> negative) {
    Activity a;
    a.goodness = {std::move(positive), std::move(negative)};
    return a;
}

PopulationEpoch means(double positive, double negative, double rate) {
    PopulationEpoch epoch;
    epoch.goodness_positive = positive;
    epoch.goodness_negative = negative;
    epoch.spike_rate = rate;
    return epoch;
}

}  // namespace

TEST_CASE("what is not finite stays out of the means and is counted") {
    EpochSums sums;
    sums.add_loss(2.0, 30);
    sums.add_loss(infinite, 30);
    sums.add_loss(4.0, 10);
    const auto loss = made<Loss>("swish");
    const std::vector<std::int32_t> label{3, 1, 4, 1};
    sums.add(activity({1.0, infinite, 3.0, -infinite}, {0.5, std::nan(""), 0.25, 0.75}), loss.get(), 1,
             label);
    const PopulationEpoch epoch = sums.means(population("relu"));
    CHECK(epoch.loss == 2.5);
    CHECK(epoch.goodness_positive == 2.0);
    CHECK(epoch.goodness_negative == 0.5);
    CHECK(epoch.n_not_finite == 1);
    CHECK(has(epoch, Trouble::not_finite));
}

TEST_CASE("of scores for each class, that of a sample's own class is the positive one") {
    EpochSums sums;
    Activity a;
    a.goodness = {{1.0, 2.0, 4.0, 8.0, 16.0, 32.0}};  // two samples, three classes
    sums.add(a, made<Loss>("class_softmax").get(), 1, std::vector<std::int32_t>{2, 0});
    const PopulationEpoch epoch = sums.means(population("relu"));
    CHECK(epoch.goodness_positive == (4.0 + 8.0) / 2.0);
    CHECK(epoch.goodness_negative == (1.0 + 2.0 + 16.0 + 32.0) / 4.0);
}

TEST_CASE("the sums of half an epoch are in its checkpoint") {
    EpochSums sums;
    sums.add_loss(2.0, 30);
    sums.add_loss(infinite, 30);
    Activity half = activity({1.0, 2.0}, {0.5, 0.25});
    half.rate = {{0.25, 0.5}, {0.5, 0.75}};
    const auto loss = made<Loss>("swish");
    const std::vector<std::int32_t> label{3, 3};
    sums.add(half, loss.get(), 1, label);
    const TempFolder folder;
    write_checkpoint(folder / "run.h5", {}, [&](State& state) { sums.show(state); });
    EpochSums restored;
    CheckpointFile file(checkpoint_paths(folder / "run.h5").front());
    restored.show(file.state());
    const PopulationEpoch epoch = restored.means(population("lif"));
    CHECK(epoch.loss == 2.0);
    CHECK(epoch.goodness_positive == 1.5);
    CHECK(epoch.goodness_negative == 0.375);
    CHECK(epoch.spike_rate == 0.5);
    CHECK(epoch.n_not_finite == 1);
}

TEST_CASE("a population is dead where it fired no spike, or where no goodness is above 0") {
    CHECK(troubles(means(0.0, 0.0, not_evaluated), population("relu")) == static_cast<int>(Trouble::dead));
    CHECK(troubles(means(0.0, 1e-9, not_evaluated), population("relu")) == 0);
    CHECK(troubles(means(2.0, 1.0, 0.0), population("lif")) == static_cast<int>(Trouble::dead));
    CHECK(troubles(means(0.0, 1.0, 0.01), population("lif")) == 0);
}

TEST_CASE("the sentence that ends a run says what was not finite, and where") {
    const Population sound = population("relu");
    Population lost = sound;
    lost.below().weight.memory()[1] = std::numeric_limits<float>::infinity();
    const Activity finite = activity({1.0}, {2.0}), beyond = activity({1.0}, {infinite});
    const auto said = [](const Population& of, const Activity& with, OnDivergence how) -> std::string {
        try {
            stop_where_diverged(of, with, how, {3, 7});
        } catch (const RunError& error) {
            return error.what();
        }
        return "";
    };
    const auto starts = [](const std::string& text, const std::string& with) {
        return text.rfind(with, 0) == 0;
    };
    CHECK(starts(said(sound, finite, OnDivergence::stop),
                 "epoch 3, batch 7, population \"relu\": loss is not finite, largest weight "));
    CHECK(starts(said(sound, beyond, OnDivergence::stop),
                 "epoch 3, batch 7, population \"relu\": goodness is not finite, largest weight "));
    CHECK(starts(said(lost, beyond, OnDivergence::skip),
                 "epoch 3, batch 7, population \"relu\": goodness is not finite, neither are the weights"));
    CHECK(said(sound, beyond, OnDivergence::skip).empty());
    CHECK(said(lost, beyond, OnDivergence::warn).empty());
}

TEST_CASE("a collapse is told in the words of the loss") {
    Network network;
    network.populations = {population("lif")};
    EpochReport report;
    report.populations = {means(0.25, 0.25, 0.1)};
    CHECK(describe(Trouble::collapsed, report, network, 0) ==
          "epoch 0, population \"lif\": goodness has collapsed: 0.25 for positive samples and 0.25 for "
          "negative samples, so that it tells nothing apart");
    report.words = made<Loss>("class_softmax")->words();
    CHECK(describe(Trouble::collapsed, report, network, 0) ==
          "epoch 0, population \"lif\": goodness has collapsed: 0.25 for the samples' own classes and 0.25 "
          "for other classes, so that it tells nothing apart");
}

TEST_CASE("trouble in any population ends a run that is to stop") {
    Network network;
    network.populations = {population("lif"), population("relu")};
    EpochReport report;
    report.epoch = 4;
    report.populations = {means(2.0, 1.0, 0.5), means(0.0, 0.0, not_evaluated)};
    CHECK_NOTHROW(stop_where_troubled(report, network));
    report.populations[1].trouble = troubles(report.populations[1], network.populations[1]);
    CHECK_THROWS_WITH(stop_where_troubled(report, network),
                      Catch::Matchers::StartsWith("epoch 4, population \"relu\": dead"));
}
