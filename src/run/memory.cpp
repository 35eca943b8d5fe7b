// What a run holds at its peak: what each of its parts says of itself, put together as they stand beside each
// other.
#include <algorithm>
#include <vector>

#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "engine/gradient.hpp"
#include "engine/update.hpp"
#include "parallel/parallel.hpp"
#include "rules/rule.hpp"
#include "run/best_weights.hpp"
#include "run/evaluate.hpp"
#include "run/frozen.hpp"
#include "run/head_training.hpp"
#include "run/plan.hpp"
#include "snnff/recorder.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// The program with its libraries and what HDF5 holds for an open run file, as measured on a run of the
/// smallest model: 25 MB, of which 12 MB are there before anything is read.
constexpr std::size_t program_bytes = 25'000'000;
/// Stack and heap of a thread that has taken part, its scratch apart.
constexpr std::size_t thread_bytes = 400'000;

std::size_t bytes_of(const Dataset& dataset) {
    const std::size_t values = dataset.series ? dataset.series->n_bytes() : dataset.x.size() * sizeof(float);
    return values + (dataset.label.size() + dataset.negative_label.size()) * sizeof(std::int32_t);
}

std::size_t bytes_of(const Network& network) {
    std::size_t floats = 0;
    for (const Population& population : network.populations) floats += population.n_floats();
    return floats * sizeof(float);
}

/// All data, which parts of one series share. Samples that were split off have left their place empty where
/// they were, unless all were copied to make room for labels.
std::size_t data_memory(const Experiment& experiment) {
    const Dataset &train = experiment.train, &validation = experiment.validation;
    std::size_t bytes = bytes_of(train) + bytes_of(experiment.test);
    if (train.series) return bytes + validation.label.size() * sizeof(std::int32_t);
    const bool copied = train.first_label_input > 0;
    return bytes + (copied ? 1 : 2) * bytes_of(validation);
}

/// [unit x input] as a file takes the weights of one edge: a copy at a time.
std::size_t copied_weights(const Network& network) {
    std::size_t most = 0;
    for (const Population& population : network.populations) {
        for (const Edge& edge : population.edges) most = std::max(most, edge.weight.size());
    }
    return most * sizeof(float);
}

class Training {
  public:
    explicit Training(const Experiment& experiment)
        : experiment_(experiment),
          model_(experiment.model),
          network_(experiment.network),
          n_samples_(experiment.train.size()),
          batch_(model_.plan.batch_size == 0 ? n_samples_ : std::min(model_.plan.batch_size, n_samples_)),
          plan_(make_plan(model_.plan, network_.populations.size())) {
        for (const Stage& stage : plan_)
            resting_.push_back(
                FrozenLayers::memory(network_, stage.learning.front(), model_.data, n_samples_));
        rule_ = model_.learning.rule->memory(model_.learning, network_, work());
    }

    /// What is held as long as there is training.
    std::size_t standing() const {
        std::size_t bytes =
            Presentations::memory(model_.data, n_samples_) + BestWeights::memory(network_, model_.plan);
        if (ranks()) bytes += n_samples_ * model_.data.overlay.n_labels * sizeof(float);
        return bytes + rule_.standing + batches();
    }

    /// The most that comes on top of it, for a while.
    std::size_t passing() const {
        std::size_t meanwhile = std::max(copied_weights(network_), readout_memory(experiment_));
        for (const EvaluationMemory& evaluation : evaluations())
            meanwhile = std::max(meanwhile, evaluation.shared);
        std::size_t most = meanwhile;
        for (const FrozenLayers::Held& held : resting_)
            most = std::max(most, held.kept + std::max(held.meanwhile, meanwhile));
        return most;
    }

    std::size_t of_thread() const {
        const std::size_t n_blocks = (batch_ + samples_per_chain - 1) / samples_per_chain;
        std::size_t most = rule_.of_thread;
        for (const EvaluationMemory& evaluation : evaluations()) most = std::max(most, evaluation.of_thread);
        return most + update_scratch(n_blocks * n_learnt_variants());
    }

  private:
    /// Those that an update learns from: under separated phases the positives, or all negatives.
    std::size_t n_learnt_variants() const {
        const std::size_t n = Presentations::n_variants(model_.data);
        return model_.plan.separate_phases ? std::max<std::size_t>(n - 1, 1) : n;
    }

    RuleWork work() const {
        const bool makes_images = model_.data.negatives && model_.data.negatives->makes_images();
        const std::size_t n_variants = n_learnt_variants();
        RuleWork work{
            .batch = {n_variants, batch_, model_.data.overlay.enabled ? model_.data.overlay.n_labels : 0,
                      !comes_constant(model_.data, experiment_.train)},
            .n_bases = makes_images ? n_variants : 1,
            .plan = plan_,
            .output_kept = std::vector<bool>(network_.populations.size())};
        for (std::size_t i = 0; i < plan_.size(); ++i) {
            for (std::size_t k = 0; k < resting_[i].n_climbed; ++k) work.output_kept[k] = true;
            for (std::size_t k = plan_[i].learning.front(); k < plan_[i].learning.back(); ++k)
                work.output_kept[k] = true;
        }
        return work;
    }

    bool ranks() const {
        return model_.data.negatives &&
               (model_.data.negatives->ranks(0, false) || model_.data.negatives->ranks(0, true));
    }

    /// Evaluations while training goes on.
    std::vector<EvaluationMemory> evaluations() const {
        std::vector<EvaluationMemory> all;
        const auto add = [&](PredictBy by, const Dataset& dataset, std::size_t limit = 0) {
            if (dataset.size() > 0) all.push_back(evaluation_memory(by, network_, model_, dataset, limit));
        };
        if (ranks()) add(PredictBy::goodness, experiment_.train);
        if (model_.evaluation.every_n_epochs > 0) {
            add(model_.prediction.by, experiment_.train, model_.evaluation.n_train);
            add(model_.prediction.by, experiment_.validation);
            if (model_.evaluation.test) add(model_.prediction.by, experiment_.test);
        }
        return all;
    }

    /// As many batches as there are parts of the rule, and one more, are on their way at a time.
    std::size_t batches() const {
        std::size_t gathered = 0;
        for (const FrozenLayers::Held& held : resting_)
            gathered = std::max(gathered, batch_ * held.of_variant * n_learnt_variants());
        const std::size_t n_batches = (n_samples_ + batch_ - 1) / batch_;
        const std::size_t n_on_their_way = std::min(n_batches, rule_.n_parts == 1 ? 1 : rule_.n_parts + 1);
        return n_on_their_way *
               (Presentations::batch_memory(model_.data, model_.plan, model_.learning.dropout,
                                            experiment_.train, batch_) +
                rule_.of_batch + gathered);
    }

    const Experiment& experiment_;
    const ModelSpec& model_;
    const Network& network_;
    std::size_t n_samples_, batch_;
    std::vector<Stage> plan_;
    std::vector<FrozenLayers::Held> resting_;  // [stage]
    RuleMemory rule_;
};

}  // namespace

std::size_t estimated_memory(const Experiment& experiment) {
    const Training training(experiment);
    const ModelSpec& model = experiment.model;
    std::size_t afterwards = copied_weights(experiment.network);
    // Threads keep their scratch; what evaluations add to it comes when training's own memory is free again.
    const std::size_t scratch = training.of_thread();
    std::size_t scratch_afterwards = scratch;
    for (const Dataset* dataset : {&experiment.train, &experiment.validation, &experiment.test}) {
        if (dataset->size() == 0) continue;
        const std::size_t limit = dataset == &experiment.train ? model.evaluation.n_train : 0;
        const EvaluationMemory evaluation =
            evaluation_memory(model.prediction.by, experiment.network, model, *dataset, limit);
        afterwards = std::max(afterwards, evaluation.shared);
        scratch_afterwards = std::max(scratch_afterwards, evaluation.of_thread);
    }
    // While room for labels is made beside the inputs of a data set, it is held twice.
    std::size_t while_read = 0;
    for (const Dataset* dataset : {&experiment.train, &experiment.validation, &experiment.test})
        if (!dataset->series && dataset->first_label_input > 0)
            while_read = std::max(while_read, bytes_of(*dataset));
    const std::size_t data = data_memory(experiment);
    const std::size_t of_run = bytes_of(experiment.network) + recording_memory(experiment) +
                               std::max(training.standing() + training.passing() + n_threads() * scratch,
                                        afterwards + n_threads() * scratch_afterwards);
    return program_bytes + n_threads() * thread_bytes + data + std::max(of_run, while_read);
}

}  // namespace snnff
