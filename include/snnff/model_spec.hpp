#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/data_spec.hpp"
#include "snnff/learning_spec.hpp"
#include "snnff/network.hpp"
#include "snnff/network_spec.hpp"
#include "snnff/options.hpp"
#include "snnff/plan_spec.hpp"
#include "snnff/random.hpp"

namespace snnff {

/// What predicts a label: its goodness, the read-out without any label, or the sum of both
/// log-probabilities, that of goodness being log softmax(Loss::sharpness()·goodness).
enum class PredictBy { goodness, head, both };
inline constexpr std::string_view predict_by_names[] = {"goodness", "head", "both"};

/// How a label is predicted.
struct PredictionSpec {
    PredictBy by = PredictBy::goodness;
    std::size_t first_population = 0;  ///< goodness is summed from this one on
};

/// How often errors are measured while training goes on, and on what.
struct EvaluationSpec {
    std::int64_t every_n_epochs = 0;  ///< 0: only at the end
    std::size_t n_train = 0;          ///< training samples evaluated; 0: all
    bool test = false;                ///< the test set too; nothing is chosen by it
};

/// What of the activity is kept in the run file.
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

/// A model file after parsing: everything checked that can be checked without the data.
struct ModelSpec {
    std::string title;
    std::filesystem::path path;  ///< of the model file
    Seed seed{0};

    DataSpec data;
    NetworkSpec network;
    LearningSpec learning;
    PlanSpec plan;
    ReadoutSpec readout;
    PredictionSpec prediction;
    EvaluationSpec evaluation;
    RecordingSpec recording;

    /// Epochs of the whole plan.
    std::int64_t n_epochs() const noexcept { return plan.n_epochs(network.populations.size()); }
    /// Scores that a population's units have, one for each group of them.
    std::size_t n_scores() const noexcept { return learning.n_scores(data.overlay.n_labels); }

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
