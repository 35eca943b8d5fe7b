#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/checkpoint.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

inline constexpr double not_evaluated = std::numeric_limits<double>::quiet_NaN();

/// What can be wrong with what a population did in an epoch.
enum class Trouble : std::uint8_t {
    not_finite = 1,  ///< a loss or goodness was NaN or infinite
    dead = 2,        ///< no unit was active for any sample
    saturated = 4,   ///< every unit fired nearly as often as it can
    collapsed = 8,   ///< the goodness of positive samples is that of negative ones
};
inline constexpr Trouble all_troubles[] = {Trouble::not_finite, Trouble::dead, Trouble::saturated,
                                           Trouble::collapsed};
inline constexpr std::string_view trouble_names[] = {"not_finite", "dead", "saturated", "collapsed"};

/// What one population did in one epoch: means over the epoch's samples; NaN where it did not learn, and
/// for what its rule has none of: under backprop there is no goodness, and the last population has the loss.
/// Where a population also went wrong, `trouble` says how.
struct PopulationEpoch {
    double loss = not_evaluated;
    double goodness_positive = not_evaluated;
    double goodness_negative = not_evaluated;
    double spike_rate = not_evaluated;   ///< spikes per unit and step; NaN for units without spikes
    double weight_norm = not_evaluated;  ///< Frobenius norm after the epoch
    std::uint8_t trouble = 0;            ///< flags: what Trouble has of it
    std::int64_t n_not_finite = 0;       ///< updates whose loss was no finite number
};

struct EpochReport {
    std::int64_t epoch = 0;     ///< counted through the whole plan, from 0
    std::int64_t n_epochs = 0;  ///< of the whole plan
    /// The epoch whose weights a plan that keeps the best would end with by now; -1 where there is none.
    std::int64_t kept_epoch = -1;
    std::vector<PopulationEpoch> populations;
    Loss::Words words{};                      ///< whose goodness is meant
    double train_error = not_evaluated;       ///< percent
    double validation_error = not_evaluated;  ///< percent
    double test_error = not_evaluated;        ///< percent
    double test_loss = not_evaluated;         ///< mean cross-entropy, under backprop
    double seconds = 0.0;
};

/// What a network makes of a data set.
struct Evaluation {
    /// [sample x label], the loss's evidence summed over the predicting populations; under backprop the
    /// logits, which are what the last population answers. Empty where the read-out alone predicts.
    Matrix goodness;
    Matrix log_probability;  ///< [sample x label] by the read-out; empty where it has no part in it
    std::vector<std::int32_t> prediction;  ///< [sample]
    std::vector<std::int32_t> label;       ///< [sample]
    std::vector<std::string> class_names;  ///< by label; empty where labels are numbers only
    std::vector<double> spike_rate;        ///< per population under the predicted labels; NaN without spikes
    /// Accumulates that spikes cause per prediction, and the dense multiply-accumulates; per population.
    /// A prediction takes a presentation under every label, or a single one where none is written.
    std::vector<double> accumulates, multiply_accumulates;

    std::string goodness_meaning;  ///< what `goodness` holds, in words
    /// What a population's own goodness tells of classes.
    struct OfPopulation {
        std::string name;
        double error = not_evaluated;  ///< percent of predictions by it alone that are wrong
        Matrix mean_goodness;          ///< [true class x class]; of a class without samples 0
    };
    std::vector<OfPopulation> populations;  ///< empty where goodness is not of classes
    double loss = not_evaluated;            ///< mean cross-entropy of the logits, under backprop

    std::size_t n_labels() const noexcept { return std::max(goodness.cols(), log_probability.cols()); }
    double error() const noexcept;  ///< percent of predictions that are wrong
    /// [label x prediction] counts.
    std::vector<std::uint64_t> confusion() const;
};

/// Everything of a run that was read or built before the first step.
struct Experiment {
    ModelSpec model;
    Dataset train, validation, test;
    Network network;
    std::vector<DataFile> files{};  ///< all that was read, by role
    /// What is doubtful about the data: each a sentence with numbers and what would do.
    std::vector<std::string> doubts{};
    std::vector<std::string> notes{};  ///< how files were read, where they do not say all of it
};

/// Loads the data, checks it against the model and fills the parameters. Where overlay.value follows
/// from the data, the resolved model has the number from here on.
/// Throws FileError, DataError or ModelError.
Experiment build(ModelSpec model);

/// Population `k` of the model on `n_inputs` inputs, all parameters 0. Throws ModelError for a projection
/// that does not go with the model or these inputs.
Population make_population(const ModelSpec& model, std::size_t k, std::size_t n_inputs);
/// The model's populations one above the other, the first on `n_inputs` inputs, parameters as they are before
/// training. Throws FileError or DataError where they come from a file that does not serve.
Network make_network(const ModelSpec& model, std::size_t n_inputs);

/// Makes a data set that was read apart from build() fit for evaluation: labels are checked against
/// the model, inputs must be finite, and the label field is cleared. Throws DataError.
void prepare(Dataset& dataset, const ModelSpec& model);

/// Bytes training will hold at its peak: data, parameters, moments, activity.
std::size_t estimated_memory(const Experiment& experiment);

/// Watches a run; called between parallel passes, in the order of the run.
class Observer {
  public:
    virtual ~Observer() = default;
    /// fraction: of the whole plan that is done, 0..1. loss: of the batch just learnt.
    virtual void on_batch(double /*fraction*/, const Population& /*population*/, double /*loss*/) {}
    /// fraction: of the read-out's training that is done, which comes after the last epoch, or before an
    /// evaluation.
    virtual void on_readout(double /*fraction*/, double /*loss*/) {}
    virtual void on_epoch(const EpochReport&, const Network&) {}
    /// What of its own it needs to go on after a run was cut, in a section with its own name: a run goes on
    /// with other observers than it began with.
    virtual void show(State&) {}
};

bool has(const PopulationEpoch& what, Trouble trouble) noexcept;

/// A sentence on what population `k` had of `trouble` in an epoch, and what would help.
std::string describe(Trouble trouble, const EpochReport& report, const Network& network, std::size_t k);

enum class Ending { complete, interrupted };

/// Whether a run is to end where it is; once yes, always yes.
using ShallStop = std::function<bool()>;

/// Trains by the plan. `shall_stop` is asked before and after mini-batches, by one thread at a time; where it
/// says so, the run ends there. Throws RunError where goodness or loss stop being finite, or a population
/// dies, and the model's learning.on_divergence says to stop, naming population, epoch and batch. Where the
/// model has a read-out, it is trained at the end, and anew before every measurement it is needed for. The
/// result is the same bit for bit for any number of threads, and for a run that went on from one of its
/// checkpoints, which are saved when `checkpoints` says so and when the run is stopped.
Ending train(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop,
             Checkpoints* checkpoints = nullptr);
/// The same, ended once `stop` is not 0.
Ending train(Experiment& experiment, std::span<Observer* const> observers, const std::atomic<int>& stop,
             Checkpoints* checkpoints = nullptr);

/// Goodness of the first `limit` samples (0: all) under every label, their logits under backprop, or what
/// the network's read-out makes of them, as the model has it, and the prediction: the label with the most
/// of it. Throws RunError where the model predicts by a read-out that the network has not got.
Evaluation evaluate(const Network& network, const ModelSpec& model, const Dataset& dataset,
                    std::size_t limit = 0);

/// More than the largest machines have.
inline constexpr std::size_t most_threads = 4096;

/// How many threads parallel work may use from here on while this lives; 0: as many as
/// affinity and CPU quota allow.
class ThreadLimit {
  public:
    /// Throws UsageError for more than most_threads, before any is started; RunError where the system has no
    /// room for so many.
    explicit ThreadLimit(std::size_t n_threads);
    ~ThreadLimit();
    ThreadLimit(const ThreadLimit&) = delete;
    ThreadLimit& operator=(const ThreadLimit&) = delete;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace snnff
