#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "snnff/run_file.hpp"

namespace snnff::app {

/// A trained network as a run file holds it, beside samples to present to it: what `eval` and `trace` start
/// from.
struct Trained {
    RunSummary summary;
    ModelSpec model;
    Network network;
    Dataset dataset;
    std::vector<std::string> doubts{};  ///< about the samples, held against those of training, and weights
};

/// Which samples.
struct SampleSource {
    std::string data;                ///< what data_from() takes; empty: the run's own data
    std::string split = "test";      ///< "test" or "train"
    std::vector<std::string> set{};  ///< "data.KEY=VALUE": how they are read
};

/// Reads the run's model with `overrides` applied, its parameters and the samples. Validation samples are the
/// last of the training file. Throws FileError, DataError, ModelError.
Trained read_trained(const std::filesystem::path& run, const SampleSource& source,
                     std::vector<Override> overrides = {});

/// A run's model says where labels are, but for those of earlier versions, in which "auto" went by time
/// alone.
void keep_label_place(ModelSpec& model);

/// What a run's model calls its classes, by label; empty where labels are numbers only.
std::vector<std::string> class_names_of(const ModelSpec& model);

/// The run's parameters in a network of `model`, which may present other samples for longer, and the samples
/// that the model reads. Throws likewise.
Trained read_trained_as(const std::filesystem::path& run, ModelSpec model, const std::string& split);

/// The same without samples, which are not read: the network's number of inputs is that of its weights.
Trained read_parameters_of(const std::filesystem::path& run);

}  // namespace snnff::app
