#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/reproduce_run.hpp"
#include "app/signals.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;
using Outcome = Reproduction::Outcome;

struct ReproduceArguments {
    std::vector<std::string> runs, data;
    std::size_t threads = 0;
    bool quick = false, quiet = false, json = false;
};

/// Of a file in a folder. One that is damaged or cannot be read is taken for a run, and named where it fails:
/// left out, it would be missed by nobody.
bool may_be_run(const fs::path& path) {
    std::error_code error;
    if (!ends_in(path, ".h5") || fs::is_directory(path, error)) return false;
    try {
        read_run(path);
    } catch (const NoRunFileError&) {
        return false;
    } catch (const Error&) {
        return true;
    }
    return true;
}

/// The run files that are named, those of a folder by name.
std::vector<fs::path> files_of(const std::vector<std::string>& named) {
    std::vector<fs::path> files;
    for (const fs::path path : named) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        std::vector<fs::path> found;
        for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
            if (may_be_run(entry->path())) found.push_back(entry->path());
        }
        if (error) throw FileError(fmt::format("{}: cannot be read: {}", path.string(), error.message()));
        if (found.empty()) throw UsageError(path.string() + ": has no run files in it, which end in .h5");
        std::ranges::sort(found);
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

/// " of the first 2 of 60 epochs", where not the whole run was compared.
std::string part_of(const Reproduction& run) {
    if (run.n_epochs == 0) return "";
    return fmt::format(" of the first {} of {}", run.n_epochs, counted(run.n_planned, "epoch"));
}

std::string differences_of(const Reproduction& run) {
    std::string text;
    if (run.changed_after) text += "  its arrays do not give its digest: they were changed after the run\n";
    if (run.provenance.empty())
        return text + "  version, kernels, libraries, processor and threads are the same\n";
    Table table({"", "then", "now"});
    table.align_left();
    for (const auto& [name, then, now] : run.provenance) table.add({name, then, now});
    return text + table.text(2, stdout_columns());
}

std::string reproduction_text(const Reproduction& run) {
    const ArraysCompared& arrays = run.arrays;
    std::string text = run.run.string() + ": ";
    switch (run.outcome) {
        case Outcome::same:
            text += fmt::format("same bits: {}{}", counted(arrays.n_arrays, "array"), part_of(run));
            if (!arrays.only_second.empty())
                text += fmt::format(", and {} that only this version writes", arrays.only_second.size());
            return text + "\n";
        case Outcome::other_numbers:
            return text +
                   fmt::format(
                       "calculated by numbers = {}, and this program calculates by numbers = {}, another "
                       "definition of which bits come out; a program of version {}, commit {}, reproduces "
                       "it\n",
                       run.provenance[0].then, run.provenance[0].now, run.provenance[1].then,
                       run.provenance[2].then);
        case Outcome::different: {
            if (arrays.first) {
                text += fmt::format("other bits{}: {} was {} and is {}; {} of {} differ\n", part_of(run),
                                    arrays.first->place(), arrays.first->first, arrays.first->second,
                                    arrays.n_different, counted(arrays.n_arrays, "array"));
            } else {
                text += fmt::format("other arrays{}: /{} is not written any more\n", part_of(run),
                                    arrays.only_first.front());
            }
            return text + differences_of(run);
        }
        case Outcome::interrupted:
            break;
    }
    return text + "interrupted\n";
}

nlohmann::ordered_json json_of(const Reproduction& run) {
    constexpr const char* names[] = {"same", "different", "other_numbers", "interrupted"};
    nlohmann::ordered_json json{{"run_file", run.run.string()},
                                {"outcome", names[static_cast<std::size_t>(run.outcome)]},
                                {"arrays", run.arrays.n_arrays},
                                {"arrays_different", run.arrays.n_different},
                                {"whole", run.n_epochs == 0}};
    if (run.n_epochs > 0) json["epochs_compared"] = run.n_epochs;
    if (run.arrays.first) {
        json["first_difference"] = {{"array", "/" + run.arrays.first->path},
                                    {"index", run.arrays.first->index},
                                    {"then", run.arrays.first->first},
                                    {"now", run.arrays.first->second}};
    }
    if (!run.arrays.only_first.empty()) json["not_written_any_more"] = run.arrays.only_first;
    if (!run.arrays.only_second.empty()) json["not_written_then"] = run.arrays.only_second;
    if (run.changed_after) json["changed_after_the_run"] = true;
    if (!run.provenance.empty()) {
        auto& provenance = json["provenance"] = nlohmann::ordered_json::object();
        for (const auto& [name, then, now] : run.provenance)
            provenance[name] = {{"then", then}, {"now", now}};
    }
    return json;
}

int reproduce_all(const ReproduceArguments& arguments) {
    const std::vector<fs::path> files = files_of(arguments.runs);
    const ReproduceRequest request{.data = read_moved_data(arguments.data),
                                   .n_threads = arguments.threads,
                                   .quick = arguments.quick,
                                   .quiet = arguments.quiet,
                                   .command_line = invocation()};
    const std::atomic<int>& stop = stop_on_signals(stopping_keeps_nothing);
    auto json = nlohmann::ordered_json::array();
    bool all_same = true;
    ExitCode failure = ExitCode::done;
    for (std::size_t i = 0; i < files.size() && stop == 0; ++i) {
        if (files.size() > 1 && !arguments.quiet)
            note(fmt::format("[{}/{}] {}", i + 1, files.size(), files[i].string()));
        try {
            const Reproduction run = reproduce(files[i], request, stop);
            if (stop != 0) break;
            all_same &= run.outcome == Outcome::same;
            if (arguments.json)
                json.push_back(json_of(run));
            else
                put(reproduction_text(run));
        } catch (const Error& error) {
            // One of many stands for itself.
            if (files.size() == 1) throw;
            if (failure == ExitCode::done) failure = error.code();
            if (arguments.json)
                json.push_back(
                    {{"run_file", files[i].string()}, {"outcome", "failed"}, {"message", error.what()}});
            else
                note(error.what());
        }
    }
    if (arguments.json) put_json(nlohmann::ordered_json{{"runs", std::move(json)}});
    if (stop != 0) return exit_code_of_signal(stop);
    return static_cast<int>(all_same ? failure : ExitCode::failed);
}

}  // namespace

Verb add_reproduce(Command& program) {
    auto arguments = std::make_shared<ReproduceArguments>();
    Command command =
        program.verb("reproduce", "Run the model of a run file again, and compare every bit.",
                     "  snnff-sim reproduce run.h5\n"
                     "  snnff-sim reproduce run.h5 --quick\n"
                     "  snnff-sim reproduce betas/ --data /mnt/data\n"
                     "  snnff-sim reproduce run.h5 --data train=digits.h5 --data 'initial weights=old.h5'\n");
    command
        .option("RUNS", arguments->runs,
                "run files, of traces too, and folders of them; of a run that is not complete, its finished "
                "epochs are compared")
        .required()
        .type_name("FILE...");
    command
        .option("--data", arguments->data,
                "where data are that were moved: a folder that has them by name, or one of the roles train, "
                "validation, test, \"initial weights\" and \"traced run\" with a path; may be repeated")
        .type_name("FOLDER|ROLE=PATH")
        .one_value_each();
    command.flag(
        "--quick", arguments->quick,
        "stop after the first epochs, a tenth of them and at most two; compared are /training and what "
        "was recorded in them");
    add_threads_option(command, arguments->threads);
    command.flag("-q,--quiet", arguments->quiet, "no progress; errors and the result only");
    command.flag("--json", arguments->json, "the result as JSON");
    return {std::move(command), [arguments] { return reproduce_all(*arguments); }};
}

}  // namespace snnff::app
