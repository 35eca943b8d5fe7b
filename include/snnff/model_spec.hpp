#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snnff/data_file.hpp"
#include "snnff/learning.hpp"
#include "snnff/network.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// What is to be said of parameters that came from a file, a sentence each.
struct Remarks {
    std::vector<std::string> notes;   ///< how it was read
    std::vector<std::string> doubts;  ///< where it may not mean what was wanted
};

/// Fills a population's parameters before training.
class Initialiser {
  public:
    virtual ~Initialiser() = default;
    /// `index` numbers the populations from 0, so that each draws its own numbers.
    /// Throws FileError or DataError where parameters come from a file that will not do.
    virtual void fill(Population& population, std::uint32_t index, Seed seed) const = 0;
    /// Where parameters come from, read anew; nothing where they are drawn. Throws FileError.
    virtual std::optional<DataFile> file() const { return {}; }
    /// Of a population that fill() filled; the file is read anew.
    virtual Remarks remarks(const Population&) const { return {}; }
};

/// What a change of weights follows from.
enum class LearningRule {
    forward_forward,  ///< each population's own goodness
    backprop,         ///< the softmax cross-entropy of what the last population answers
};
/// What a run does where numbers go wrong.
enum class OnDivergence { automatic, stop, skip, warn };
inline constexpr std::string_view on_divergence_names[] = {"auto", "stop", "skip", "warn"};

inline constexpr std::string_view learning_rule_names[] = {"forward_forward", "backprop"};

/// In which order populations learn.
enum class PlanOrder {
    simultaneous,    ///< every population on every batch
    layer_by_layer,  ///< all epochs of the first population, then all of the next
    per_batch,       ///< on each batch, `updates_per_batch` of the first population, then of the next
};
inline constexpr std::string_view plan_order_names[] = {"simultaneous", "layer_by_layer", "per_batch"};

struct PopulationSpec {
    std::string name;
    std::size_t n_units = 0;
    std::shared_ptr<const NeuronModel> neuron;
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();
    Readout measure = Readout::activation;  ///< has no meaning under backprop
    Readout output = Readout::activation;
    bool bias = true;
    std::unique_ptr<Initialiser> init;
};

struct PlanSpec {
    PlanOrder order = PlanOrder::simultaneous;
    std::int64_t epochs = 1;    ///< of each population
    std::int64_t episodes = 1;  ///< how often the whole plan is gone through
    std::int64_t updates_per_batch = 1;
    std::size_t batch_size = 100;  ///< 0: all samples in one batch
    bool shuffle = true;
    bool separate_phases = false;    ///< positives and negatives in updates of their own
    std::int64_t phase_updates = 0;  ///< updates on the one before as many on the other; 0: a whole epoch
    bool keep_best = false;          ///< end with the weights of the epoch with the lowest validation error
    std::int64_t patience =
        0;  ///< measurements without a lower validation error before training ends; 0: never
};

/// A softmax regression that learns from what trained populations answer.
struct ReadoutSpec {
    bool softmax = false;              ///< whether there is one
    std::size_t first_population = 0;  ///< the first one whose output it sees
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of each population's output
    bool standardise =
        true;  ///< by the batch's overall mean and deviation; in prediction by the training set's
    std::int64_t epochs = 10;
    std::size_t batch_size = 100;  ///< 0: all samples in one batch
    double rate = 0.005, weight_decay = 0.0;
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
};

/// What predicts a label: its goodness, the read-out without any label, or the sum of both
/// log-probabilities, that of goodness being log softmax(Loss::sharpness()·goodness).
enum class PredictBy { goodness, head, both };
inline constexpr std::string_view predict_by_names[] = {"goodness", "head", "both"};

struct RecordingSpec {
    std::int64_t every_n_epochs = 0;       ///< 0: only after the last epoch
    std::vector<std::string> populations;  ///< empty: all
    std::vector<std::string> variables;    ///< membrane, spikes, current, activation; empty: none
    std::vector<std::int64_t> samples;     ///< indices into the test samples
    std::vector<std::int64_t> neurons;     ///< unit indices; empty: the first n_neurons
    std::int64_t n_neurons = 50;
    std::int64_t every_n_steps = 1;
    std::vector<std::string> phases;   ///< positive, negative, neutral
    std::vector<std::int64_t> labels;  ///< under which samples are presented besides
};

/// How training images differ from epoch to epoch; see augment_images().
struct Augmentation {
    std::int64_t shift_pixels = 0;  ///< moved by up to this many whole pixels each way
    double warp_pixels = 0.0;       ///< standard deviation of a smooth field of displacements along each axis
    bool mirror = false;            ///< every other image, on average, left for right
    bool any() const noexcept { return shift_pixels > 0 || warp_pixels > 0.0 || mirror; }
};

/// A model file after parsing: everything checked that can be checked without the data.
struct ModelSpec {
    std::string title;
    std::filesystem::path path;  ///< of the model file
    Seed seed{0};
    TimeGrid time;

    std::unique_ptr<DatasetReader> dataset;
    std::size_t n_train = 0, n_validation = 0, n_test = 0;  ///< 0: all (validation: none)
    Augmentation augmentation;

    std::unique_ptr<Encoding> encoding;  ///< of the samples, for the first population

    LabelOverlay overlay;
    bool overlay_value_is_max = true;      ///< overlay.value follows from the training data
    std::unique_ptr<Negatives> negatives;  ///< null under backprop
    std::size_t negatives_per_positive = 1;

    std::vector<PopulationSpec> populations;

    LearningRule rule = LearningRule::forward_forward;
    std::unique_ptr<Goodness> goodness;  ///< null under backprop
    std::unique_ptr<Loss> loss;          ///< null under backprop
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
    double rate = 0.001;
    double weight_decay = 0.0;
    double dropout = 0.0;  ///< share of a population's normalised inputs that an update leaves out
    OnDivergence on_divergence = OnDivergence::automatic;

    PlanSpec plan;
    ReadoutSpec readout;
    PredictBy predict_by = PredictBy::goodness;
    std::size_t first_predicting_population = 0;  ///< goodness is summed from this one on
    std::int64_t evaluate_every_n_epochs = 0;     ///< 0: only at the end
    std::size_t n_evaluated_train = 0;            ///< training samples evaluated; 0: all
    bool evaluate_test = false;                   ///< the test set too; nothing is chosen by it
    RecordingSpec recording;

    /// Epochs of the whole plan.
    std::int64_t n_epochs() const noexcept {
        const bool one_by_one = plan.order == PlanOrder::layer_by_layer;
        return plan.epochs * plan.episodes * (one_by_one ? static_cast<std::int64_t>(populations.size()) : 1);
    }

    /// What the network is shown, and learns from.
    Loss::Takes takes() const noexcept {
        if (loss) return loss->takes();
        return rule == LearningRule::backprop ? Loss::Takes::classes : Loss::Takes::pairs;
    }
    /// Scores that a population's units have, one for each group of them.
    std::size_t n_scores() const noexcept { return goodness ? goodness->n_scores(overlay.n_labels) : 1; }

    /// Whether an update of this loss is made.
    bool takes_update(double loss) const noexcept {
        return std::isfinite(loss) || on_divergence == OnDivergence::warn;
    }

    std::vector<GivenFile> given_files;  ///< files and folders that the model names

    Node resolved;  ///< every default filled in, every override applied
};

/// `--set key=value`, as typed; the value is TOML (a bare word is taken as a string).
struct Override {
    std::string key;
    std::string value;
    std::string typed{};  ///< the option as typed ("--seed 7"), for messages; empty: --set key=value
    bool adds = false;    ///< may bring a table that the file does not have: a further population
};

/// Reads and checks a model file. Throws FileError where it cannot be read and ModelError, with
/// file, line, column, key and what is allowed, where it is wrong. Overrides that add come first, whatever
/// their place among the others: those change what there is.
ModelSpec read_model(const std::filesystem::path& path, std::span<const Override> overrides);
/// The same from text, as kept in a run file; `name` stands for the file in messages and relative
/// paths are taken from `folder`.
ModelSpec read_model_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                          std::span<const Override> overrides);

/// A read-out of the model's populations, its parameters all zero: the loss is convex, so that every start
/// leads to the same minimum.
SoftmaxHead make_head(const ModelSpec& model);

/// Every key of a model file with unit, default, allowed values and meaning.
std::vector<KeyDoc> model_keys();
/// A JSON Schema (draft-07) of model files, made from model_keys(). It knows every key, its type and its
/// bounds; rules that tie one key to another are read_model()'s alone.
std::string model_schema();
/// A table as TOML.
std::string to_toml(const Node& table);

}  // namespace snnff
