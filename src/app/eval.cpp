#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/help.hpp"
#include "app/outcome.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/trained.hpp"
#include "app/verb.hpp"

namespace snnff::app {
namespace {

struct EvalArguments {
    std::string run;
    SampleSource source;
    std::size_t threads = 0;
    bool json = false;
};

/// Percent of each class's samples that were taken for another class; NaN for a class without samples.
std::vector<double> errors_per_class(const std::vector<std::uint64_t>& confusion, std::size_t n_labels) {
    std::vector<double> errors;
    for (std::size_t label = 0; label < n_labels; ++label) {
        double all = 0.0;
        for (std::size_t p = 0; p < n_labels; ++p)
            all += static_cast<double>(confusion[label * n_labels + p]);
        const auto right = static_cast<double>(confusion[label * n_labels + label]);
        errors.push_back(all > 0.0 ? 100.0 * (all - right) / all : not_evaluated);
    }
    return errors;
}

std::size_t n_samples_of(const std::vector<std::uint64_t>& confusion, std::size_t n_labels,
                         std::size_t label) {
    const auto row = confusion.begin() + static_cast<std::ptrdiff_t>(label * n_labels);
    return std::accumulate(row, row + static_cast<std::ptrdiff_t>(n_labels), std::size_t{0});
}

/// The class's name, or its number where it has none.
std::string name_of(const std::vector<std::string>& names, std::size_t label) {
    constexpr std::size_t most_columns = 32;
    return label < names.size() ? cut_to(names[label], most_columns) : std::to_string(label);
}

std::string confusion_table(const std::vector<std::uint64_t>& confusion, std::size_t n_labels,
                            const std::vector<std::string>& names) {
    std::vector<std::string> header{"label \\ predicted"};
    for (std::size_t p = 0; p < n_labels; ++p) header.push_back(name_of(names, p));
    header.push_back("error");
    Table table(header);
    const std::vector<double> errors = errors_per_class(confusion, n_labels);
    for (std::size_t label = 0; label < n_labels; ++label) {
        std::vector<std::string> row{name_of(names, label)};
        for (std::size_t p = 0; p < n_labels; ++p) {
            const std::uint64_t n = confusion[label * n_labels + p];
            row.push_back(n > 0 ? std::to_string(n) : ".");
        }
        row.push_back(error_text(errors[label], n_samples_of(confusion, n_labels, label), false));
        table.add(std::move(row));
    }
    return table.text(0, stdout_columns());
}

int eval(const EvalArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const Trained trained = read_trained(arguments.run, arguments.source);
    const ModelSpec& model = trained.model;
    const std::size_t n_samples_read = trained.dataset.size();
    // Validation samples are the last of the training file and were not trained on.
    const bool set_aside = arguments.source.split == "train" && model.data.n_train == 0 &&
                           model.data.n_validation < n_samples_read;
    const std::size_t limit = set_aside ? n_samples_read - model.data.n_validation : 0;
    const Evaluation evaluation = evaluate(trained.network, model, trained.dataset, limit);
    std::vector<std::string> doubts = trained.doubts;
    if (at_chance(evaluation)) doubts.push_back(describe_chance(arguments.source.split, evaluation));
    say_doubts(doubts);

    const auto confusion = evaluation.confusion();
    const std::size_t n_labels = evaluation.n_labels();
    if (arguments.json) {
        const Interval interval = error_interval(evaluation.error(), evaluation.label.size());
        nlohmann::ordered_json json{{"run_file", arguments.run},
                                    {"split", arguments.source.split},
                                    {"samples", evaluation.label.size()},
                                    {"error_percent", evaluation.error()},
                                    {"error_interval_percent", {interval.low, interval.high}},
                                    {"error_percent_per_class", errors_per_class(confusion, n_labels)},
                                    {"confusion", nlohmann::ordered_json::array()}};
        if (!evaluation.class_names.empty()) json["classes"] = evaluation.class_names;
        for (std::size_t label = 0; label < n_labels; ++label) {
            const auto first = confusion.begin() + static_cast<std::ptrdiff_t>(label * n_labels);
            json["confusion"].push_back(
                std::vector<std::uint64_t>(first, first + static_cast<std::ptrdiff_t>(n_labels)));
        }
        for (const Evaluation::OfPopulation& population : evaluation.populations)
            json["error_percent_per_population"][population.name] = population.error;
        json["doubts"] = doubts;
        put_json(json);
        return 0;
    }
    std::string text = fmt::format("{}, {} set: error {}\n", arguments.run, arguments.source.split,
                                   error_text(evaluation.error(), evaluation.label.size()));
    for (const Evaluation::OfPopulation& population : evaluation.populations) {
        text += fmt::format("  by {} alone: {}\n", population.name,
                            error_text(population.error, evaluation.label.size()));
    }
    put(folded_lines(text) + "\n" + confusion_table(confusion, n_labels, evaluation.class_names));
    return 0;
}

}  // namespace

Verb add_eval(Command& program) {
    auto arguments = std::make_shared<EvalArguments>();
    Command command = program.verb("eval", "Try a trained network on a data set.",
                                   "  snnff-sim eval run.h5\n"
                                   "  snnff-sim eval run.h5 --split train\n"
                                   "  snnff-sim eval run.h5 --data data/fashion-mnist\n"
                                   "  snnff-sim eval run.h5 --data digits.h5 --json\n"
                                   "  snnff-sim eval run.h5 --data digits.npz\n");
    command.option("RUN", arguments->run, "run file (HDF5)").required().type_name("FILE");
    add_source_options(command, arguments->source);
    add_threads_option(command, arguments->threads);
    command.flag("--json", arguments->json, "as JSON");
    return {std::move(command), [arguments] { return eval(*arguments); }};
}

}  // namespace snnff::app
