#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

#include "core/float_environment.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "parallel/parallel.hpp"
#include "rules/rule.hpp"
#include "run/best_weights.hpp"
#include "run/epoch_sums.hpp"
#include "run/evaluate.hpp"
#include "run/frozen.hpp"
#include "run/head_training.hpp"
#include "run/health.hpp"
#include "run/plan.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

class Trainer {
  public:
    Trainer(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop,
            Checkpoints* checkpoints)
        : experiment_(experiment),
          model_(experiment.model),
          network_(experiment.network),
          observers_(observers),
          shall_stop_(shall_stop),
          checkpoints_(checkpoints),
          plan_(make_plan(model_.plan, network_.populations.size())),
          presentations_(model_, experiment.train, network_.populations.front().normalisation),
          rule_(model_.learning.rule->start(model_.learning, network_,
                                            !comes_constant(model_.data, experiment.train))),
          epochs_learnt_(network_.populations.size(), 0) {
        for (const Stage& stage : plan_) n_epochs_ += stage.epochs;
    }

    Ending run() {
        if (checkpoints_ != nullptr) {
            if (State* state = checkpoints_->restored()) show(*state);
            save();  // a run can be taken up from its first batch on
        }
        const Ending ending = run_plan();
        if (ending == Ending::interrupted) save();
        return ending;
    }

  private:
    /// Where the best weights were kept, they are the ones to end with.
    Ending end() {
        if (model_.plan.keep_best) best_.restore(network_);
        if (!model_.readout.softmax) return Ending::complete;
        return train_readout() ? Ending::complete : Ending::interrupted;
    }

    bool train_readout() {
        return train_head(model_, network_, experiment_.train, shall_stop_,
                          [this](double fraction, double loss) {
                              for (Observer* observer : observers_) observer->on_readout(fraction, loss);
                          });
    }

    Ending run_plan() {
        for (; at_.stage < static_cast<std::int64_t>(plan_.size()); ++at_.stage, at_.epoch_of_stage = 0) {
            const Stage& stage = plan_[static_cast<std::size_t>(at_.stage)];
            FrozenLayers frozen(network_, stage.learning.front(), presentations_);
            for (; at_.epoch_of_stage < stage.epochs; ++at_.epoch_of_stage) {
                const auto began = std::chrono::steady_clock::now();
                begin_epoch(stage.begins_episode && at_.epoch_of_stage == 0);
                while (at_.batch < static_cast<std::int64_t>(presentations_.n_batches())) {
                    learn_batches(stage, frozen);
                    if (shall_stop_()) return Ending::interrupted;
                    if (save_now_) save();
                }
                // Until it is told of, the run stands behind its last batch: that is what is saved.
                if (!report(stage, began)) return Ending::interrupted;
                at_.batch = 0;
                for (const std::size_t k : stage.learning) ++epochs_learnt_[k];
                if (best_.out_of_patience(model_.plan)) {
                    at_ = {static_cast<std::int64_t>(plan_.size()), 0,
                           0};  // also for who is stopped from here on
                    return end();
                }
                if (checkpoints_ != nullptr && checkpoints_->due(epoch_, true)) save_after_epoch();
            }
        }
        return end();
    }

    /// The position after an epoch is the beginning of the next.
    void save_after_epoch() {
        ++at_.epoch_of_stage;
        save();
        --at_.epoch_of_stage;
    }

    void save() {
        save_now_ = false;
        if (checkpoints_ != nullptr) checkpoints_->save([this](State& state) { show(state); });
    }

    /// Everything that the rest of the run follows from, but for the model and the data.
    void show(State& state) {
        const auto n_stages = static_cast<std::int64_t>(plan_.size());
        state.show("stage", at_.stage, 0, n_stages);
        const std::int64_t n_epochs_of_stage =
            at_.stage < n_stages ? plan_[static_cast<std::size_t>(at_.stage)].epochs : 0;
        state.show("epoch_of_stage", at_.epoch_of_stage, 0, n_epochs_of_stage);
        const auto n_batches_of_epoch = static_cast<std::int64_t>(presentations_.n_batches());
        state.show("batch", at_.batch, 0, n_batches_of_epoch);
        state.show("epoch", epoch_, 0, n_epochs_);
        auto n_batches = static_cast<std::int64_t>(n_batches_);
        state.show("n_batches", n_batches, 0, n_epochs_ * n_batches_of_epoch);
        n_batches_ = static_cast<std::uint64_t>(n_batches);
        state.show("epochs_learnt", epochs_learnt_);
        epochs_learnt_.resize(network_.populations.size());
        for (std::int64_t& n : epochs_learnt_) n = std::clamp<std::int64_t>(n, 0, n_epochs_);
        state.show("ranking", ranking_);
        if (!ranking_.empty() &&
            (ranking_.rows() != experiment_.train.size() || ranking_.cols() != model_.data.overlay.n_labels))
            throw DataError("the checkpoint's ranking of labels is not of these samples");
        presentations_.show(state);
        sums_.resize(network_.populations.size());
        for (std::size_t k = 0; k < network_.populations.size(); ++k) {
            Population& population = network_.populations[k];
            const State::Section section(state, "population_" + population.name);
            state.show("weight", population.weight);
            state.show("bias", std::span<float>(population.bias));
            sums_[k].show(state);
        }
        rule_->show(state);
        best_.show(state, network_);
        for (Observer* observer : observers_) observer->show(state);
    }

    /// In the middle of an epoch all but the order of samples is as it was left.
    void begin_epoch(bool begins_episode) {
        if (at_.batch > 0) return presentations_.begin_epoch(epoch_, ranking_);
        sums_.assign(network_.populations.size(), {});
        if (model_.data.negatives && model_.data.negatives->ranks(epoch_, begins_episode)) {
            ranking_ = evaluate_by(PredictBy::goodness, network_, model_, experiment_.train).goodness;
        }
        presentations_.begin_epoch(epoch_, ranking_);
    }

    /// Batches of the epoch, up to its end, to a checkpoint, or to where the run is stopped: from part to
    /// part of the rule, which work at the same time on batches that follow one another.
    void learn_batches(const Stage& stage, FrozenLayers& frozen) {
        const std::vector<Rule::Part> parts = rule_->parts(stage);
        const std::size_t n_batches = presentations_.n_batches();
        const std::size_t n_slots = std::min(n_batches, parts.size() == 1 ? 1 : parts.size() + 1);
        while (on_their_way_.size() < n_slots) on_their_way_.emplace_back(network_);
        const std::uint64_t n_before = static_cast<std::uint64_t>(at_.epoch_of_stage) * n_batches;
        const auto begun = static_cast<std::uint64_t>(at_.batch);
        run_pipeline({.n_parts = parts.size(),
                      .n_slots = n_slots,
                      .begin =
                          [&](std::size_t slot) {
                              const auto next = static_cast<std::size_t>(at_.batch);
                              if (next == n_batches || shall_stop_()) return false;
                              if (next > begun && checkpoints_ != nullptr &&
                                  checkpoints_->due(epoch_, false)) {
                                  save_now_ = true;
                                  return false;
                              }
                              begin(on_their_way_[slot], next, n_before + next, frozen);
                              ++at_.batch;
                              return true;
                          },
                      .work = [&](std::size_t part,
                                  std::size_t slot) { learn(on_their_way_[slot], stage, parts[part]); },
                      .end = [&](std::size_t slot) { tell(on_their_way_[slot]); }});
    }

    /// A batch with what it takes along.
    struct OnItsWay {
        explicit OnItsWay(const Network& network) : batch(network) {}
        std::size_t number = 0;  ///< in the epoch
        Batch batch;
        FrozenLayers::Memory memory;
        Dropout dropout{};
        std::vector<std::int32_t> label;
        std::vector<double> progress;
        std::vector<Rule::Loss> losses;
    };

    void begin(OnItsWay& item, std::size_t b, std::uint64_t n_of_stage, FrozenLayers& frozen) {
        const std::span<const std::uint32_t> samples = presentations_.samples(b);
        item.number = b;
        item.dropout = {model_.seed, model_.learning.dropout, n_batches_++};
        item.label.clear();
        for (const std::uint32_t sample : samples) item.label.push_back(experiment_.train.label[sample]);
        item.progress.clear();
        for (const std::int64_t n : epochs_learnt_) item.progress.push_back(progress_after(n, b));
        item.losses.clear();
        const Side side = side_of(model_.plan, presentations_.n_batches(), n_of_stage);
        frozen.enter(samples, side, dropout_of(item), item.memory, item.batch);
    }

    const Dropout* dropout_of(const OnItsWay& item) const {
        return model_.learning.dropout > 0.0 ? &item.dropout : nullptr;
    }

    void learn(OnItsWay& item, const Stage& stage, Rule::Part part) {
        const Rule::Turn turn{stage, item.progress, item.label, dropout_of(item)};
        for (const Rule::Loss& found : rule_->learn(item.batch, turn, part)) {
            if (!std::isfinite(found.loss)) {
                stop_where_diverged(network_.populations[found.population],
                                    item.batch.activity(found.population), model_.learning.on_divergence,
                                    {epoch_, item.number});
            }
            sums_[found.population].add_loss(found.loss, item.label.size());
            item.losses.push_back(found);
        }
        for (const std::size_t k : stage.learning) {
            if (k < part.first || k > part.last) continue;
            sums_[k].add(item.batch.activity(k), model_.learning.loss.get(), item.batch.n_positive(),
                         item.label);
        }
    }

    void tell(const OnItsWay& item) {
        for (const auto& [k, loss] : item.losses) {
            for (Observer* observer : observers_)
                observer->on_batch(fraction(item.number), network_.populations[k], loss);
        }
    }

    /// Makes sure that labels can be predicted now; false where the run was stopped meanwhile.
    bool has_predictor() { return model_.prediction.by == PredictBy::goodness || train_readout(); }

    double progress_after(std::int64_t n_epochs, std::size_t b) const {
        const auto total = static_cast<double>(model_.plan.epochs * model_.plan.episodes);
        return (static_cast<double>(n_epochs) + part_of_epoch(b)) / total;
    }
    double part_of_epoch(std::size_t b) const {
        return static_cast<double>(b) / static_cast<double>(presentations_.n_batches());
    }
    double fraction(std::size_t b) const {
        return (static_cast<double>(epoch_) + part_of_epoch(b)) / static_cast<double>(n_epochs_);
    }

    /// Measures the epoch and tells of it; false, with nothing told, where the run was stopped meanwhile.
    bool report(const Stage& stage, std::chrono::steady_clock::time_point began) {
        EpochReport report;
        report.epoch = epoch_;
        report.n_epochs = n_epochs_;
        if (model_.learning.loss) report.words = model_.learning.loss->words();
        report.populations.resize(network_.populations.size());
        for (const std::size_t k : stage.learning)
            report.populations[k] = sums_[k].means(network_.populations[k]);
        report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        const std::int64_t every = model_.evaluation.every_n_epochs;
        if (every > 0 && ((epoch_ + 1) % every == 0 || epoch_ + 1 == n_epochs_)) {
            if (!has_predictor()) return false;
            report.train_error =
                evaluate(network_, model_, experiment_.train, model_.evaluation.n_train).error();
            if (experiment_.validation.size() > 0) {
                report.validation_error = evaluate(network_, model_, experiment_.validation).error();
                best_.note(epoch_, report.validation_error, network_, model_.plan);
            }
            if (model_.evaluation.test && experiment_.test.size() > 0) {
                const Evaluation test = evaluate(network_, model_, experiment_.test);
                report.test_error = test.error();
                report.test_loss = test.loss;
            }
        }
        report.kept_epoch = best_.kept_epoch();
        ++epoch_;
        for (Observer* observer : observers_) observer->on_epoch(report, network_);
        if (model_.learning.on_divergence == OnDivergence::stop) stop_where_troubled(report, network_);
        return true;
    }

    const Experiment& experiment_;
    const ModelSpec& model_;
    Network& network_;
    std::span<Observer* const> observers_;
    const ShallStop& shall_stop_;
    Checkpoints* checkpoints_;
    std::vector<Stage> plan_;
    /// Where the run is: the next batch to learn.
    struct Position {
        std::int64_t stage = 0, epoch_of_stage = 0, batch = 0;
    };
    Position at_;
    bool save_now_ = false;
    std::int64_t n_epochs_ = 0, epoch_ = 0;
    Presentations presentations_;
    std::unique_ptr<Rule> rule_;
    Matrix ranking_;  // goodness [sample x label] that the negatives asked for last
    std::uint64_t n_batches_ = 0;
    std::deque<OnItsWay> on_their_way_;
    BestWeights best_;
    std::vector<std::int64_t> epochs_learnt_;
    std::vector<EpochSums> sums_;
};

}  // namespace

Ending train(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop,
             Checkpoints* checkpoints) {
    const FloatEnvironment environment;
    return Trainer(experiment, observers, shall_stop, checkpoints).run();
}

Ending train(Experiment& experiment, std::span<Observer* const> observers, const std::atomic<int>& stop,
             Checkpoints* checkpoints) {
    const ShallStop shall_stop = [&stop] { return stop.load(std::memory_order_relaxed) != 0; };
    return train(experiment, observers, shall_stop, checkpoints);
}

}  // namespace snnff
