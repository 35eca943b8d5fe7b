#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/command_line.hpp"
#include "app/execute.hpp"
#include "app/figures.hpp"
#include "app/output.hpp"
#include "app/plan_cost.hpp"
#include "app/signals.hpp"
#include "app/table.hpp"
#include "app/verb.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

struct Arguments {
    std::string model, output;
    std::vector<std::string> assignments;
    std::optional<std::uint64_t> seed;
    std::size_t threads = 0;
    bool force = false, quiet = false, json = false, dry_run = false;
};

/// The resolved model and what it would cost, as TOML whose comments hold the figures: what is
/// printed is itself a model file.
void print_dry_run(const Experiment& experiment, bool json) {
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
        put(facts.dump(2) + "\n");
        return;
    }
    std::string text = fmt::format("# samples: {} to train, {} to validate, {} to test, {} inputs each\n",
                                   experiment.train.size(), experiment.validation.size(),
                                   experiment.test.size(), experiment.train.n_inputs());
    text += fmt::format("# parameters: {}\n", grouped(static_cast<double>(cost.n_parameters)));
    text += fmt::format("# memory at its peak: about {}\n", bytes(static_cast<double>(cost.memory_bytes)));
    text += fmt::format("# run file: at most about {}\n", bytes(static_cast<double>(cost.run_file_bytes)));
    put(text + "\n" + model);
}

int run(const Arguments& arguments) {
    RunRequest request;
    request.model = arguments.model;
    request.output = arguments.output;
    if (request.output.empty()) request.output = request.model.filename().replace_extension(".h5");
    request.overrides = overrides_of(arguments.assignments, arguments.seed);
    request.n_threads = arguments.threads;
    request.force = arguments.force;
    request.quiet = arguments.quiet;
    request.command_line = command_line();

    if (arguments.dry_run) {
        print_dry_run(load_experiment(request.model, request.overrides), arguments.json);
        return 0;
    }
    const std::atomic<int>& stop = stop_on_signals();
    const Ending ending = execute(request, stop);
    if (ending == Ending::interrupted && !std::filesystem::exists(request.output)) {
        return exit_code_of_signal(stop);
    }
    const RunFigures figures = read_figures(request.output);
    put(arguments.json ? to_json(figures).dump(2) + "\n" : side_by_side({figures}));
    if (!arguments.quiet) {
        const std::string file = request.output.string();
        const auto size = static_cast<double>(std::filesystem::file_size(request.output));
        note(fmt::format("run file: {} ({}{})", file, bytes(size),
                         ending == Ending::interrupted ? ", interrupted" : ""));
        note(fmt::format("next: snnff-sim info {0}    snnff-sim eval {0}", file));
    }
    return ending == Ending::interrupted ? exit_code_of_signal(stop) : 0;
}

}  // namespace

Verb add_run(CLI::App& program) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = add_command(program, "run", "Train a model, evaluate it and record the run.",
                                    "  snnff-sim run models/quickstart-lif.toml -o lif.h5\n"
                                    "  snnff-sim run model.toml --set population.hidden1.beta=0.8 --seed 7\n"
                                    "  snnff-sim run model.toml --dry-run\n"
                                    "  snnff-sim run model.toml --json --quiet > result.json\n");
    command->add_option("MODEL", arguments->model, "model file (TOML)")->required()->type_name("FILE");
    command
        ->add_option("-o,--output", arguments->output,
                     "run file to write; default: the model's name with .h5, in this folder")
        ->type_name("FILE");
    command->add_option("--set", arguments->assignments, "override a key of the model; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command->add_option("--seed", arguments->seed, "override the seed")->type_name("N");
    command->add_option("--threads", arguments->threads, "threads to use; default: one per core")
        ->type_name("N");
    command->add_flag("--force", arguments->force,
                      "replace the run file if it exists, once the new one is complete");
    command->add_flag("-q,--quiet", arguments->quiet, "no progress; errors and the result only");
    command->add_flag("--json", arguments->json, "the result as JSON");
    command->add_flag("-n,--dry-run", arguments->dry_run,
                      "print the resolved model, its parameters, memory and file size; train nothing");
    return {command, [arguments] { return run(*arguments); }};
}

}  // namespace snnff::app
