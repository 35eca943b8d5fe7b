#include "app/checkpoints.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <set>
#include <utility>

#include "app/flatten.hpp"
#include "app/unfinished.hpp"
#include "core/numbers.hpp"
#include "io/disk.hpp"
#include "io/place.hpp"
#include "io/turn.hpp"
#include "snnff/error.hpp"
#include "snnff/integrity.hpp"
#include "snnff/model_spec.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

/// A number and what stands after it, blanks apart; a number below 0 where there is none.
std::pair<double, std::string> number_and_unit(const std::string& text) {
    double value = -1.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return {-1.0, text};
    std::string unit(end, text.data() + text.size());
    unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
    return {value, unit};
}

double seconds_in(const std::string& unit) {
    for (const auto& [name, seconds] : {std::pair{"s", 1.0}, {"m", 60.0}, {"h", 3600.0}, {"d", 86400.0}}) {
        if (unit == name) return seconds;
    }
    return 0.0;
}

void add_to(std::string& reasons, std::string_view reason) {
    reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", reason);
}

/// Keys in which two resolved models differ, for a message.
std::string differing_keys(const std::string& one, const std::string& other) {
    const auto keys = [](const std::string& toml) {
        return flatten(read_model_text(toml, "model", ".", {}).resolved);
    };
    const auto a = keys(one), b = keys(other);
    std::vector<std::string> differing;
    for (const auto& [key, value] : a) {
        const auto found = std::ranges::find(b, key, [](const auto& pair) { return pair.first; });
        if (found == b.end() || found->second != value) differing.push_back(key);
    }
    for (const auto& [key, value] : b) {
        if (std::ranges::find(a, key, [](const auto& pair) { return pair.first; }) == a.end())
            differing.push_back(key);
    }
    if (differing.size() > 8) {
        const std::size_t more = differing.size() - 8;
        differing.resize(8);
        differing.push_back(fmt::format("{} more", more));
    }
    return differing.empty() ? "their models are the same"
                             : fmt::format("{} differ", fmt::join(differing, ", "));
}

/// Says why there is nothing to go on from: the run is complete, was cut early or never begun, or this is no
/// run.
[[noreturn]] void refuse_without_checkpoint(const fs::path& run) {
    const std::string name = run.string();
    std::error_code error;
    const bool there = fs::exists(run, error);
    if (error) throw FileError(fmt::format("{}: cannot be read: {}", name, error.message()));
    if (!there) {
        throw FileError(
            fmt::format("{0}: is not there: the run was not begun, and has no checkpoint "
                        "({0}.ckpt) either; snnff-sim run MODEL -o {0} begins it",
                        name));
    }
    if (run.extension() == ".ckpt" || run.extension() == ".previous") {
        fs::path of = run;
        while (of.extension() == ".ckpt" || of.extension() == ".previous") of.replace_extension();
        throw FileError(fmt::format("{}: is a checkpoint; resume takes the run file: snnff-sim resume {}",
                                    name, of.string()));
    }
    if (run.extension() == ".toml")
        throw FileError(
            fmt::format("{0}: is a model; resume takes a run file; snnff-sim run {0} begins one", name));
    const RunSummary summary = read_run(run);
    if (!summary.provenance.text("traced_run").empty())
        throw FileError(name + ": holds traces, no run; there is nothing to go on with");
    if (summary.status == "complete") {
        throw FileError(
            fmt::format("{0}: is complete ({1} epoch{2}) and so has no checkpoint: there is nothing to "
                        "go on with; snnff-sim info {0} shows it",
                        name, summary.n_epochs, summary.n_epochs == 1 ? "" : "s"));
    }
    throw FileError(
        fmt::format("{0}: has no checkpoint beside it ({0}.ckpt): the run was cut before its first, or "
                    "made none, after {1} epoch{2}; snnff-sim run MODEL -o {0} --force begins it again",
                    name, summary.n_epochs, summary.n_epochs == 1 ? "" : "s"));
}

}  // namespace

CheckpointPlan read_checkpoint_every(const std::string& option, const std::string& text) {
    CheckpointPlan plan;
    if (text == "off" || text == "0") return plan;
    const auto [value, unit] = number_and_unit(text);
    if (unit == "epochs" || unit == "epoch") {
        if (value >= 1.0 && value <= 1e12 && value == static_cast<double>(static_cast<std::int64_t>(value))) {
            plan.every_n_epochs = static_cast<std::int64_t>(value);
            return plan;
        }
    } else if (value > 0.0 && seconds_in(unit) > 0.0) {
        plan.every = std::chrono::duration<double>(value * seconds_in(unit));
        return plan;
    }
    throw UsageError(
        fmt::format("{} {}: is no interval; 5m, 90s, 2h, \"10 epochs\" or off are", option, text));
}

std::chrono::duration<double> read_duration(const std::string& option, const std::string& text) {
    const auto [value, unit] = number_and_unit(text);
    if (value > 0.0 && seconds_in(unit) > 0.0) return std::chrono::duration<double>(value * seconds_in(unit));
    throw UsageError(fmt::format("{} {}: is no time; 90s, 5m or 2h are", option, text));
}

Continuation::Continuation(const fs::path& run) : run_(behind_links(run)) {
    keep_from_others();
    std::string reasons;
    std::exception_ptr without_run;
    for (const fs::path& path : checkpoint_paths(run)) {
        if (!fs::exists(path)) continue;
        refuse_irregular(path);
        try {
            file_ = std::make_unique<CheckpointFile>(path);
        } catch (const DiskError&) {
            throw;  // it may be the newest, and whole
        } catch (const Error& error) {
            add_to(reasons, error.what());
            newest_ = false;
            continue;
        }
        if (head().numbers != numbers) {
            throw DataError(fmt::format(
                "{}: was calculated by numbers = {}, and this program calculates by numbers = {}, "
                "which would not go on with the same bits; the version that began the run does "
                "(snnff-sim info says which), or run it again",
                run_.string(), head().numbers, numbers));
        }
        try {
            go_on_by(reasons);
            return;
        } catch (const DiskError&) {
            throw;
        } catch (const Error& error) {  // it counts on a run that is not there; the one before need not
            if (!without_run) without_run = std::current_exception();
            add_to(reasons, error.what());
            newest_ = false;
        }
    }
    if (without_run) std::rethrow_exception(without_run);
    if (!reasons.empty()) throw FileError(run.string() + ": no checkpoint can be read: " + reasons);
    refuse_without_checkpoint(run);
}

/// Files of a run may be large: others wait while these are locked, and not while all of their bytes are held
/// to their sums.
void Continuation::keep_from_others() {
    const Turn turn(run_);
    std::vector<fs::path> files;
    for (const char* suffix : {"", ".new", ".cut"}) files.emplace_back(run_.string() + suffix);
    for (const fs::path& file : files) refuse_if_in_use(file);
    refuse_if_in_use(unfinished_beside(run_));  // of a run that is to replace this one
    for (const fs::path& file : files) {
        std::error_code ignored;
        if (!fs::is_regular_file(file, ignored)) continue;
        in_use_.emplace_back(file);
        in_use_.back().by_readers();
    }
}

/// By the checkpoint at hand; `reasons` are those against a newer one, empty where this is the newest.
void Continuation::go_on_by(const std::string& reasons) {
    note_.clear();
    if (!file_->sealed())
        add_to(note_, run_.string() + ".ckpt: is of an earlier version, without a checksum: read unchecked");
    if (!reasons.empty()) add_to(note_, reasons + "; going on from the checkpoint before");
    replaced_ = false;
    find_written();
}

/// Whether this is the file that the checkpoint counts on, or one that took over what that held.
bool Continuation::take(const fs::path& path, std::span<const std::int64_t> index) {
    // All of it is taken over, and by an index it is not held to its checksums.
    if (index.empty()) {
        const std::vector<std::string> damage = damaged_bytes(path);
        if (!damage.empty()) throw DamageError(fmt::format("{}: {}", path.string(), fmt::join(damage, "; ")));
    }
    const RunSummary summary = read_run(path, index);
    if (summary.provenance.text("run_id") != head().run_id) {
        throw DataError(fmt::format("{} is of another run: {}", path.string(),
                                    differing_keys(head().model_toml, summary.model_toml)));
    }
    replaced_ |= path == run_;
    const std::string times = summary.provenance.text("n_resumed");
    std::int64_t n_resumed = 0;
    std::from_chars(times.data(), times.data() + times.size(), n_resumed);
    // A later file has this name only once it holds all of the one before.
    if (n_resumed < head().n_resumed || (n_resumed > head().n_resumed && path != run_)) return false;
    written_ = path;
    if (n_resumed == head().n_resumed) index_ = head().index;
    provenance_ = summary.provenance;
    std::erase_if(provenance_.facts, [](const auto& fact) { return fact.first == "n_resumed"; });
    return true;
}

void Continuation::find_written() {
    const fs::path beside = run_.string() + ".new", cut = run_.string() + ".cut";
    std::string reasons;
    std::vector<fs::path> damaged;
    bool has_other_bytes = false;
    for (const fs::path& path : {run_, beside, cut}) {
        if (!written_.empty() || !fs::exists(path)) continue;
        try {
            take(path, {});
        } catch (const DiskError&) {
            throw;
        } catch (const DamageError& error) {
            has_other_bytes = true;
            add_to(reasons, error.what());
            damaged.insert(damaged.begin(), path);
        } catch (const DataError& error) {  // of another run, or of an earlier stretch
            add_to(reasons, error.what());
        } catch (const Error& error) {
            add_to(reasons, error.what());
            damaged.insert(damaged.begin(),
                           path);  // what stands at the run's own name need not be of this run
        }
    }
    // The index of a file can be damaged only while it is written, and the newest checkpoint is of that file.
    for (const fs::path& path : damaged) {
        if (!written_.empty() || !newest_) break;
        try {
            if (take(path, head().index))
                note_ =
                    reasons +
                    "; reading it by the index that its checkpoint has, which leaves epochs and recordings "
                    "before it to Fletcher's checksums";
        } catch (const Error&) {
            continue;  // the reason is known
        }
    }
    if (written_.empty()) {
        const fs::path place = place_taken_by(run_, head().run_id);
        if (!place.empty()) {
            const Turn turn(run_);
            remove_checkpoints(run_);
            throw FileError(
                fmt::format("{0}: is complete and took the place of {1}: there is nothing to go on with; "
                            "snnff-sim info {1} shows it",
                            run_.string(), place.string()));
        }
        const std::string text = fmt::format("{}: the run that its checkpoint belongs to is not there{}{}",
                                             run_.string(), reasons.empty() ? "" : ": ", reasons);
        if (has_other_bytes) throw DamageError(text);
        if (!damaged.empty()) throw FileError(text);
        throw DataError(text);
    }
    if (written_ == beside) {  // where the run that goes on will write
        const Turn turn(run_);
        fs::rename(beside, cut);
        written_ = cut;
    }
}

Provenance Continuation::with_stretch(Stretch next) const {
    Provenance provenance = provenance_;
    // What came of later stretches was lost with their checkpoints.
    const auto n_before = static_cast<std::size_t>(head().n_resumed) + 1;
    if (provenance.stretches.size() > n_before) provenance.stretches.resize(n_before);
    provenance.stretches.push_back(std::move(next));
    return provenance;
}

fs::path Continuation::replaces() const { return to_be_replaced(run_, provenance_); }

void Continuation::finish(RunFileWriter& writer) {
    if (std::exchange(finished_, true)) return;
    if (replaced_) writer.take_place();
    std::error_code ignored;
    fs::remove(run_.string() + ".cut", ignored);
}

CheckpointKeeper::CheckpointKeeper(const CheckpointPlan& plan, fs::path run, CheckpointHead head,
                                   RunFileWriter& writer, Continuation* from)
    : plan_(plan), run_(std::move(run)), head_(std::move(head)), writer_(writer), from_(from) {}

bool CheckpointKeeper::due(std::int64_t n_epochs, bool epoch_ended) {
    if (plan_.every_n_epochs > 0) return epoch_ended && n_epochs % plan_.every_n_epochs == 0;
    return plan_.every.count() > 0 && Clock::now() - last_ >= plan_.every;
}

void CheckpointKeeper::save(const Show& show) {
    // The one from which a run begins holds nothing that an earlier attempt should give way to.
    if (from_ == nullptr && !writer_.in_place() && writer_.n_epochs() == 0) return;
    // What a checkpoint counts on has to be on disk before it.
    head_.index = writer_.secure();
    head_.n_epochs = writer_.n_epochs();
    write_checkpoint(run_, head_, show);
    if (from_ != nullptr)
        from_->finish(writer_);
    else
        writer_.take_place();
    last_ = Clock::now();
}

}  // namespace snnff::app
