#include "app/reproduce_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "app/execute.hpp"
#include "app/find_data.hpp"
#include "app/progress.hpp"
#include "app/provenance.hpp"
#include "app/temporary_folder.hpp"
#include "app/traces.hpp"
#include "core/numbers.hpp"
#include "io/data_file.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

/// Ends a run after its first epochs, or when the process is to stop; its plan stays what it was.
class FirstEpochs : public Observer {
  public:
    FirstEpochs(std::int64_t n_epochs, std::int64_t n_planned, const std::atomic<int>& stop, bool quiet)
        : n_(n_epochs), n_planned_(n_planned), outer_(stop) {
        if (!quiet) progress_.emplace();
    }
    const std::atomic<int>& stop() const noexcept { return stop_; }

    void on_batch(double fraction, const Population& population, double loss) override {
        pass_on();
        if (progress_) progress_->on_batch(of_these(fraction), population, loss);
    }
    void on_readout(double fraction, double loss) override {
        pass_on();
        if (progress_) progress_->on_readout(fraction, loss);
    }
    void on_epoch(const EpochReport& report, const Network& network) override {
        pass_on();
        if (progress_) {
            EpochReport of_these = report;
            of_these.n_epochs = n_ > 0 ? n_ : report.n_epochs;
            progress_->on_epoch(of_these, network);
        }
        if (report.epoch + 1 == n_) stop_ = 1;
    }

  private:
    void pass_on() noexcept {
        if (outer_ != 0) stop_ = outer_.load();
    }
    double of_these(double fraction) const {
        return n_ > 0 ? fraction * static_cast<double>(n_planned_) / static_cast<double>(n_) : fraction;
    }

    std::int64_t n_;  ///< 0: all
    std::int64_t n_planned_;
    const std::atomic<int>& outer_;
    std::atomic<int> stop_{0};
    std::optional<Progress> progress_;
};

/// Of each, what its stretches had.
std::string value_of(const Provenance& provenance, const std::string& name) {
    using Member = std::string Stretch::*;
    constexpr std::array<std::pair<std::string_view, Member>, 5> of_stretch{
        {{"version", &Stretch::version},
         {"git_commit", &Stretch::git_commit},
         {"libraries", &Stretch::libraries},
         {"kernels", &Stretch::kernels},
         {"cpu", &Stretch::cpu}}};
    // What stands for the whole run is of its first stretch.
    std::string text = provenance.text(name), last = text;
    for (const auto& [known, member] : of_stretch) {
        if (known != name) continue;
        for (const Stretch& stretch : provenance.stretches) {
            if (&stretch == &provenance.stretches.front() || stretch.*member == last) continue;
            last = stretch.*member;
            text += (text.empty() ? "" : ", then ") + last;
        }
    }
    return text.empty() ? "-" : text;
}

std::vector<Reproduction::Difference> facts_that_differ(const Provenance& then, const Provenance& now) {
    std::vector<Reproduction::Difference> found;
    for (const char* name : {"version", "git_commit", "numbers", "kernels", "compiler", "compiler_flags",
                             "libraries", "blas", "cpu", "threads"}) {
        Reproduction::Difference difference{name, value_of(then, name), value_of(now, name)};
        if (difference.then != difference.now) found.push_back(std::move(difference));
    }
    return found;
}

[[noreturn]] void refuse_data(const fs::path& run, const fs::path& file, const std::string& role,
                              const std::string& then, const std::string& now) {
    throw DataError(
        fmt::format("{}: is not the file that {} was made with as {}: its SHA-256 is {}…, and was {}…; "
                    "--data names another",
                    file.string(), run.string(), role, now.substr(0, 12), then.substr(0, 12)));
}

/// Files of runs from before roles were kept, which are known by their names.
void check_named_data(const fs::path& run, const Provenance& then, std::span<const DataFile> now) {
    constexpr std::string_view prefix = "sha256 ";
    for (const auto& [name, fact] : then.facts) {
        if (!name.starts_with(prefix)) continue;
        for (const DataFile& file : now) {
            if (file.path.filename() == name.substr(prefix.size()) && file.sha256 != text_of(fact))
                refuse_data(run, file.path, file.role, text_of(fact), file.sha256);
        }
    }
}

void check_data(const fs::path& run, const Provenance& then, std::span<const DataFile> now) {
    if (then.data.empty()) return check_named_data(run, then, now);
    if (then.data.size() != now.size()) {
        throw DataError(fmt::format("{}: was made with {} data files, and its model reads {} now",
                                    run.string(), then.data.size(), now.size()));
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (then.data[i].sha256 != now[i].sha256)
            refuse_data(run, now[i].path, now[i].role, then.data[i].sha256, now[i].sha256);
    }
}

std::int64_t n_quick(std::int64_t n_planned) { return std::clamp<std::int64_t>(n_planned / 10, 1, 2); }

/// Runs the model again; how many epochs are to be compared, 0: the whole run, none: it was interrupted.
std::optional<std::int64_t> run_again(const RunSummary& summary, ModelSpec model, const fs::path& run,
                                      const fs::path& output, const ReproduceRequest& request,
                                      const std::atomic<int>& stop) {
    std::int64_t n_epochs = 0;
    const std::int64_t n_planned = model.n_epochs();
    if (summary.status != "complete") {
        n_epochs = summary.n_epochs;
        if (n_epochs == 0)
            throw DataError(fmt::format("{}: has no finished epoch that could be compared", run.string()));
    }
    if (request.quick && n_quick(n_planned) < summary.n_epochs) n_epochs = n_quick(n_planned);

    const ThreadLimit threads(request.n_threads);
    Experiment experiment = reading_data([&] { return build(std::move(model)); });
    check_data(run, summary.provenance, experiment.files);
    FirstEpochs first(n_epochs, n_planned, stop, request.quiet);
    RunRequest again;
    again.output = output;
    again.n_threads = request.n_threads;
    again.quiet = true;
    again.warns = false;
    again.command_line = request.command_line;
    again.observers = {&first};
    execute(again, std::move(experiment), first.stop());
    if (stop != 0) return {};
    return n_epochs;
}

/// The run that was traced: where it was then, or beside the traces.
fs::path traced_run(const fs::path& trace, const Provenance& provenance, const MovedData& moved) {
    if (!moved.traced_run.empty()) return moved.traced_run;
    fs::path then = provenance.text("traced_run");
    std::error_code ignored;
    if (fs::exists(then, ignored)) return then;
    fs::path beside = trace.parent_path() / then.filename();
    if (fs::exists(beside, ignored)) return beside;
    throw FileError(
        fmt::format("{}: the run that it traced is not at {}; --data \"traced run=PATH\" says where it is",
                    trace.string(), then.string()));
}

void trace_again(const RunSummary& summary, ModelSpec model, const fs::path& trace, const fs::path& output,
                 const ReproduceRequest& request, const std::atomic<int>& stop) {
    const Provenance& then = summary.provenance;
    const fs::path run = traced_run(trace, then, request.data);
    const std::string hash = then.text("traced_run_sha256");
    if (!hash.empty()) {
        const DataFile now = data_file_at(run);
        if (now.sha256 != hash) refuse_data(trace, run, "traced run", hash, now.sha256);
    }
    // Before roles were kept, the test set is what is usual.
    const std::string split = then.data.empty() ? "test" : then.data.front().role;
    const ThreadLimit threads(request.n_threads);
    Trained trained = reading_data([&] { return read_trained_as(run, std::move(model), split); });
    for (DataFile& file : trained.dataset.files) file.role = split;
    check_data(trace, then, trained.dataset.files);
    record_traces(std::move(trained), {run, output, split, request.n_threads, false, request.command_line},
                  stop);
}

}  // namespace

Reproduction reproduce(const fs::path& run, const ReproduceRequest& request, const std::atomic<int>& stop) {
    const RunSummary summary = read_run(run);
    Reproduction result{.run = run};
    const std::string their_numbers = summary.provenance.text("numbers");
    if (!their_numbers.empty() && their_numbers != std::to_string(numbers)) {
        result.outcome = Reproduction::Outcome::other_numbers;
        result.provenance = {{"numbers", their_numbers, std::to_string(numbers)},
                             {"version", value_of(summary.provenance, "version"), version_line()},
                             {"git_commit", value_of(summary.provenance, "git_commit"), git_commit()}};
        return result;
    }
    bool found_elsewhere = false;  // or not: all data are held to their SHA-256
    ModelSpec model = read_kept_model(summary.model_toml, run, request.data, {}, found_elsewhere);

    const TemporaryFolder temporary;
    const fs::path again = temporary.path() / "run.h5";
    std::optional<std::int64_t> n_epochs = 0;
    if (summary.provenance.text("traced_run").empty()) {
        result.n_planned = model.n_epochs();
        n_epochs = run_again(summary, std::move(model), run, again, request, stop);
    } else {
        trace_again(summary, std::move(model), run, again, request, stop);
    }
    if (!n_epochs || stop != 0) return result;
    result.n_epochs = *n_epochs;
    result.arrays =
        result.n_epochs > 0 ? compare_arrays(run, again, result.n_epochs) : compare_arrays(run, again);
    // What only this version writes does not speak against the run.
    const bool same = result.arrays.n_different == 0 && result.arrays.only_first.empty();
    result.outcome = same ? Reproduction::Outcome::same : Reproduction::Outcome::different;
    if (!same) {
        result.provenance = facts_that_differ(summary.provenance, read_run(again).provenance);
        result.changed_after =
            !summary.digest.empty() && digest_of(read_array_digests(run)) != summary.digest;
    }
    return result;
}

}  // namespace snnff::app
