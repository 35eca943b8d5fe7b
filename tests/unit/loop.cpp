// The loop: where a run is in its plan, in which order things happen, and that a run which is stopped at any
// of its questions goes on as if nothing had been.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "run/best_weights.hpp"
#include "run/position.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/training.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

PlanSpec plan(PlanOrder order, std::int64_t epochs, std::int64_t episodes = 1) {
    PlanSpec spec;
    spec.order = order;
    spec.epochs = epochs;
    spec.episodes = episodes;
    return spec;
}

/// What a position is, in a line.
std::string line(const Position& at) {
    std::string learning;
    for (const std::size_t k : at.stage().learning) learning += std::to_string(k);
    std::vector<double> progress;
    at.progress(progress);
    std::string text = learning + " epoch " + std::to_string(at.epoch()) + " batch " +
                       std::to_string(at.batch()) + " begun " + std::to_string(at.n_begun()) + " progress";
    for (const double p : progress) text += " " + std::to_string(p).substr(0, 5);
    return text + (at.begins_episode() ? " episode" : "");
}

/// Saves and restores it.
Position through_checkpoint(Position from, Position into) {
    const TempFolder folder;
    write_checkpoint(folder / "run.h5", {}, [&](State& state) { from.show(state); });
    CheckpointFile file(checkpoint_paths(folder / "run.h5").front());
    into.show(file.state());
    return into;
}

}  // namespace

TEST_CASE("a position goes through all batches of all epochs of all stages") {
    const PlanSpec spec = plan(PlanOrder::layer_by_layer, 2, 2);
    const Position beginning(spec, 2, 2);
    Position at = beginning;
    std::vector<std::string> seen;
    double last = -1.0;
    for (; at.in_plan(); at.next_stage()) {
        while (at.in_stage()) {
            CHECK(at.begins_epoch());
            while (at.in_epoch()) {
                CHECK(at.fraction() == double(seen.size()) / 16.0);
                CHECK(at.fraction() > last);
                last = at.fraction();
                seen.push_back(line(at));
                CHECK(line(through_checkpoint(at, beginning)) == seen.back());
                at.next_batch();
            }
            CHECK_FALSE(at.begins_epoch());
            at.next_epoch();
        }
    }
    CHECK(at.n_epochs() == 8);
    CHECK(at.epoch() == 8);
    CHECK(at.n_begun() == 16);
    REQUIRE(seen.size() == 16);
    // A population's own training are its 4 epochs, in both episodes.
    CHECK(seen[0] == "0 epoch 0 batch 0 begun 0 progress 0.000 0.000");
    CHECK(seen[1] == "0 epoch 0 batch 1 begun 1 progress 0.125 0.125");
    CHECK(seen[2] == "0 epoch 1 batch 0 begun 2 progress 0.250 0.000");
    CHECK(seen[4] == "1 epoch 2 batch 0 begun 4 progress 0.500 0.000");
    CHECK(seen[8] == "0 epoch 4 batch 0 begun 8 progress 0.500 0.500 episode");
    CHECK(seen[10] == "0 epoch 5 batch 0 begun 10 progress 0.750 0.500");
    CHECK(seen[15] == "1 epoch 7 batch 1 begun 15 progress 1.125 0.875");
}

TEST_CASE("between two epochs a run is at the beginning of the next, behind its batches before") {
    Position at(plan(PlanOrder::simultaneous, 3), 2, 4);
    for (int b = 0; b < 4; ++b) at.next_batch();
    CHECK_FALSE(at.in_epoch());
    CHECK(at.epoch() == 0);
    at.next_epoch();
    CHECK(at.in_epoch());
    CHECK(line(at) == "01 epoch 1 batch 0 begun 4 progress 0.333 0.333");
    at.end_plan();
    CHECK_FALSE(at.in_plan());
    CHECK_FALSE(at.in_stage());
    at.next_stage();
    CHECK_FALSE(at.in_plan());
    CHECK_FALSE(through_checkpoint(at, {plan(PlanOrder::simultaneous, 3), 2, 4}).in_plan());
}

TEST_CASE("positions that the plan does not have are not taken from a checkpoint") {
    Position far(plan(PlanOrder::simultaneous, 9), 2, 4);
    for (int b = 0; b < 4; ++b) far.next_batch();
    CHECK_THROWS(through_checkpoint(far, {plan(PlanOrder::simultaneous, 9), 2, 3}));
    for (int e = 0; e < 5; ++e) far.next_epoch();
    CHECK_THROWS(through_checkpoint(far, {plan(PlanOrder::simultaneous, 4), 2, 4}));
}

TEST_CASE("the best weights are those of the lowest error; patience counts measurements since, not epochs") {
    Network network;
    network.populations.resize(1);
    network.populations[0].below().weight.resize(1, 1);
    network.populations[0].bias.assign(1, 0.0f);
    PlanSpec spec = plan(PlanOrder::simultaneous, 9);
    spec.keep_best = true;
    spec.patience = 2;
    BestWeights best(spec);
    const auto note = [&](std::int64_t epoch, double error) {
        network.populations[0].below().weight(0, 0) = static_cast<float>(epoch);
        best.note(epoch, error, network);
        return best.out_of_patience();
    };
    CHECK_FALSE(note(0, 30.0));
    CHECK_FALSE(note(1, 20.0));
    CHECK_FALSE(note(2, 20.0));  // as low is not lower
    for (std::int64_t epoch = 3; epoch < 6; ++epoch) CHECK_FALSE(note(epoch, not_evaluated));
    CHECK(best.kept_epoch() == 1);
    CHECK(note(6, 25.0));
    CHECK_FALSE(note(7, 19.0));
    CHECK(best.kept_epoch() == 7);
    CHECK(note(8, 50.0) == false);
    best.restore(network);
    CHECK(network.populations[0].below().weight(0, 0) == 7.0f);

    spec.keep_best = false;
    BestWeights keeps_none(spec);
    keeps_none.note(0, 1.0, network);
    network.populations[0].below().weight(0, 0) = 3.0f;
    keeps_none.restore(network);
    CHECK(network.populations[0].below().weight(0, 0) == 3.0f);
    CHECK(keeps_none.kept_epoch() == -1);
}

namespace {

const std::string one = "\n[population.one]\nneuron = \"relu\"\nsize = 5\n",
                  two = "[population.two]\nneuron = \"relu\"\nsize = 4\n";

Experiment experiment(const std::string& keys, const std::string& populations) {
    return build(read_model_text("seed = 5\n[data]\nfolder = \"" SNNFF_ROOT
                                 "/data/mnist-sample\"\nn_train = 10\nn_validation = 20\nn_test = 5\n" +
                                     keys + populations,
                                 "test", SNNFF_ROOT, {}));
}

/// What happens in a run, in its order.
struct Events final : Observer, Checkpoints {
    void on_batch(double fraction, const Population& population, double) override {
        all.push_back(std::to_string(fraction).substr(0, 5) + " " + population.name);
    }
    void on_readout(double, double) override { all.push_back("read-out"); }
    void on_epoch(const EpochReport& report, const Network&) override {
        all.push_back("epoch " + std::to_string(report.epoch) +
                      (std::isnan(report.validation_error) ? "" : ", measured"));
    }
    void show(State&) override { all.push_back("shown"); }
    bool due(std::int64_t n_epochs, bool epoch_ended) override {
        // With several populations it is asked while batches are on their way and observers hear of others.
        if (notes_questions)
            all.push_back("due? " + std::to_string(n_epochs) + (epoch_ended ? " ended" : ""));
        return is_due;
    }
    void save(const Show&) override { all.push_back("saved"); }
    State* restored() override {
        all.push_back("restored?");
        return nullptr;
    }
    bool is_due = false, notes_questions = false;
    std::vector<std::string> all;
};

std::vector<std::string> events(const std::string& keys, const std::string& populations, bool is_due) {
    Experiment e = experiment(keys, populations);
    Events events;
    events.is_due = is_due;
    events.notes_questions = !is_due;
    Observer* const observers[] = {&events};
    CHECK(train(
              e, observers, [] { return false; }, &events) == Ending::complete);
    return events.all;
}

}  // namespace

TEST_CASE("batches are told of once all populations learnt from them, epochs once they were measured") {
    const std::string keys = "[evaluation]\nevery_n_epochs = 2\n[plan]\nepochs = 2\nbatch_size = 5";
    CHECK(events(keys, one, false) ==
          std::vector<std::string>{"restored?", "saved",  // it can be taken up from here on
                                   "0.000 one", "due? 0", "0.250 one", "epoch 0", "due? 1 ended",  //
                                   "0.500 one", "due? 1", "0.750 one", "epoch 1, measured", "due? 2 ended"});
    // Two batches may be on their way at a time; they are told of one after the other.
    Experiment e = experiment(keys, one + two);
    Events told;
    Observer* const observers[] = {&told};
    CHECK(train(e, observers, [] { return false; }) == Ending::complete);
    CHECK(told.all == std::vector<std::string>{"0.000 one", "0.000 two", "0.250 one", "0.250 two", "epoch 0",
                                               "0.500 one", "0.500 two", "0.750 one", "0.750 two",
                                               "epoch 1, measured"});
}

TEST_CASE("where a checkpoint is due no batch begins until it is saved") {
    CHECK(events("[plan]\nepochs = 2\nbatch_size = 5", one + two, true) ==
          std::vector<std::string>{"restored?", "saved",                          //
                                   "0.000 one", "0.000 two", "saved",             //
                                   "0.250 one", "0.250 two", "epoch 0", "saved",  //
                                   "0.500 one", "0.500 two", "saved",             //
                                   "0.750 one", "0.750 two", "epoch 1", "saved"});
}

namespace {

/// Weights at the end, and what observers heard.
struct Result {
    std::vector<std::vector<float>> weights;
    std::vector<double> heard;
    friend bool operator==(const Result&, const Result&) = default;
};

struct Hearing final : Observer {
    void on_batch(double fraction, const Population&, double loss) override {
        heard.insert(heard.end(), {fraction, loss});
    }
    void on_epoch(const EpochReport& report, const Network&) override {
        heard.insert(heard.end(), {double(report.epoch), double(report.kept_epoch)});
        for (const PopulationEpoch& of : report.populations)
            heard.insert(heard.end(), {of.loss, of.goodness_positive, of.goodness_negative, of.weight_norm});
        heard.insert(heard.end(), {report.train_error, report.validation_error, report.test_error});
        for (double& value : heard) value = std::isnan(value) ? -1.0 : value;
    }
    void show(State& state) override {
        const State::Section section(state, "hearing");
        state.show("heard", heard);
    }
    std::vector<double> heard;
};

/// Kept in a file; due where asked so often.
struct Kept final : Checkpoints {
    explicit Kept(std::filesystem::path path) : run(std::move(path)) {}
    bool due(std::int64_t, bool) override { return every > 0 && ++n_asked % every == 0; }
    void save(const Show& show) override {
        write_checkpoint(run, {}, show);
        ++n_saved;
    }
    State* restored() override {
        if (!std::filesystem::exists(checkpoint_paths(run).front())) return nullptr;
        file = std::make_unique<CheckpointFile>(checkpoint_paths(run).front());
        return &file->state();
    }
    std::filesystem::path run;
    int every = 0, n_asked = 0, n_saved = 0;
    std::unique_ptr<CheckpointFile> file;
};

/// A run that is stopped at question `at`, and goes on with a network that knows nothing of it; counted in
/// `n_questions` where it is not stopped.
Result run(const std::string& keys, int at, int every, int& n_questions) {
    const TempFolder folder;
    for (bool stopped = true; stopped; at = -1) {
        Experiment e = experiment(keys, one + two);
        Hearing newly;
        Observer* const observers[] = {&newly};
        Kept kept(folder / "run.h5");
        kept.every = every;
        int n_asked = 0;
        stopped = train(
                      e, observers, [&] { return n_asked++ >= at && at >= 0; }, &kept) == Ending::interrupted;
        CHECK(kept.n_saved >= (stopped ? 2 : 1));
        if (stopped) continue;
        n_questions = n_asked;
        Result result;
        for (const Population& population : e.network.populations) {
            const Matrix weight = population.below().weight.matrix();
            result.weights.emplace_back(weight.values().begin(), weight.values().end());
            result.weights.emplace_back(population.bias.begin(), population.bias.end());
        }
        if (e.network.head)
            result.weights.emplace_back(e.network.head->weight.values().begin(),
                                        e.network.head->weight.values().end());
        result.heard = newly.heard;
        return result;
    }
    return {};
}

}  // namespace

TEST_CASE("a run that is stopped at any of its questions goes on to the same end, told once of everything") {
    struct Case {
        std::string keys;
        bool reads_out;
    };
    const std::string measured = "[evaluation]\nevery_n_epochs = 1\ntest = true\n";
    const Case cases[] = {
        {measured + "[plan]\nepochs = 2\nbatch_size = 4\n[learning]\ndropout = 0.2", false},
        {measured + "[plan]\norder = \"layer_by_layer\"\nepochs = 3\nbatch_size = 4\nkeep = \"best\"\n"
                    "patience = 1\n[learning]\nrate = 0.03",
         false},
        {"[negatives]\nkind = \"hard\"\n[plan]\nphases = \"separated\"\nepochs = 3\nbatch_size = 6\n"
         "[learning]\nloss = \"softplus\"",
         false},
        {measured + "[plan]\nepochs = 2\nbatch_size = 6\n[readout]\nkind = \"softmax\"\nepochs = 2\n"
                    "batch_size = 5\n[prediction]\nby = \"both\"",
         true}};  // stopped while it is measured, too
    for (const auto& [keys, reads_out] : cases) {
        for (const int every : {0, 2}) {
            CAPTURE(keys, every);
            int n_questions = 0, unused = 0;
            const Result whole = run(keys, -1, every, n_questions);
            CHECK(whole.weights.size() == (reads_out ? 5 : 4));
            REQUIRE(n_questions > 6);
            for (int at = 0; at < n_questions; ++at) {
                CAPTURE(at);
                CHECK(run(keys, at, every, unused) == whole);
            }
        }
    }
}
