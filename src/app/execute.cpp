#include "app/execute.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "app/output.hpp"
#include "app/progress.hpp"
#include "app/provenance.hpp"
#include "snnff/error.hpp"
#include "snnff/recorder.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

class EpochWriter : public Observer {
  public:
    explicit EpochWriter(RunFileWriter& writer) : writer_(writer) {}
    void on_epoch(const EpochReport& report, const Network&) override { writer_.append_epoch(report); }

  private:
    RunFileWriter& writer_;
};

/// Takes the half-written file away again unless the run got as far as closing it.
class DiscardOnFailure {
  public:
    explicit DiscardOnFailure(RunFileWriter& writer) : writer_(writer) {}
    ~DiscardOnFailure() {
        if (armed_) writer_.discard();
    }
    DiscardOnFailure(const DiscardOnFailure&) = delete;
    DiscardOnFailure& operator=(const DiscardOnFailure&) = delete;
    void disarm() noexcept { armed_ = false; }

  private:
    RunFileWriter& writer_;
    bool armed_ = true;
};

void write_evaluations(const Experiment& experiment, RunFileWriter& writer) {
    const auto write = [&](std::string_view split, const Dataset& dataset, std::size_t limit = 0) {
        if (dataset.size() == 0) return;
        writer.write_evaluation(split, evaluate(experiment.network, experiment.model, dataset, limit));
    };
    write("train", experiment.train, experiment.model.n_evaluated_train);
    write("validation", experiment.validation);
    write("test", experiment.test);
}

}  // namespace

std::vector<Override> overrides_of(const std::vector<std::string>& assignments,
                                   const std::optional<std::uint64_t>& seed) {
    std::vector<Override> overrides;
    for (const std::string& assignment : assignments) {
        const std::size_t at = assignment.find('=');
        if (at == std::string::npos || at == 0) {
            throw UsageError(fmt::format("--set {}: no \"=\" in it; KEY=VALUE is what it takes", assignment));
        }
        overrides.push_back({assignment.substr(0, at), assignment.substr(at + 1)});
    }
    if (seed) overrides.push_back({"seed", std::to_string(*seed)});
    return overrides;
}

void check_output(const std::filesystem::path& output, bool force) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::file_status status = fs::status(output, error);
    if (fs::is_directory(status)) {
        throw UsageError(fmt::format("{}: is a folder; -o names a file", output.string()));
    }
    if (fs::exists(status) && !force) {
        throw UsageError(
            fmt::format("{}: exists already; --force replaces it, -o names another", output.string()));
    }
    const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        throw FileError(fmt::format("{}: cannot be made in {}: {}", output.string(), folder.string(),
                                    std::strerror(errno)));
    }
}

Experiment load_experiment(const std::filesystem::path& model, const std::vector<Override>& overrides) {
    return build(read_model(model, overrides));
}

Ending execute(const RunRequest& request, const std::atomic<int>& stop) {
    check_output(request.output, request.force);
    return execute(request, read_model(request.model, request.overrides), stop);
}

Ending execute(const RunRequest& request, ModelSpec model, const std::atomic<int>& stop) {
    check_output(request.output, request.force);
    const ThreadLimit threads(request.n_threads);
    Experiment experiment = build(std::move(model));
    if (stop != 0) return Ending::interrupted;

    RunFileWriter writer(request.output, request.force);
    DiscardOnFailure discard(writer);
    writer.describe(experiment.model.title, to_toml(experiment.model.resolved),
                    provenance_of(experiment, request.n_threads, request.command_line));
    std::vector<std::string> names;
    for (const Population& population : experiment.network.populations) names.push_back(population.name);
    writer.begin_training(names);

    EpochWriter epochs(writer);
    const std::unique_ptr<Observer> recorder = make_recorder(experiment, writer);
    std::optional<Progress> progress;
    std::vector<Observer*> observers{&epochs};
    if (recorder) observers.push_back(recorder.get());
    if (!request.quiet) observers.push_back(&progress.emplace());
    observers.insert(observers.end(), request.observers.begin(), request.observers.end());

    const Ending ending = train(experiment, observers, stop);
    progress.reset();
    for (const Population& population : experiment.network.populations) writer.write_population(population);
    if (experiment.network.head) writer.write_readout(*experiment.network.head);
    if (ending == Ending::complete) write_evaluations(experiment, writer);
    writer.close(ending == Ending::complete ? RunStatus::complete : RunStatus::interrupted);
    discard.disarm();
    return ending;
}

}  // namespace snnff::app
