#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "app/execute.hpp"
#include "app/help.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/verb.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

struct ValidateArguments {
    std::vector<std::string> models;
    Assignments assignments;
};

void validate(const std::string& model, const Assignments& assignments) {
    const Experiment experiment = load_experiment(model, overrides_of(assignments, {}));
    for (const std::string& line : experiment.notes) note(line);
    say_doubts(experiment.doubts);
    std::string network = std::to_string(experiment.train.n_inputs());
    double n_parameters = 0.0;
    for (const Population& population : experiment.network.populations) {
        network += fmt::format("-{}", population.n_units());
        n_parameters += static_cast<double>(population.n_parameters());
    }
    put(folded_lines(fmt::format(
        "{}: good; {}, {} parameters, {}; {} samples to train, {} to validate, {} to test\n", model, network,
        grouped(n_parameters), counted(experiment.model.network.time.steps, "step"), experiment.train.size(),
        experiment.validation.size(), experiment.test.size())));
}

/// Whether another model can be good all the same.
bool is_about_one_model(const Error& error) {
    return error.code() == ExitCode::model || error.code() == ExitCode::file ||
           error.code() == ExitCode::data;
}

/// Looks at every model, whatever is wrong with those before it; the exit code is that of the first.
int validate_all(const ValidateArguments& arguments) {
    std::vector<Error> errors;
    for (const std::string& model : arguments.models) {
        try {
            validate(model, arguments.assignments);
        } catch (const Error& error) {
            if (!is_about_one_model(error)) throw;
            errors.push_back(error);
        }
    }
    if (errors.empty()) return 0;
    std::string text;
    for (const Error& error : errors) text += fmt::format("{}{}", text.empty() ? "" : "\n", error.what());
    if (errors.size() > 1) {
        text += fmt::format("\n{} of {} models will not do", errors.size(), arguments.models.size());
    }
    throw Error(errors.front().code(), text);
}

}  // namespace

Verb add_validate(Command& program) {
    auto arguments = std::make_shared<ValidateArguments>();
    Command command = program.verb("validate", "Check a model file and its data without running it.",
                                   "  snnff-sim validate models/quickstart-lif.toml\n"
                                   "  snnff-sim validate model.toml --set time.steps=100\n");
    command.option("MODELS", arguments->models, "model files (TOML)").required().type_name("FILE...");
    add_override_options(command, arguments->assignments, "override a key; may be repeated");
    return {std::move(command), [arguments] { return validate_all(*arguments); }};
}

}  // namespace snnff::app
