#include <fmt/format.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/execute.hpp"
#include "app/figures.hpp"
#include "app/find_data.hpp"
#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/plan_cost.hpp"
#include "app/signals.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

struct RunArguments {
    std::string model, output, checkpoint_every = "5m", max_time;
    Assignments assignments;
    std::optional<std::uint64_t> seed;
    std::size_t threads = 0;
    bool force = false, quiet = false, json = false, dry_run = false, live = false;
};

/// The resolved model and what it would cost, as TOML whose comments hold the figures: what is
/// printed is itself a model file.
void print_dry_run(const Experiment& experiment, bool json) {
    say_doubts(experiment.doubts);
    const PlanCost cost = cost_of(experiment);
    const std::string model = to_toml(experiment.model.resolved);
    if (json) {
        const nlohmann::ordered_json facts{{"dry_run", true},
                                           {"train_samples", experiment.train.size()},
                                           {"validation_samples", experiment.validation.size()},
                                           {"test_samples", experiment.test.size()},
                                           {"parameters", cost.n_parameters},
                                           {"memory_bytes", cost.memory_bytes},
                                           {"run_file_bytes", cost.run_file_bytes},
                                           {"model", model}};
        put_json(facts);
        return;
    }
    std::string text = fmt::format("# samples: {} to train, {} to validate, {} to test, {} inputs each\n",
                                   experiment.train.size(), experiment.validation.size(),
                                   experiment.test.size(), experiment.train.n_inputs());
    text += fmt::format("# parameters: {}\n", grouped(static_cast<double>(cost.n_parameters)));
    text += fmt::format("# memory at its peak: about {}\n", bytes(static_cast<double>(cost.memory_bytes)));
    text += fmt::format("# run file: at most about {}\n", bytes(static_cast<double>(cost.run_file_bytes)));
    put(text + "\n");
    put_toml(model);
}

/// Before a run that will take long for want of the processor's help.
void tell_of_kernels(const RunRequest& request) {
    const std::string text = note_on_kernels(kernels_in_use(), kernels_chosen_by());
    if (!request.quiet && !text.empty()) note("kernels " + text);
}

/// Says how a run ended, and what to do next; returns what the process answers.
int tell_of(const RunRequest& request, Ending ending, const std::atomic<int>& stop, bool json) {
    const bool interrupted = ending == Ending::interrupted;
    if (request.output.empty()) return exit_code_of_signal(stop);
    const RunFigures figures = read_figures(request.output);
    if (json)
        put_json(to_json(figures));
    else
        put(side_by_side({figures}, stdout_columns()));
    const std::string file = request.output.string();
    const bool resumable = interrupted && std::filesystem::exists(checkpoint_paths(request.output).front());
    if (resumable) note(fmt::format("to go on: snnff-sim resume {}", file));
    if (!request.quiet) {
        const auto size = static_cast<double>(std::filesystem::file_size(request.output));
        note(fmt::format("run file: {} ({}{})", file, bytes(size), interrupted ? ", interrupted" : ""));
        if (!resumable) note(fmt::format("next: snnff-sim info {0}    snnff-sim eval {0}", file));
    }
    return interrupted ? exit_code_of_signal(stop) : 0;
}

int run(const RunArguments& arguments) {
    RunRequest request;
    request.model = arguments.model;
    request.output = arguments.output;
    if (request.output.empty()) request.output = request.model.filename().replace_extension(".h5");
    request.overrides = overrides_of(arguments.assignments, arguments.seed);
    request.n_threads = arguments.threads;
    request.force = arguments.force;
    request.quiet = arguments.quiet;
    request.live = arguments.live;
    request.command_line = invocation();

    if (arguments.dry_run) {
        const ThreadLimit threads(arguments.threads);
        print_dry_run(load_experiment(request.model, request.overrides), arguments.json);
        return 0;
    }
    request.checkpoints = read_checkpoint_every("--checkpoint-every", arguments.checkpoint_every);
    if (!arguments.max_time.empty())
        request.checkpoints.max_time = read_duration("--max-time", arguments.max_time);
    tell_of_kernels(request);
    const std::filesystem::path place = behind_links(request.output);
    std::filesystem::path ended_at;
    request.ended_at = &ended_at;
    ModelSpec model = read_model_for(request);
    const std::atomic<int>& stop = stop_on_signals();
    const Ending ending = execute(request, std::move(model), stop);
    if (ending == Ending::interrupted && !ended_at.empty() && ended_at != place) {
        note(fmt::format("{} is as it was; the new run is {}, and takes its place once it is complete",
                         place.string(), ended_at.string()));
    }
    if (ended_at != place) request.output = ended_at;
    return tell_of(request, ending, stop, arguments.json);
}

struct ResumeArguments {
    std::string run, checkpoint_every = "5m", max_time;
    std::vector<std::string> data;
    std::size_t threads = 0;
    bool quiet = false, json = false, live = false;
};

int resume(const ResumeArguments& arguments) {
    RunRequest request;
    request.output = arguments.run;
    request.n_threads = arguments.threads;
    request.quiet = arguments.quiet;
    request.live = arguments.live;
    request.command_line = invocation();
    request.checkpoints = read_checkpoint_every("--checkpoint-every", arguments.checkpoint_every);
    if (!arguments.max_time.empty())
        request.checkpoints.max_time = read_duration("--max-time", arguments.max_time);
    const MovedData moved = read_moved_data(arguments.data);
    Continuation from(arguments.run);
    if (!from.note().empty()) note(from.note());
    tell_of_kernels(request);
    request.from = &from;
    request.force = true;
    const std::atomic<int>& stop = stop_on_signals();
    bool found_elsewhere = false;  // or not: execute() holds all data to their SHA-256
    ModelSpec model = read_kept_model(from.head().model_toml, request.output, moved, {}, found_elsewhere);
    const ThreadLimit threads(request.n_threads);
    Experiment experiment = reading_data([&] { return build(std::move(model)); });
    const std::filesystem::path place = behind_links(request.output);
    std::filesystem::path ended_at = place;
    request.ended_at = &ended_at;
    const Ending ending = execute(request, std::move(experiment), stop);
    if (ended_at != place) request.output = ended_at;
    return tell_of(request, ending, stop, arguments.json);
}

void add_live_option(Command& command, bool& live) {
    command.flag("--live", live,
                 "let others read the run file while it grows (HDF5's SWMR), as tools/watch does");
}

void add_checkpoint_options(Command& command, std::string& every, std::string& max_time) {
    command
        .option("--checkpoint-every", every,
                "save the run beside its file this often: 5m (default), 90s, 2h, \"10 epochs\", off")
        .type_name("INTERVAL");
    command.option("--max-time", max_time, "stop, saved, after this long: 90s, 5m, 2h; exit code 124")
        .type_name("TIME");
}

}  // namespace

Verb add_run(Command& program) {
    auto arguments = std::make_shared<RunArguments>();
    Command command = program.verb("run", "Train a model, evaluate it and record the run.",
                                   "  snnff-sim run models/quickstart-lif.toml -o lif.h5\n"
                                   "  snnff-sim run model.toml --set population.hidden1.beta=0.8 --seed 7\n"
                                   "  snnff-sim run model.toml --dry-run\n"
                                   "  snnff-sim run model.toml --json --quiet > result.json\n");
    command.option("MODEL", arguments->model, "model file (TOML)").required().type_name("FILE");
    command
        .option("-o,--output", arguments->output,
                "run file to write; default: the model's name with .h5, in this folder")
        .type_name("FILE");
    add_override_options(command, arguments->assignments, "override a key of the model; may be repeated");
    command.option("--seed", arguments->seed, "override the seed")
        .whole_number(0, std::numeric_limits<std::int64_t>::max())
        .type_name("N");
    add_threads_option(command, arguments->threads);
    command.flag("--force", arguments->force,
                 "replace the run file if it exists, once the new one is complete");
    command.flag("-q,--quiet", arguments->quiet, "no progress; errors and the result only");
    command.flag("--json", arguments->json, "the result as JSON");
    command.flag("-n,--dry-run", arguments->dry_run,
                 "print the resolved model, its parameters, memory and file size; train nothing");
    add_live_option(command, arguments->live);
    add_checkpoint_options(command, arguments->checkpoint_every, arguments->max_time);
    return {std::move(command), [arguments] { return run(*arguments); }};
}

Verb add_resume(Command& program) {
    auto arguments = std::make_shared<ResumeArguments>();
    Command command = program.verb("resume", "Go on with a run that was cut, as if it had not been.",
                                   "  snnff-sim resume run.h5\n"
                                   "  snnff-sim resume run.h5 --max-time 2h\n"
                                   "  snnff-sim resume run.h5 --data /mnt/data\n");
    command.option("RUN", arguments->run, "run file (HDF5), its checkpoint beside it")
        .required()
        .type_name("FILE");
    command
        .option("--data", arguments->data,
                "where data are that were moved: a folder that has them by name, or one of the roles train, "
                "validation, test and \"initial weights\" with a path; may be repeated; default: where they "
                "were, or beside the run as they lay before")
        .type_name("FOLDER|ROLE=PATH")
        .one_value_each();
    add_threads_option(command, arguments->threads);
    command.flag("-q,--quiet", arguments->quiet, "no progress; errors and the result only");
    command.flag("--json", arguments->json, "the result as JSON");
    add_live_option(command, arguments->live);
    add_checkpoint_options(command, arguments->checkpoint_every, arguments->max_time);
    return {std::move(command), [arguments] { return resume(*arguments); }};
}

}  // namespace snnff::app
