#include "app/execute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "app/outcome.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/progress.hpp"
#include "app/provenance.hpp"
#include "app/signals.hpp"
#include "app/unfinished.hpp"
#include "app/warnings.hpp"
#include "core/numbers.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "io/summed_file.hpp"
#include "io/turn.hpp"
#include "snnff/error.hpp"
#include "snnff/recorder.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

/// Takes a file away again where the run fails before an epoch is in it, or before it holds what it goes on
/// from; closes it as interrupted where the run fails later, unless it was closed.
class CloseOnFailure {
  public:
    CloseOnFailure(RunFileWriter& writer, std::filesystem::path run, const Continuation* from)
        : writer_(writer), run_(std::move(run)), from_(from) {}
    ~CloseOnFailure() {
        if (closed_) return;
        if (!holds_something()) {
            try {
                const Turn turn(run_);  // or names that are free again are another process's by then
                take_away();
            } catch (const Error&) {
                take_away();
            }
            return;
        }
        try {
            writer_.close(RunStatus::interrupted);
        } catch (const std::exception&) {  // of memory that ran out, too
            return;  // what it held is there still; the failure that brought us here is the one to tell of
        }
    }
    CloseOnFailure(const CloseOnFailure&) = delete;
    CloseOnFailure& operator=(const CloseOnFailure&) = delete;
    void has_an_epoch() noexcept { has_an_epoch_ = true; }
    void closed() noexcept { closed_ = true; }
    /// Says what would do, where a disk was full or gone.
    [[noreturn]] void tell(const FileError& error) const {
        const bool saved = from_ != nullptr || (has_an_epoch_ && writer_.in_place());
        if (!saved || !std::filesystem::exists(checkpoint_paths(run_).front())) throw error;
        throw FileError(
            fmt::format("{}; once that is put right: snnff-sim resume {}", error.what(), run_.string()));
    }

  private:
    void take_away() noexcept {
        writer_.discard();
        // Beside a file that it has not replaced yet, checkpoints are of that one.
        if (from_ == nullptr && writer_.in_place()) remove_checkpoints(run_);
    }
    /// What can be gone on with stays until what replaces it can.
    bool holds_something() const noexcept {
        if (from_ != nullptr) return from_->finished() || has_an_epoch_;
        return has_an_epoch_ && writer_.in_place();
    }

    RunFileWriter& writer_;
    std::filesystem::path run_;
    const Continuation* from_;
    bool has_an_epoch_ = false, closed_ = false;
};

class EpochWriter : public Observer {
  public:
    EpochWriter(RunFileWriter& writer, CloseOnFailure& on_failure, Continuation* from)
        : writer_(writer), on_failure_(on_failure), from_(from) {}
    void on_epoch(const EpochReport& report, const Network&) override {
        writer_.append_epoch(report);
        on_failure_.has_an_epoch();
    }
    void show(State& state) override {
        if (!state.restoring()) return writer_.show(state, {}, {});
        writer_.show(state, from_->written(), from_->index());
    }

  private:
    RunFileWriter& writer_;
    CloseOnFailure& on_failure_;
    Continuation* from_;
};

void write_evaluations(const Experiment& experiment, RunFileWriter& writer, Outcome& outcome) {
    const auto write = [&](std::string_view split, const Dataset& dataset, std::size_t limit = 0) {
        if (dataset.size() == 0) return;
        const Evaluation evaluation = evaluate(experiment.network, experiment.model, dataset, limit);
        writer.write_evaluation(split, evaluation);
        outcome.on_evaluation(split, evaluation);
    };
    write("train", experiment.train, experiment.model.evaluation.n_train);
    write("validation", experiment.validation);
    write("test", experiment.test);
}

/// Of no other run, on this machine or another.
std::string new_run_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// The model file, and files that it names.
std::vector<std::filesystem::path> files_named_by(const ModelSpec& model) {
    std::vector<std::filesystem::path> files{model.path};
    std::error_code ignored;
    for (const GivenFile& given : model.given_files) {
        if (!std::filesystem::is_directory(given.path, ignored)) files.push_back(given.path);
    }
    return files;
}

/// Those, and what was read in folders that it names.
std::vector<std::filesystem::path> files_read_for(const Experiment& experiment) {
    std::vector<std::filesystem::path> files = files_named_by(experiment.model);
    for (const Dataset* dataset : {&experiment.train, &experiment.validation, &experiment.test}) {
        for (const DataFile& file : dataset->files) files.push_back(file.path);
    }
    return files;
}

/// Throws where the run cannot be written, for what is there now; returns whether it is to replace another.
bool check_place_of(const RunRequest& request) {
    check_output(request.output, request.force, Beside::checkpoints);
    refuse_strangers(request.output, Beside::checkpoints);
    const std::filesystem::path place = behind_links(request.output);
    const bool replaces = request.from == nullptr && request.force && std::filesystem::exists(place);
    if (!replaces) {
        if (request.from == nullptr) refuse_if_awaited(place);
        return false;
    }
    refuse_if_in_use(place);
    check_way(unfinished_beside(place));
    return true;
}

/// A run goes on with the data it began with, or not at all. Paths may differ: what counts are the bytes.
void check_data(const CheckpointHead& before, const CheckpointHead& now) {
    const auto same = [](const DataFile& a, const DataFile& b) {
        return a.role == b.role && a.sha256 == b.sha256;
    };
    if (std::ranges::equal(before.data, now.data, same)) return;
    std::string changed;
    for (const DataFile& file : now.data) {
        if (std::ranges::any_of(before.data, [&](const DataFile& other) { return same(file, other); }))
            continue;
        changed += fmt::format("{}{} ({})", changed.empty() ? "" : ", ", file.path.string(), file.role);
    }
    throw DataError(fmt::format("{} changed since the run began; it can go on only with the data it had",
                                changed.empty() ? "the set of data files" : changed));
}

}  // namespace

std::vector<Override> overrides_of(const Assignments& assignments, const std::optional<std::uint64_t>& seed) {
    std::vector<Override> overrides;
    const auto take = [&](const std::string& assignment, const char* option, bool adds) {
        const std::size_t at = assignment.find('=');
        if (at == std::string::npos || at == 0) {
            throw UsageError(
                fmt::format("{} {}: no \"=\" in it; KEY=VALUE is what it takes", option, assignment));
        }
        overrides.push_back({assignment.substr(0, at), assignment.substr(at + 1), "", adds});
    };
    for (const std::string& assignment : assignments.add) take(assignment, "--add", true);
    for (const std::string& assignment : assignments.set) take(assignment, "--set", false);
    if (seed) overrides.push_back({"seed", std::to_string(*seed)});
    return overrides;
}

Experiment load_experiment(const std::filesystem::path& model, const std::vector<Override>& overrides) {
    return build(read_model(model, overrides));
}

ModelSpec read_model_for(const RunRequest& request) {
    check_output(request.output, request.force, Beside::checkpoints);
    return read_model(request.model, request.overrides);
}

Ending execute(const RunRequest& request, ModelSpec model, const std::atomic<int>& stop) {
    check_output(request.output, request.force, Beside::checkpoints);
    refuse_inputs(request.output, files_named_by(model), Beside::checkpoints);
    check_place_of(request);
    const ThreadLimit threads(request.n_threads);
    return execute(request, build(std::move(model)), stop);
}

Ending execute(const RunRequest& request, Experiment experiment, const std::atomic<int>& stop) {
    if (stop != 0) {
        if (request.warns) note(stopped_before(request.output, request.from != nullptr));
        return Ending::interrupted;
    }
    const ThreadLimit threads(request.n_threads);
    const bool goes_on = request.from != nullptr;
    CheckpointHead head{.run_id = goes_on ? request.from->head().run_id : new_run_id(),
                        .model_toml = to_toml(experiment.model.resolved),
                        .numbers = numbers,
                        .data = experiment.files,
                        .n_resumed = goes_on ? request.from->head().n_resumed + 1 : 0};
    if (goes_on) check_data(request.from->head(), head);
    refuse_inputs(request.output, files_read_for(experiment), Beside::checkpoints);

    // Where it is a link, the file behind it is what is written, replaced and gone on with.
    const std::filesystem::path place = behind_links(request.output);
    std::optional<SummedFile> there;
    if (request.force && !goes_on) there.emplace(place);
    // What is found from here on stays so until the run's file is made, and locked.
    std::optional<Turn> turn(std::in_place, place);
    const bool replaces = check_place_of(request);
    const std::filesystem::path output = replaces ? unfinished_beside(place) : place;
    // An earlier attempt that can be gone on with stays until this one has come as far.
    const std::string attempt = replaces ? about_cut_run(output) : "";
    Provenance met;
    if (replaces) {
        if (attempt.empty())
            make_way(output);
        else
            check_way(output);
        if (request.warns && !attempt.empty()) {
            note(fmt::format("{} is there{}; it stays until the new run has a checkpoint after an epoch",
                             output.string(), attempt));
        }
        const std::string cut = about_cut_run(place);
        if (request.warns && !cut.empty()) {
            note(fmt::format("{} is there{}; it stays until the new one is complete", request.output.string(),
                             cut));
        }
        add_place(met, *there);
    }
    RunFileWriter writer(output, goes_on || !attempt.empty(), request.live);
    CloseOnFailure on_failure(writer, output, request.from);
    if (!goes_on && attempt.empty()) remove_checkpoints(output);  // of a run that this one replaces
    Provenance provenance =
        provenance_of(experiment, {request.n_threads, request.threads_from}, request.command_line);
    if (goes_on) {
        provenance.stretches.front().first_epoch = request.from->head().n_epochs;
        provenance = request.from->with_stretch(std::move(provenance.stretches.front()));
    } else {
        provenance.add("run_id", head.run_id);
        provenance.facts.insert(provenance.facts.end(), met.facts.begin(), met.facts.end());
    }
    provenance.add("n_resumed", static_cast<std::uint64_t>(head.n_resumed));
    const std::filesystem::path replaced = to_be_replaced(output, provenance);
    writer.describe(experiment.model.title, head.model_toml, provenance);
    std::vector<std::string> names;
    for (const Population& population : experiment.network.populations) names.push_back(population.name);
    const auto& loss = experiment.model.learning.loss;
    writer.begin_training(names, experiment.model.n_epochs(), loss ? loss->words() : Loss::Words{});

    EpochWriter epochs(writer, on_failure, request.from);
    const std::unique_ptr<Observer> recorder = make_recorder(experiment, writer);
    writer.go_live();
    turn.reset();
    std::optional<Progress> progress;
    std::vector<Observer*> observers{&epochs};
    if (recorder) observers.push_back(recorder.get());
    if (!request.quiet) observers.push_back(&progress.emplace());
    Warnings warnings(request.output.string());
    if (request.warns) observers.push_back(&warnings);
    if (request.warns) {
        for (const std::string& line : experiment.notes) note(line);
        say_doubts(experiment.doubts);
    }
    Outcome outcome(experiment);
    observers.push_back(&outcome);
    observers.insert(observers.end(), request.observers.begin(), request.observers.end());

    const auto began = std::chrono::steady_clock::now();
    const ShallStop shall_stop = [&] {
        const std::chrono::duration<double> limit = request.checkpoints.max_time;
        if (limit.count() > 0 && std::chrono::steady_clock::now() - began >= limit)
            request_stop(stopped_by_max_time);
        return stop != 0;
    };
    CheckpointKeeper keeper(request.checkpoints, output, std::move(head), writer, request.from);
    const bool keeps = request.checkpoints.any() || goes_on || request.checkpoints.max_time.count() > 0;
    Ending ending = Ending::interrupted;
    try {
        ending = train(experiment, observers, shall_stop, keeps ? &keeper : nullptr);
        progress.reset();
        writer.write_populations(experiment.network.populations);
        if (experiment.network.head) writer.write_readout(*experiment.network.head);
        if (ending == Ending::complete) {
            write_evaluations(experiment, writer, outcome);
            const std::vector<std::string> found = outcome.doubts(experiment);
            if (request.warns) say_doubts(found);
            std::vector<std::string> doubts = experiment.doubts;
            doubts.insert(doubts.end(), found.begin(), found.end());
            if (!doubts.empty()) writer.write_doubts(doubts);
        }
        if (ending == Ending::interrupted && !goes_on && !writer.in_place()) {
            if (request.warns)
                note(
                    fmt::format("{} is as it was: the new run was stopped before it had a checkpoint, and "
                                "nothing of it is kept",
                                output.string()));
            if (request.ended_at != nullptr) request.ended_at->clear();
            return ending;
        }
        // All bytes of both files are read for their sums, which nobody else need wait for.
        writer.close(ending == Ending::complete ? RunStatus::complete : RunStatus::interrupted,
                     RunFileWriter::Lock::keep);
        if (ending == Ending::complete && !replaced.empty()) there.emplace(replaced);
        turn.emplace(place);
    } catch (const FileError& error) {
        on_failure.tell(error);
    }
    on_failure.closed();
    bool has_its_name = true;
    try {
        if (ending == Ending::complete && !replaced.empty())
            has_its_name = take_over(output, *there, provenance);
    } catch (const FileError& error) {
        on_failure.tell(error);
    }
    if (ending == Ending::complete) remove_checkpoints(output);
    const bool has_another = ending == Ending::interrupted || !has_its_name || replaced.empty();
    if (request.ended_at != nullptr) *request.ended_at = has_another ? output : replaced;
    if (has_its_name) return ending;
    const std::string told = fmt::format(
        "{0} is another file than the one that was to be replaced, and stays; the new run is "
        "complete and keeps the name {1}",
        replaced.string(), output.string());
    if (request.ended_at == nullptr) throw FileError(told);
    note(told);
    return ending;
}

}  // namespace snnff::app
