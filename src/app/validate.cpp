#include <fmt/format.h>

#include <memory>

#include "app/execute.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/verb.hpp"

namespace snnff::app {
namespace {

struct Arguments {
    std::vector<std::string> models;
    Assignments assignments;
};

int validate(const Arguments& arguments) {
    for (const std::string& model : arguments.models) {
        const Experiment experiment = load_experiment(model, overrides_of(arguments.assignments, {}));
        say_doubts(experiment.doubts);
        std::string network = std::to_string(experiment.train.n_inputs());
        double n_parameters = 0.0;
        for (const Population& population : experiment.network.populations) {
            network += fmt::format("-{}", population.n_units());
            n_parameters += static_cast<double>(population.n_parameters());
        }
        put(fmt::format("{}: good; {}, {} parameters, {}; {} samples to train, {} to validate, {} to test\n",
                        model, network, grouped(n_parameters), counted(experiment.model.time.steps, "step"),
                        experiment.train.size(), experiment.validation.size(), experiment.test.size()));
    }
    return 0;
}

}  // namespace

Verb add_validate(CLI::App& program) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        add_command(program, "validate", "Check a model file and its data without running it.",
                    "  snnff-sim validate models/quickstart-lif.toml\n"
                    "  snnff-sim validate model.toml --set time.steps=100\n");
    command->add_option("MODELS", arguments->models, "model files (TOML)")->required()->type_name("FILE...");
    add_override_options(*command, arguments->assignments, "override a key; may be repeated");
    return {command, [arguments] { return validate(*arguments); }};
}

}  // namespace snnff::app
