#include <fmt/format.h>

#include <limits>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/execute.hpp"
#include "app/flatten.hpp"
#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/signals.hpp"
#include "app/sweep_results.hpp"
#include "app/terminal.hpp"
#include "app/unfinished.hpp"
#include "app/verb.hpp"
#include "io/gzip.hpp"
#include "io/half_made.hpp"
#include "io/in_use.hpp"
#include "io/model_file.hpp"
#include "io/place.hpp"
#include "io/turn.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;
using Status = CellResult::Status;

struct SweepArguments {
    std::string model, folder;
    std::vector<std::string> over;
    Assignments assignments;
    std::vector<std::uint64_t> seeds;
    std::size_t threads = 0;
    bool force = false, quiet = false, json = false;
};

Sweep sweep_of(const SweepArguments& arguments) {
    Sweep sweep;
    sweep.model = arguments.model;
    sweep.folder = arguments.folder.empty() ? sweep.model.stem().string() + "-sweep" : arguments.folder;
    for (const std::string& over : arguments.over) sweep.axes.push_back(axis_of(over));
    sweep.seeds = arguments.seeds;
    if (sweep.axes.empty() && sweep.seeds.empty()) {
        throw UsageError(
            "sweep: nothing to sweep over; --over KEY=VALUE,VALUE,... or --seeds N,N,... says what");
    }
    sweep.cells = make_grid(sweep.axes, sweep.seeds);
    sweep.results.resize(sweep.cells.size());
    return sweep;
}

/// All of them before the first runs: a typo in the last cell is no surprise of the next morning, and what
/// happens to the model file meanwhile changes nothing.
std::vector<ModelSpec> read_models(const Sweep& sweep, const Assignments& assignments) {
    const std::vector<Override> common = overrides_of(assignments, {});
    const std::string text = read_model_file(sweep.model);  // once: it may be a pipe
    std::vector<ModelSpec> models;
    for (const Cell& cell : sweep.cells) {
        std::vector<Override> overrides = common;
        overrides.insert(overrides.end(), cell.overrides.begin(), cell.overrides.end());
        models.push_back(read_model_text(text, sweep.model.string(), sweep.model.parent_path(), overrides));
    }
    return models;
}

/// What an existing run file says of its model, against the model at hand. An overlay.value or overlay.where
/// that follows from the data is settled in the file.
std::vector<Difference> differences_to(const RunFigures& run, const ModelSpec& model) {
    RunFigures wanted;
    wanted.model = flatten(model.resolved);
    std::vector<Difference> found = differences({run, wanted});
    if (model.data.overlay_value_is_max) {
        std::erase_if(found, [](const Difference& difference) { return difference.key == "overlay.value"; });
    }
    if (model.data.overlay.where == LabelOverlay::Where::automatic) {
        std::erase_if(found, [](const Difference& difference) { return difference.key == "overlay.where"; });
    }
    return found;
}

/// The figures of a cell that was completed before; nothing where it was not begun, or not ended. Throws
/// UsageError where the file is something else, which the sweep would destroy.
std::optional<RunFigures> completed(const fs::path& file, const ModelSpec& model) {
    constexpr const char* way_out = "--force replaces it, -o names another folder";
    if (!fs::exists(file)) return {};
    const InputFile readable(file);  // one that may not be read is not known for what it is
    std::optional<RunFigures> run;
    try {
        run = read_figures(file);
    } catch (const Error& error) {
        std::error_code ignored;
        // Of a sweep that was killed while it made this file.
        if (fs::file_size(file, ignored) <= most_half_made_bytes && is_half_made(file)) {
            refuse_if_in_use(file);
            return {};
        }
        throw UsageError(fmt::format("{}: exists already and cannot be gone on from ({}); {}", file.string(),
                                     error.what(), way_out));
    }
    const std::vector<Difference> different = differences_to(*run, model);
    if (!different.empty()) {
        const Difference& first = different.front();
        const auto shown = [](const std::string& value) { return value.empty() ? "nothing" : value; };
        throw UsageError(
            fmt::format("{}: exists already and comes from another model, with {} = {} instead of {}; {}",
                        file.string(), first.key, shown(first.values[0]), shown(first.values[1]), way_out));
    }
    if (run->status != "complete") return {};
    return run;
}

/// Finds what is done already and makes sure that the rest can be written: before any work.
void look_at_folder(Sweep& sweep, const std::vector<ModelSpec>& models, bool force) {
    if (fs::exists(sweep.folder) && !fs::is_directory(sweep.folder)) {
        throw UsageError(fmt::format("{}: is no folder; -o names one", sweep.folder.string()));
    }
    for (std::size_t i = 0; i < sweep.cells.size() && !force; ++i) {
        CellResult& result = sweep.results[i];
        result.figures = completed(sweep.run_file(sweep.cells[i]), models[i]);
        if (!result.figures) continue;
        result.status = Status::complete;
        result.found = true;
    }
    std::error_code error;
    fs::create_directories(sweep.folder, error);
    if (error) {
        throw FileError(fmt::format("{}: cannot be made: {}{}", sweep.folder.string(), error.message(),
                                    about_dangling_link(sweep.folder)));
    }
    for (std::size_t i = 0; i < sweep.cells.size(); ++i) {
        if (sweep.results[i].found) continue;
        check_output(sweep.run_file(sweep.cells[i]), true, Beside::checkpoints);
        refuse_strangers(sweep.run_file(sweep.cells[i]), Beside::checkpoints);
    }
}

/// Takes away what an earlier call left of a cell, which it could not go on from: a sweep makes no
/// checkpoints. Returns the figures where another process has completed it meanwhile.
std::optional<RunFigures> clear_leavings(const fs::path& file, const ModelSpec& model) {
    const fs::path place = behind_links(file);
    const Turn turn(place);
    refuse_if_in_use(place);
    if (std::optional<RunFigures> found = completed(file, model)) return found;
    std::error_code error;
    fs::remove(place, error);
    if (error) throw FileError(fmt::format("{}: cannot be replaced: {}", place.string(), error.message()));
    try {
        make_way(unfinished_beside(place));
    } catch (const UsageError&) {
        return {};  // somebody else's; it is not in the way now
    }
    return {};
}

/// Runs a cell. What goes wrong in it stays in it.
CellResult run_cell(RunRequest request, ModelSpec model, const std::atomic<int>& stop) {
    CellResult result;
    fs::path ended_at;
    request.ended_at = &ended_at;
    try {
        if (!request.force) result.figures = clear_leavings(request.output, model);
        if (result.figures) {
            result.status = Status::complete;
            result.found = true;
            return result;
        }
        if (execute(request, std::move(model), stop) == Ending::interrupted) {
            result.status = Status::interrupted;
            // Without a checkpoint it cannot be gone on with, and the old run stands where it stood.
            if (ended_at == unfinished_beside(behind_links(request.output))) {
                const Turn turn(ended_at);
                make_way(ended_at);
            }
            return result;
        }
        if (ended_at != behind_links(request.output))
            throw FileError(fmt::format("{}: has the new run, {} another file", ended_at.string(),
                                        request.output.string()));
        result.figures = read_figures(request.output);
        result.status = Status::complete;
    } catch (const Error& error) {
        result.status = Status::failed;
        result.message = error.what();
        result.failed_by = error.code();
    } catch (const std::bad_alloc&) {
        result.status = Status::failed;
        result.message = "memory ran out";
    }
    return result;
}

void run_cells(Sweep& sweep, std::vector<ModelSpec>& models, const SweepArguments& arguments,
               const std::atomic<int>& stop) {
    for (std::size_t i = 0; i < sweep.cells.size() && stop == 0; ++i) {
        const Cell& cell = sweep.cells[i];
        const auto say = [&](const std::string& what) {
            if (arguments.quiet) return;
            note(fmt::format("[{}/{}] {}{}", i + 1, sweep.cells.size(), describe(cell, sweep.axes), what));
        };
        if (sweep.results[i].found) {
            say(": done already, skipped");
            continue;
        }
        say("");
        RunRequest request;
        request.output = sweep.run_file(cell);
        request.force = arguments.force;
        request.n_threads = arguments.threads;
        request.quiet = arguments.quiet;
        request.command_line = invocation();
        sweep.results[i] = run_cell(request, std::move(models[i]), stop);
        if (sweep.results[i].status == Status::failed)
            note(fmt::format("{}: failed: {}", describe(cell, sweep.axes), sweep.results[i].message));
    }
}

int sweep(const SweepArguments& arguments) {
    Sweep sweep = sweep_of(arguments);
    std::vector<ModelSpec> models = read_models(sweep, arguments.assignments);
    look_at_folder(sweep, models, arguments.force);

    const std::atomic<int>& stop = stop_on_signals();
    run_cells(sweep, models, arguments, stop);
    if (arguments.json)
        put_json(to_json(sweep));
    else
        put(table_of(sweep, stdout_columns()));
    const std::size_t n_failed = sweep.count(Status::failed);
    if (!arguments.quiet) {
        std::string text = fmt::format("run files: {} ({} of {} complete", sweep.folder.string(),
                                       sweep.count(Status::complete), sweep.cells.size());
        if (n_failed > 0) text += fmt::format(", {} failed", n_failed);
        note(text + (stop != 0 ? "); the same command goes on from here" : ")"));
    }
    if (stop != 0) return exit_code_of_signal(stop);
    if (n_failed == 0) return static_cast<int>(ExitCode::done);
    // A disk that is full, a file of another process or the like is not for the model to answer for.
    const bool by_files = std::ranges::all_of(sweep.results, [](const CellResult& result) {
        return result.status != Status::failed || result.failed_by == ExitCode::file ||
               result.failed_by == ExitCode::usage;
    });
    return static_cast<int>(by_files ? ExitCode::file : ExitCode::failed);
}

}  // namespace

Verb add_sweep(Command& program) {
    auto arguments = std::make_shared<SweepArguments>();
    Command command = program.verb(
        "sweep", "Run a model under every combination of some keys' values, and set them in one table.",
        "  snnff-sim sweep model.toml --over learning.goodness=mean_square,sum_square --over "
        "time.steps=1,5,10\n"
        "  snnff-sim sweep model.toml --over 'learning.loss={kind=\"swish\"},softplus' -o losses\n"
        "  snnff-sim sweep model.toml --seeds 1,2,3,4,5\n");
    command.option("MODEL", arguments->model, "model file (TOML)").required().type_name("FILE");
    command
        .option("--over", arguments->over,
                "a key and its values, parted by commas outside of quotes, brackets and braces; may be "
                "repeated: every combination is run")
        .type_name("KEY=VALUE,...")
        .one_value_each();
    command
        .option("--seeds", arguments->seeds,
                "run each combination under each of these seeds; the table has mean and standard deviation")
        .type_name("N,...")
        .whole_number(0, std::numeric_limits<std::int64_t>::max())
        .delimiter(',')
        .one_value_each();
    command
        .option("-o,--output", arguments->folder,
                "folder for the run files; runs that are complete in it are not run again; default: the "
                "model's name with -sweep, in this folder")
        .type_name("DIR");
    add_override_options(command, arguments->assignments, "override a key in every run; may be repeated");
    add_threads_option(command, arguments->threads);
    command.flag("--force", arguments->force, "run everything again, replacing run files that exist");
    command.flag("-q,--quiet", arguments->quiet, "no progress; errors and the table only");
    command.flag("--json", arguments->json, "every run and the spread over seeds as JSON");
    return {std::move(command), [arguments] { return sweep(*arguments); }};
}

}  // namespace snnff::app
