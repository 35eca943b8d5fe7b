#include "app/outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "core/process_limits.hpp"
#include "core/utf8.hpp"
#include "io/gzip.hpp"
#include "io/half_made.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

/// What stands beside a run, the longest name first.
constexpr std::string_view beside_a_run[] = {".ckpt.previous", ".ckpt.new", ".ckpt", ".new", ".cut"};
constexpr std::string_view beside_others[] = {".new"};

std::span<const std::string_view> suffixes(Beside beside) {
    if (beside == Beside::checkpoints) return beside_a_run;
    return beside_others;
}

/// Whether the file is one that is read, or lies in a folder of a folder that is.
bool is_of(const fs::path& file, const fs::path& input) {
    std::error_code error;
    if (fs::equivalent(file, input, error)) return true;
    if (!fs::is_directory(input, error)) return false;
    const fs::path whole = fs::canonical(file, error), folder = fs::canonical(input, error);
    if (error) return false;
    const fs::path rest = whole.lexically_relative(folder);
    return !rest.empty() && *rest.begin() != ".." && rest.has_parent_path();
}

/// Throws where a file is there that a run which was cut needs to be gone on with, as its name says.
void refuse_needed(const fs::path& file) {
    const std::string name = file.string();
    std::error_code error;
    if (!fs::exists(file, error)) return;
    for (const std::string_view suffix : beside_a_run) {
        if (!name.ends_with(suffix)) continue;
        const fs::path run = name.substr(0, name.size() - suffix.size());
        const std::vector<fs::path> saved = checkpoint_paths(run);
        if (std::ranges::none_of(saved, [&](const fs::path& path) { return fs::exists(path, error); }))
            continue;
        throw UsageError(
            fmt::format("{}: is of the run {}, which snnff-sim resume goes on with; -o names "
                        "another file",
                        name, run.string()));
    }
}

}  // namespace

std::string about_cut_run(const fs::path& output) {
    std::error_code ignored;
    const bool saved = std::ranges::any_of(checkpoint_paths(output),
                                           [&](const fs::path& path) { return fs::exists(path, ignored); });
    if (!saved) return "";
    try {
        const RunSummary run = read_run(output);
        if (run.status == "complete") return "";
        return fmt::format(", and is a run that was {} after {} epoch{}; snnff-sim resume {} goes on with it",
                           run.status == "interrupted" ? "interrupted" : "cut", run.n_epochs,
                           run.n_epochs == 1 ? "" : "s", output.string());
    } catch (const Error&) {  // being written, damaged, something else
        return "";
    }
}

void check_output(const fs::path& output, bool force, Beside beside) {
    check_descriptors(output);
    refuse_irregular(output);
    std::error_code error;
    const fs::path file = behind_links(output);
    if (fs::exists(file, error) && !force) {
        const std::string cut = beside == Beside::checkpoints ? about_cut_run(output) : "";
        throw UsageError(fmt::format("{}: exists already{} --force replaces it, -o names another",
                                     output.string(), cut.empty() ? ";" : cut + ","));
    }
    // A run that is made anew stands beside the old one until it is complete; what else is made would be all
    // that is left of it, and its checkpoint for nothing.
    if (beside != Beside::checkpoints && force) {
        if (const std::string cut = about_cut_run(output); !cut.empty()) {
            throw UsageError(
                fmt::format("{}: exists already{}, and only a run replaces it; -o names another file",
                            output.string(), cut));
        }
    }
    if (beside != Beside::checkpoints) refuse_if_awaited(file);
    refuse_needed(file);
    // The name, not its folder: an unfinished run keeps it to take the place of.
    if (beside == Beside::checkpoints && !is_utf8(file.filename().native())) {
        throw UsageError(fmt::format(
            "{}: its name is not UTF-8, in which run files keep it; -o names another", output.string()));
    }
    check_place(output, suffixes(beside).front());
    if (beside == Beside::checkpoints && force && fs::exists(file, error))
        check_place(unfinished_beside(file), suffixes(beside).front());
    for (const std::string_view suffix : suffixes(beside))
        refuse_irregular(file.string() + std::string(suffix));
}

void refuse_strangers(const fs::path& output, Beside beside) {
    const fs::path file = behind_links(output);
    if (beside != Beside::checkpoints) refuse_if_awaited(file);
    for (const std::string_view suffix : suffixes(beside)) {
        const fs::path path = file.string() + std::string(suffix);
        std::error_code error;
        if (!fs::exists(fs::symlink_status(path, error))) continue;
        refuse_irregular(path);
        const bool saved = suffix == ".ckpt" || suffix == ".ckpt.previous";
        if (!saved) refuse_if_in_use(path);  // a checkpoint is read by whoever goes on with its run
        const InputFile readable(path);      // one that may not be read is not known for what it is
        if (is_leaving(path, saved ? Leaving::checkpoint : Leaving::new_one)) continue;
        throw UsageError(
            fmt::format("{}: would need the name {}, and what has it is nothing that snnff-sim left; move "
                        "it, or -o names "
                        "another file",
                        shown(output), shown(path)));
    }
}

void refuse_inputs(const fs::path& output, std::span<const fs::path> inputs, Beside beside) {
    const fs::path file = behind_links(output);
    std::vector<fs::path> names{file};
    for (const std::string_view suffix : suffixes(beside))
        names.emplace_back(file.string() + std::string(suffix));
    std::error_code error;
    for (const fs::path& name : names) {
        if (!fs::exists(name, error)) continue;
        for (const fs::path& input : inputs) {
            if (input.empty() || !is_of(name, input)) continue;
            throw UsageError(fmt::format(
                "{}: {} {}, which is read; -o names another file", output.string(),
                name == file ? "is" : fmt::format("would need {}, which is", name.string()), input.string()));
        }
    }
}

}  // namespace snnff::app
