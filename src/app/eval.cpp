#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "app/table.hpp"
#include "app/verb.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::string run, data, split = "test";
    std::size_t threads = 0;
    bool json = false;
};

/// The overrides that let a model read its samples from elsewhere, scaled as it was trained: a folder
/// of IDX files, or an HDF5 file. All samples there are used.
std::vector<Override> data_from(const fs::path& path, const Node& resolved) {
    const Node* data = resolved.find("data");
    const auto value_of = [&](std::string_view key) {
        const Node* node = data ? data->find(key) : nullptr;
        return node ? value_text(*node) : std::string();
    };
    const std::string where = value_text({fs::absolute(path).string(), {}});
    const bool is_folder = fs::is_directory(path);
    if (is_folder && value_of("kind") == "\"idx\"") {
        // The same names of files, in another folder.
        return {
            {"data.folder", where}, {"data.n_train", "0"}, {"data.n_validation", "0"}, {"data.n_test", "0"}};
    }
    if (value_of("kind") == "\"nmnist\"" && is_folder) {
        return {
            {"data.folder", where}, {"data.n_train", "0"}, {"data.n_validation", "0"}, {"data.n_test", "0"}};
    }
    if (value_of("kind") == "\"shd\"" && !is_folder) {
        return {{"data.train", where},
                {"data.test", where},
                {"data.n_train", "0"},
                {"data.n_validation", "0"},
                {"data.n_test", "0"}};
    }
    std::string table = is_folder ? fmt::format("kind = \"idx\", folder = {}", where)
                                  : fmt::format("kind = \"hdf5\", train = {0}, test = {0}", where);
    for (const char* key : {"offset", "scale"}) {
        if (const std::string value = value_of(key); !value.empty())
            table += fmt::format(", {} = {}", key, value);
    }
    return {{"data", "{ " + table + " }"}};
}

ModelSpec model_of(const Arguments& arguments, const RunSummary& summary) {
    const std::string name = arguments.run + ":/model";
    const fs::path folder = fs::path(arguments.run).parent_path();
    ModelSpec model = read_model_text(summary.model_toml, name, folder, {});
    if (arguments.data.empty()) return model;
    if (!fs::exists(arguments.data)) {
        throw FileError(arguments.data +
                        ": is not there; --data takes a folder of IDX files or an HDF5 file");
    }
    return read_model_text(summary.model_toml, name, folder, data_from(arguments.data, model.resolved));
}

Network trained_network(const fs::path& run, const ModelSpec& model, std::size_t n_inputs) {
    Network network{model.time, {}};
    for (const PopulationSpec& spec : model.populations) {
        Population population{.name = spec.name,
                              .neuron = spec.neuron,
                              .normalisation = spec.normalisation,
                              .measure = spec.measure,
                              .output = spec.output,
                              .weight = Matrix(spec.n_units, n_inputs),
                              .bias = AlignedVector<float>(spec.n_units, 0.0f),
                              .learns_bias = spec.bias};
        read_parameters(run, spec.name, population);
        n_inputs = spec.n_units;
        network.populations.push_back(std::move(population));
    }
    return network;
}

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

std::string confusion_table(const std::vector<std::uint64_t>& confusion, std::size_t n_labels) {
    std::vector<std::string> header{"label \\ predicted"};
    for (std::size_t p = 0; p < n_labels; ++p) header.push_back(std::to_string(p));
    header.push_back("error");
    Table table(header);
    const std::vector<double> errors = errors_per_class(confusion, n_labels);
    for (std::size_t label = 0; label < n_labels; ++label) {
        std::vector<std::string> row{std::to_string(label)};
        for (std::size_t p = 0; p < n_labels; ++p) {
            const std::uint64_t n = confusion[label * n_labels + p];
            row.push_back(n > 0 ? std::to_string(n) : ".");
        }
        row.push_back(percent(errors[label]));
        table.add(std::move(row));
    }
    return table.text();
}

int eval(const Arguments& arguments) {
    using Split = DatasetReader::Split;
    const RunSummary summary = read_run(arguments.run);
    const ModelSpec model = model_of(arguments, summary);
    const bool test = arguments.split == "test";
    const Split split = test ? Split::test : Split::train;
    if (!model.dataset->has(split)) {
        throw DataError(fmt::format("{}: its data have no {} set; --split or --data names another",
                                    arguments.run, arguments.split));
    }
    const ThreadLimit threads(arguments.threads);
    Dataset dataset = model.dataset->read(split, test ? model.n_test : model.n_train);
    if (dataset.size() == 0) throw DataError(fmt::format("{}: no samples to evaluate", arguments.run));
    prepare(dataset, model);
    Network network = trained_network(arguments.run, model, dataset.n_inputs());
    if (model.predict_by != PredictBy::goodness) network.head = read_readout(arguments.run, model);
    // Validation samples are the last of the training file and were not trained on.
    const bool set_aside = !test && model.n_train == 0 && model.n_validation < dataset.size();
    const std::size_t limit = set_aside ? dataset.size() - model.n_validation : 0;
    const Evaluation evaluation = evaluate(network, model, dataset, limit);

    const auto confusion = evaluation.confusion();
    const std::size_t n_labels = evaluation.n_labels();
    if (arguments.json) {
        nlohmann::ordered_json json{{"run_file", arguments.run},
                                    {"split", arguments.split},
                                    {"samples", evaluation.label.size()},
                                    {"error_percent", evaluation.error()},
                                    {"error_percent_per_class", errors_per_class(confusion, n_labels)},
                                    {"confusion", nlohmann::ordered_json::array()}};
        for (std::size_t label = 0; label < n_labels; ++label) {
            const auto first = confusion.begin() + static_cast<std::ptrdiff_t>(label * n_labels);
            json["confusion"].push_back(
                std::vector<std::uint64_t>(first, first + static_cast<std::ptrdiff_t>(n_labels)));
        }
        put(json.dump(2) + "\n");
        return 0;
    }
    const auto n_samples = static_cast<double>(evaluation.label.size());
    put(fmt::format("{}, {} set: error {} of {} samples\n\n", arguments.run, arguments.split,
                    percent(evaluation.error()), grouped(n_samples)) +
        confusion_table(confusion, n_labels));
    return 0;
}

}  // namespace

Verb add_eval(CLI::App& program) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = add_command(program, "eval", "Try a trained network on a data set.",
                                    "  snnff-sim eval run.h5\n"
                                    "  snnff-sim eval run.h5 --split train\n"
                                    "  snnff-sim eval run.h5 --data data/fashion-mnist\n"
                                    "  snnff-sim eval run.h5 --data digits.h5 --json\n");
    command->add_option("RUN", arguments->run, "run file (HDF5)")->required()->type_name("FILE");
    command
        ->add_option("--data", arguments->data,
                     "a folder of IDX files or an HDF5 file with x and y; default: the run's own data")
        ->type_name("PATH");
    command->add_option("--split", arguments->split, "test (default) or train")
        ->type_name("SPLIT")
        ->check(CLI::IsMember({"test", "train"}));
    command->add_option("--threads", arguments->threads, "threads to use; default: one per core")
        ->type_name("N");
    command->add_flag("--json", arguments->json, "as JSON");
    return {command, [arguments] { return eval(*arguments); }};
}

}  // namespace snnff::app
