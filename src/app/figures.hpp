#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "snnff/run_file.hpp"

namespace snnff::app {

struct PopulationFigures {
    std::string name, neuron;
    std::size_t n_units = 0, n_inputs = 0, n_parameters = 0;
    double final_loss = not_evaluated;  ///< of the last epoch in which it learnt
    double spike_rate = not_evaluated;  ///< spikes per unit and step, on the test set; NaN without spikes
    /// Per prediction, whatever presentations it takes: additions that spikes caused (NaN in a network
    /// without spikes), and the multiply-accumulates of the dense products.
    double accumulates = not_evaluated, multiply_accumulates = not_evaluated;
    double test_error = not_evaluated;  ///< by its goodness alone, where it has one of each class
};

/// What run, compare and info say of a run; NaN where the file does not have it. Errors in percent.
struct RunFigures {
    std::filesystem::path path;
    std::string title, status;
    std::string digest;  ///< empty where the file has none
    std::int64_t steps = 0, n_epochs = 0;
    std::int64_t kept_epoch = -1;  ///< whose weights the run ended with, where it kept the best; else -1
    std::uint64_t seed = 0;
    double train_error = not_evaluated, validation_error = not_evaluated, test_error = not_evaluated;
    std::size_t n_train = 0, n_validation = 0, n_test = 0;  ///< samples that these errors are of
    double seconds = not_evaluated;  ///< of training, evaluations between epochs included
    std::vector<PopulationFigures> populations;
    std::size_t readout_features = 0, readout_labels = 0;    ///< 0 without a read-out
    double readout_loss = not_evaluated;                     ///< cross-entropy in its last epoch
    std::vector<std::pair<std::string, std::string>> model;  ///< resolved keys, dotted, with values as TOML

    std::string neurons() const;  ///< "lif", or "lif, relu" from the input upwards
    double n_parameters() const;  ///< those of a read-out included
    double spike_rate() const;    ///< mean over all spiking units
    double accumulates() const;
    double multiply_accumulates() const;
    const PopulationFigures* find(const std::string& population) const;
};

/// Throws FileError where the file is no run file.
RunFigures read_figures(const std::filesystem::path& path);

/// The same as JSON; NaN becomes null.
nlohmann::ordered_json to_json(const RunFigures& figures);

/// Of all runs, each once, in the order in which they come up.
std::vector<std::string> population_names(const std::vector<RunFigures>& runs);

/// One table, run beside run, quantities from top to bottom, folded at so many columns.
std::string side_by_side(const std::vector<RunFigures>& runs, std::optional<std::size_t> columns = {});

/// What stands apart in the table, or in a column of it.
std::vector<std::string> column_names(const std::vector<RunFigures>& runs);

/// An error of something that is compared, in percent of so many samples; NaN where there is none.
struct ComparedError {
    std::string name;
    double error;
    std::size_t n_samples;
};

/// Says whose intervals overlap with that of the least error, a sentence; empty where none does.
std::string overlap_in_words(const std::string& what, const std::vector<ComparedError>& errors);

/// A key in which models differ, with its value in each; empty where a model does not have it.
struct Difference {
    std::string key;
    std::vector<std::string> values;
};
std::vector<Difference> differences(const std::vector<RunFigures>& runs);

}  // namespace snnff::app
