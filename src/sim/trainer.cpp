#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "kernels/dispatch.hpp"
#include "sim/best_weights.hpp"
#include "sim/encoded_input.hpp"
#include "sim/evaluate.hpp"
#include "sim/frozen.hpp"
#include "sim/plan.hpp"
#include "sim/presentations.hpp"
#include "sim/readout.hpp"
#include "sim/rule.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// Sums over an epoch for one population, weighted by samples; what there was none of becomes NaN.
struct EpochSums {
    double loss = 0.0, goodness_positive = 0.0, goodness_negative = 0.0, rate = 0.0;
    std::size_t n_losses = 0, n_positive = 0, n_negative = 0, n_rates = 0;

    void add_loss(double batch_loss, std::size_t n_samples) {
        loss += batch_loss * static_cast<double>(n_samples);
        n_losses += n_samples;
    }
    void add(const Activity& activity, std::size_t n_positive_variants) {
        for (std::size_t v = 0; v < activity.goodness.size(); ++v) {
            const bool positive = v < n_positive_variants;
            double& goodness = positive ? goodness_positive : goodness_negative;
            for (const double g : activity.goodness[v]) goodness += g;
            (positive ? n_positive : n_negative) += activity.goodness[v].size();
        }
        for (const auto& variant : activity.rate) {
            for (const double r : variant) rate += r;
            n_rates += variant.size();
        }
    }
    PopulationEpoch means(const Population& population) const {
        PopulationEpoch epoch;
        epoch.loss = loss / static_cast<double>(n_losses);
        epoch.goodness_positive = goodness_positive / static_cast<double>(n_positive);
        epoch.goodness_negative = goodness_negative / static_cast<double>(n_negative);
        if (population.neuron->spiking()) epoch.spike_rate = rate / static_cast<double>(n_rates);
        const std::span<const float> weights = population.weight.values();
        epoch.weight_norm = std::sqrt(kernels::active().sum_squares(weights.data(), weights.size()));
        return epoch;
    }
};

class Trainer {
  public:
    Trainer(Experiment& experiment, std::span<Observer* const> observers, const std::atomic<int>& stop)
        : experiment_(experiment),
          model_(experiment.model),
          network_(experiment.network),
          observers_(observers),
          stop_(stop),
          plan_(make_plan(model_.plan, network_.populations.size())),
          presentations_(model_, experiment.train, network_.populations.front().normalisation),
          rule_(make_rule(model_, network_, !comes_constant(model_, experiment.train))),
          batch_(network_),
          epochs_learnt_(network_.populations.size(), 0) {
        for (const Stage& stage : plan_) n_epochs_ += stage.epochs;
    }

    Ending run() {
        for (const Stage& stage : plan_) {
            FrozenLayers frozen(network_, stage.learning.front(), presentations_);
            std::uint64_t n_batches_of_stage = 0;
            for (std::int64_t e = 0; e < stage.epochs; ++e, ++epoch_) {
                const auto began = std::chrono::steady_clock::now();
                begin_epoch(stage.begins_episode && e == 0);
                sums_.assign(network_.populations.size(), {});
                for (std::size_t b = 0; b < presentations_.n_batches(); ++b) {
                    const Dropout dropout{model_.seed, model_.dropout, n_batches_++};
                    dropout_ = model_.dropout > 0.0 ? &dropout : nullptr;
                    const Side side = side_of(model_.plan, presentations_.n_batches(), n_batches_of_stage++);
                    frozen.enter(presentations_.samples(b), side, dropout_, batch_);
                    learn(stage, b);
                    if (stop_.load(std::memory_order_relaxed) != 0) return Ending::interrupted;
                }
                for (const std::size_t k : stage.learning) ++epochs_learnt_[k];
                report(stage, began);
                if (best_.out_of_patience(model_.plan)) return end();
            }
        }
        return end();
    }

  private:
    /// Where the best weights were kept, they are the ones to end with.
    Ending end() {
        if (model_.plan.keep_best) best_.restore(network_);
        if (!model_.readout.softmax) return Ending::complete;
        return train_head(model_, network_, experiment_.train, stop_) ? Ending::complete
                                                                      : Ending::interrupted;
    }

    void begin_epoch(bool begins_episode) {
        if (model_.negatives && model_.negatives->ranks(epoch_, begins_episode)) {
            ranking_ = evaluate_by(PredictBy::goodness, network_, model_, experiment_.train).goodness;
        }
        presentations_.begin_epoch(epoch_, ranking_);
    }

    void learn(const Stage& stage, std::size_t b) {
        const std::span<const std::uint32_t> samples = presentations_.samples(b);
        std::vector<std::int32_t> label;
        for (const std::uint32_t sample : samples) label.push_back(experiment_.train.label[sample]);
        std::vector<double> progress;
        for (const std::int64_t n : epochs_learnt_) progress.push_back(progress_after(n, b));
        for (const auto& [k, loss] : rule_->learn(batch_, {stage, progress, label, dropout_})) {
            const Population& population = network_.populations[k];
            check(population, batch_.activity(k), loss, b);
            sums_[k].add_loss(loss, samples.size());
            for (Observer* observer : observers_) observer->on_batch(fraction(b), population, loss);
        }
        for (const std::size_t k : stage.learning) sums_[k].add(batch_.activity(k), batch_.n_positive());
    }

    /// Makes sure that labels can be predicted now; false where the run was stopped meanwhile.
    bool has_predictor() {
        return model_.predict_by == PredictBy::goodness ||
               train_head(model_, network_, experiment_.train, stop_);
    }

    void check(const Population& population, const Activity& activity, double loss, std::size_t b) const {
        if (std::isfinite(loss)) return;
        float largest = 0.0f;
        bool weights_are_finite = true;
        for (const float w : population.weight.values()) {
            weights_are_finite = weights_are_finite && std::isfinite(w);
            largest = std::max(largest, std::abs(w));
        }
        bool goodness_is_finite = true;
        for (const auto& variant : activity.goodness) {
            for (const double g : variant) goodness_is_finite = goodness_is_finite && std::isfinite(g);
        }
        throw RunError(fmt::format(
            "epoch {}, batch {}, population \"{}\": {} is not finite, {}; a smaller learning.rate usually "
            "helps",
            epoch_, b, population.name, goodness_is_finite ? "loss" : "goodness",
            weights_are_finite ? fmt::format("largest weight {:.2g}", static_cast<double>(largest))
                               : "neither are the weights"));
    }

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

    void report(const Stage& stage, std::chrono::steady_clock::time_point began) {
        EpochReport report;
        report.epoch = epoch_;
        report.n_epochs = n_epochs_;
        report.populations.resize(network_.populations.size());
        for (const std::size_t k : stage.learning)
            report.populations[k] = sums_[k].means(network_.populations[k]);
        report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        const std::int64_t every = model_.evaluate_every_n_epochs;
        if (every > 0 && ((epoch_ + 1) % every == 0 || epoch_ + 1 == n_epochs_) && has_predictor()) {
            report.train_error =
                evaluate(network_, model_, experiment_.train, model_.n_evaluated_train).error();
            if (experiment_.validation.size() > 0) {
                report.validation_error = evaluate(network_, model_, experiment_.validation).error();
                best_.note(epoch_, report.validation_error, network_, model_.plan);
            }
            if (model_.evaluate_test && experiment_.test.size() > 0) {
                const Evaluation test = evaluate(network_, model_, experiment_.test);
                report.test_error = test.error();
                report.test_loss = test.loss;
            }
        }
        report.kept_epoch = best_.kept_epoch();
        for (Observer* observer : observers_) observer->on_epoch(report, network_);
    }

    const Experiment& experiment_;
    const ModelSpec& model_;
    Network& network_;
    std::span<Observer* const> observers_;
    const std::atomic<int>& stop_;
    std::vector<Stage> plan_;
    std::int64_t n_epochs_ = 0, epoch_ = 0;
    Presentations presentations_;
    std::unique_ptr<Rule> rule_;
    Batch batch_;
    Matrix ranking_;  // goodness [sample x label] that the negatives asked for last
    std::uint64_t n_batches_ = 0;
    const Dropout* dropout_ = nullptr;
    BestWeights best_;
    std::vector<std::int64_t> epochs_learnt_;
    std::vector<EpochSums> sums_;
};

}  // namespace

Ending train(Experiment& experiment, std::span<Observer* const> observers, const std::atomic<int>& stop) {
    return Trainer(experiment, observers, stop).run();
}

}  // namespace snnff
