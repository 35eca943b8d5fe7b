#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/checkpoints.hpp"
#include "snnff/training.hpp"

namespace snnff::app {

/// A run as asked for on the command line.
struct RunRequest {
    std::filesystem::path model, output;
    std::vector<Override> overrides;
    std::size_t n_threads = 0;               ///< 0: as many as the process may use
    std::string threads_from = "--threads";  ///< what asked for n_threads, where it is not 0
    bool force = false;                      ///< replace an existing output once the new one is complete
    bool quiet = false;                      ///< no progress
    bool warns = true;                       ///< says where populations get into trouble
    bool live = false;                       ///< others can read the run file while it is written
    std::string command_line;
    std::vector<Observer*> observers{};  ///< who else watches
    CheckpointPlan checkpoints{};
    Continuation* from = nullptr;  ///< where a run that was cut goes on
    /// Written: the name that the run has at its end, empty where nothing of it is kept. Whoever gives none
    /// is told by a FileError where a complete run could not have the name `output`.
    std::filesystem::path* ended_at = nullptr;
};

/// KEY=VALUE as given to options of the command line.
struct Assignments {
    std::vector<std::string> set;  ///< --set: keys of tables that the model has
    std::vector<std::string> add;  ///< --add: keys of a further population
};

/// What `--set KEY=VALUE`, `--add KEY=VALUE` and `--seed N` ask for; throws UsageError where there is no "=".
std::vector<Override> overrides_of(const Assignments& assignments, const std::optional<std::uint64_t>& seed);

/// Reads, builds, trains, evaluates and records. The run file is there only once model and data were
/// found good, and goes again where the run fails. Ends early, with a closed file of status
/// `interrupted`, once `stop` is set; where that is before training, no file is made.
/// The model was read before signals are kept for `stop`: a pipe nobody writes to is waited for, and Ctrl-C
/// ends that.
Ending execute(const RunRequest& request, ModelSpec model, const std::atomic<int>& stop);

/// Reads the model of a request, after a look at whether its run can be written.
ModelSpec read_model_for(const RunRequest& request);

/// The same with an experiment that was built.
Ending execute(const RunRequest& request, Experiment experiment, const std::atomic<int>& stop);

/// The experiment as `execute` would train it.
Experiment load_experiment(const std::filesystem::path& model, const std::vector<Override>& overrides);

}  // namespace snnff::app
