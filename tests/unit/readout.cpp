// The read-out: what it sees, what it predicts, and that it survives in the run file.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/augment.hpp"
#include "data/presentations.hpp"
#include "engine/softmax_head.hpp"
#include "kinds.hpp"
#include "run/head_training.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"
#include "snnff/training.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

ModelSpec model(const std::string& keys) {
    return read_model_text("[data]\nfolder = \"" SNNFF_ROOT
                           "/data/mnist-sample\"\nn_train = 400\nn_test = 100\n[time]\nsteps = 4\n[plan]\n"
                           "epochs = 3\n[population.one]\nneuron = \"lif\"\nsize = 40\n[population.two]\n"
                           "neuron = \"relu\"\nsize = 30\n" +
                               keys,
                           "test", SNNFF_ROOT, {});
}

Experiment trained(const std::string& keys) {
    Experiment e = build(model(keys));
    const std::atomic<int> stop{0};
    CHECK(train(e, {}, stop) == Ending::complete);
    return e;
}

const std::string softmax = "[readout]\nkind = \"softmax\"\nepochs = 60\nnormalisation = \"rms\"\n";

std::vector<double> log_softmax(const std::vector<double>& x) {
    double sum = 0.0;
    for (const double value : x) sum += std::exp(value);
    std::vector<double> result;
    for (const double value : x) result.push_back(value - std::log(sum));
    return result;
}

}  // namespace

TEST_CASE("features are the populations' outputs, each normalised, one after the other") {
    const Experiment e = build(model(softmax));
    const SoftmaxHead head = make_head(e.model);
    REQUIRE(head.n_features() == 70);
    REQUIRE(head.n_labels() == 10);
    Batch batch(e.network);
    const LabelWriter writer(e.model.data, e.network.time, e.train, made<Normalisation>("rms"));
    const auto images = e.train.x.view().rows(0, 20);
    const std::vector<std::int32_t> none(20, -1);
    batch.present(
        0, {writer.write(images, input_squares(*e.model.data.encoding, e.network.time, images), none)}, 20);
    Matrix features(20, 70);
    std::vector<Matrix> outputs;
    batch.climb(std::vector<ForwardRequest>(2, {.output = true}));
    for (std::size_t k = 0; k < 2; ++k) {
        outputs.push_back(batch.activity(k).output[0]);
        take_features(head, e.network, batch, k, 0, features);
    }
    for (std::size_t s = 0; s < 20; ++s) {
        std::size_t column = 0;
        for (const Matrix& output : outputs) {
            double squares = 0.0;
            for (const float x : output.row(s)) squares += static_cast<double>(x) * static_cast<double>(x);
            const double gain = 1.0 / (std::sqrt(squares / static_cast<double>(output.cols())) + 1e-6);
            for (const float x : output.row(s)) {
                CHECK(features(s, column++) == Approx(gain * static_cast<double>(x)).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("features are shifted and scaled by one mean and one standard deviation") {
    Matrix features(3, 4);
    for (std::size_t i = 0; i < 12; ++i) features.values()[i] = static_cast<float>(i * i);
    FeatureSums sums;
    sums.add(features.view().rows(0, 1));
    sums.add(features.view().rows(1, 2));
    CHECK(sums.mean() == Approx(506.0 / 12.0));
    // Σi⁴ = 39974 for i < 12
    CHECK(sums.deviation() == Approx(std::sqrt((39974.0 - 506.0 * 506.0 / 12.0) / 11.0)));
    standardise(2.0f, 4.0f, features);
    CHECK(features(2, 3) == Approx((121.0 - 2.0) / 4.0));
    FeatureSums silent;
    silent.add(Matrix(3, 4));
    CHECK(silent.deviation() == 1.0);  // a network that answers nothing is no reason for NaN
}

TEST_CASE("a read-out predicts what it has the largest log-probability for, and learns") {
    const Experiment e = trained(softmax + "[prediction]\nby = \"head\"\n");
    REQUIRE(e.network.head);
    REQUIRE(e.network.head->loss.size() == 60);
    CHECK(e.network.head->loss.front() > 1.5 * e.network.head->loss.back());
    const Evaluation test = evaluate(e.network, e.model, e.test);
    CHECK(test.goodness.empty());
    CHECK(test.n_labels() == 10);
    // far better than the 90 % of guessing; a linear classifier of the pixels of 400 images makes about 20 %
    CHECK(test.error() < 50.0);
    for (std::size_t s = 0; s < test.label.size(); ++s) {
        const auto row = test.log_probability.row(s);
        double sum = 0.0;
        for (const float x : row) sum += std::exp(static_cast<double>(x));
        CHECK(sum == Approx(1.0).epsilon(1e-5));
        CHECK(test.prediction[s] == std::ranges::max_element(row) - row.begin());
    }
    // what is predicted for a sample does not depend on those beside it
    const Evaluation one = evaluate(e.network, e.model, e.test, 1);
    for (std::size_t l = 0; l < 10; ++l) {
        CHECK(one.log_probability(0, l) == Approx(test.log_probability(0, l)).epsilon(1e-4));
    }
}

TEST_CASE("head and goodness together: the sum of the logarithms of two softmaxes") {
    Experiment e = trained(softmax +
                           "[learning]\nloss = { kind = \"symba\", alpha = 9.0 }\n[prediction]\nby = "
                           "\"both\"\n");
    const Evaluation both = evaluate(e.network, e.model, e.test);
    int n_changed = 0;
    for (std::size_t s = 0; s < both.label.size(); ++s) {
        std::vector<double> by_goodness, score;
        for (const float g : both.goodness.row(s)) by_goodness.push_back(9.0 * static_cast<double>(g));
        by_goodness = log_softmax(by_goodness);
        for (std::size_t l = 0; l < 10; ++l) {
            score.push_back(by_goodness[l] + static_cast<double>(both.log_probability(s, l)));
        }
        CHECK(both.prediction[s] == std::ranges::max_element(score) - score.begin());
        const auto alone = both.log_probability.row(s);
        n_changed += both.prediction[s] != std::ranges::max_element(alone) - alone.begin() ? 1 : 0;
    }
    CHECK(n_changed > 0);  // else goodness had no part in it
    // each half is what it is alone
    e.model.prediction.by = PredictBy::goodness;
    const Evaluation goodness = evaluate(e.network, e.model, e.test);
    CHECK(goodness.log_probability.empty());
    CHECK(std::ranges::equal(goodness.goodness.values(), both.goodness.values()));
    e.model.prediction.by = PredictBy::head;
    const Evaluation head = evaluate(e.network, e.model, e.test);
    CHECK(std::ranges::equal(head.log_probability.values(), both.log_probability.values()));
}

TEST_CASE("no population learns from its read-out") {
    const Experiment with = trained(softmax), without = trained("");
    for (std::size_t k = 0; k < 2; ++k) {
        CHECK(with.network.populations[k].below().weight == without.network.populations[k].below().weight);
    }
}

TEST_CASE("where training moves images, a read-out learns from moved ones, standardised by those at rest") {
    const auto head_of = [&](bool moved_before) {
        Experiment e = build(model("[readout]\nkind = \"softmax\"\nepochs = 1\n"));
        e.model.data.augmentation.shift_pixels = 2;
        if (moved_before) {
            std::vector<std::uint32_t> all(e.train.size());
            std::iota(all.begin(), all.end(), 0u);
            augment_images(e.model.data, e.model.seed, e.train, 0, all, e.train.x);
            e.model.data.augmentation.shift_pixels = 0;
        }
        CHECK(train_head(e.model, e.network, e.train, [] { return false; }));
        return *e.network.head;
    };
    const SoftmaxHead moving = head_of(false), expected = head_of(true);
    // up to the order of sums in products of another shape; unmoved images differ by far more
    CHECK(moving.loss.front() == Approx(expected.loss.front()).epsilon(1e-6));
    for (std::size_t i = 0; i < expected.weight.size(); ++i) {
        CHECK(std::abs(moving.weight.data()[i] - expected.weight.data()[i]) < 1e-6f);
    }
    CHECK(moving.mean != expected.mean);
}

TEST_CASE("the best weights are chosen by what predicts, the read-out trained anew each time") {
    struct Errors final : Observer {
        std::vector<double> validation;
        void on_epoch(const EpochReport& report, const Network&) override {
            validation.push_back(report.validation_error);
        }
    } errors;
    Experiment e =
        build(model(softmax + "[prediction]\nby = \"head\"\n[evaluation]\nevery_n_epochs = 1\nn_train = 10\n"
                              "[learning]\nrate = 0.05\n"));
    e.model.plan.keep_best = true;
    e.model.plan.epochs = 6;
    e.validation = std::move(e.test);
    Observer* const observers[] = {&errors};
    const std::atomic<int> stop{0};
    CHECK(train(e, observers, stop) == Ending::complete);
    REQUIRE(errors.validation.size() == 6);
    CHECK(evaluate(e.network, e.model, e.validation).error() == std::ranges::min(errors.validation));
}

TEST_CASE("a read-out comes back from the run file as it went in, and its absence is explained") {
    const Experiment e = trained(softmax + "layers = \"after_first\"\n[prediction]\nby = \"head\"\n");
    const TempFolder folder;
    const auto write = [&](const std::string& name, bool with_readout) {
        RunFileWriter writer(folder / name, false);
        writer.describe("", to_toml(e.model.resolved), {});
        writer.write_populations(e.network.populations);
        if (with_readout) {
            writer.write_readout(*e.network.head);
            writer.write_evaluation("test", evaluate(e.network, e.model, e.test));
        }
        writer.close(RunStatus::complete);
        return folder / name;
    };
    const auto path = write("with.h5", true), without = write("without.h5", false);
    const SoftmaxHead head = read_readout(path, e.model);
    CHECK(head.first_population == 1);
    CHECK(head.normalisation->kind() == "rms");
    CHECK(head.mean == e.network.head->mean);
    CHECK(head.deviation == e.network.head->deviation);
    CHECK(std::ranges::equal(head.weight.values(), e.network.head->weight.values()));
    CHECK(std::ranges::equal(head.bias, e.network.head->bias));
    const RunSummary summary = read_run(path);
    CHECK(summary.readout.n_inputs == 30);
    CHECK(summary.readout.n_units == 10);
    CHECK(summary.readout_loss == e.network.head->loss);
    REQUIRE(summary.evaluations.size() == 1);
    CHECK(summary.evaluations[0].error == evaluate(e.network, e.model, e.test).error());

    CHECK(read_run(without).readout.n_units == 0);
    CHECK_THROWS_WITH(read_readout(without, e.model), ContainsSubstring("no read-out at /readout"));
    CHECK_THROWS_WITH(read_readout(path, model(softmax)),
                      ContainsSubstring("/readout/weight: has the shape"));
    Network headless = e.network;
    headless.head.reset();
    CHECK_THROWS_AS(evaluate(headless, e.model, e.test), RunError);
}
