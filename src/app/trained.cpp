#include "app/trained.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "app/find_data.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

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
    if ((value_of("kind") == "\"shd\"" || value_of("kind") == "\"hdf5\"") && !is_folder) {
        return {{"data.train", where},
                {"data.test", where},
                {"data.n_train", "0"},
                {"data.n_validation", "0"},
                {"data.n_test", "0"}};
    }
    std::string table = is_folder ? fmt::format("kind = \"idx\", folder = {}", where)
                                  : fmt::format("kind = \"hdf5\", train = {0}, test = {0}", where);
    for (const char* key : {"offset", "scale", "classes"}) {
        if (const std::string value = value_of(key); !value.empty())
            table += fmt::format(", {} = {}", key, value);
    }
    return {{"data", "{ " + table + " }"}};
}

ModelSpec model_of(const fs::path& run, const RunSummary& summary, const std::string& data,
                   std::vector<Override> overrides) {
    const std::string name = run.string() + ":/model";
    const fs::path folder = run.parent_path();
    const ModelSpec model = read_model_text(summary.model_toml, name, folder, overrides);
    std::error_code error;
    const bool there = fs::exists(data, error);
    if (error) throw FileError(fmt::format("{}: cannot be read: {}", data, error.message()));
    if (!there) throw FileError(data + ": is not there; --data takes a folder of IDX files or an HDF5 file");
    for (Override& from : data_from(data, model.resolved)) overrides.push_back(std::move(from));
    return read_model_text(summary.model_toml, name, folder, overrides);
}

/// Before anybody makes room for weights as the model and the data have them.
void check_shape(const fs::path& run, const RunSummary& summary, const PopulationSpec& spec,
                 std::size_t n_inputs) {
    const auto found = std::ranges::find(summary.populations, spec.name);
    const LayerShape shape =
        found == summary.populations.end()
            ? LayerShape{}
            : summary.shapes[static_cast<std::size_t>(found - summary.populations.begin())];
    if (shape.n_units == 0) {
        throw DataError(
            fmt::format("{}: has no parameters at /populations/{}; the run has to come to its end",
                        run.string(), spec.name));
    }
    if (shape.n_units != spec.n_units || shape.n_inputs != n_inputs) {
        throw DataError(fmt::format(
            "{}: /populations/{}/weight: has the shape [{}, {}]; the model's population has [{}, {}]",
            run.string(), spec.name, shape.n_units, shape.n_inputs, spec.n_units, n_inputs));
    }
}

Network trained_network(const fs::path& run, const RunSummary& summary, const ModelSpec& model,
                        std::size_t n_inputs) {
    Network network{model.time, {}};
    for (const PopulationSpec& spec : model.populations) {
        check_shape(run, summary, spec, n_inputs);
        Population population{.name = spec.name,
                              .neuron = spec.neuron,
                              .normalisation = spec.normalisation,
                              .measure = spec.measure,
                              .output = spec.output,
                              .weight = Panels(spec.n_units, n_inputs),
                              .bias = AlignedVector<float>(spec.n_units, 0.0f),
                              .learns_bias = spec.bias};
        read_parameters(run, spec.name, population);
        n_inputs = spec.n_units;
        network.populations.push_back(std::move(population));
    }
    return network;
}

}  // namespace

Trained read_parameters_of(const fs::path& run) {
    Trained trained{.summary = read_run(run), .model = {}, .network = {}, .dataset = {}};
    trained.model =
        read_model_text(trained.summary.model_toml, run.string() + ":/model", run.parent_path(), {});
    if (trained.summary.shapes.empty() || trained.summary.shapes.front().n_inputs == 0) {
        throw DataError(run.string() + ": holds no trained weights; the run has to come to its end");
    }
    trained.network =
        trained_network(run, trained.summary, trained.model, trained.summary.shapes.front().n_inputs);
    if (trained.summary.readout.n_units > 0) trained.network.head = read_readout(run, trained.model);
    return trained;
}

Trained read_trained(const fs::path& run, const SampleSource& source, std::vector<Override> overrides) {
    const RunSummary summary = read_run(run);
    if (!source.data.empty())
        return read_trained_as(run, model_of(run, summary, source.data, std::move(overrides)), source.split);
    bool found_elsewhere = false;
    ModelSpec model = read_kept_model(summary.model_toml, run, {}, std::move(overrides), found_elsewhere);
    try {
        Trained trained = read_trained_as(run, std::move(model), source.split);
        if (found_elsewhere) check_found_data(run, summary.provenance, trained.dataset.files);
        return trained;
    } catch (const FileError& error) {
        throw FileError(fmt::format("{}; --data says where the samples are", error.what()));
    }
}

Trained read_trained_as(const fs::path& run, ModelSpec as_model, const std::string& split_name) {
    using Split = DatasetReader::Split;
    Trained trained{.summary = read_run(run), .model = std::move(as_model), .network = {}, .dataset = {}};
    const ModelSpec& model = trained.model;
    const bool test = split_name == "test";
    const Split split = test ? Split::test : Split::train;
    if (!model.dataset->has(split)) {
        throw DataError(fmt::format("{}: its data have no {} set; --split or --data names another",
                                    run.string(), split_name));
    }
    trained.dataset = model.dataset->read(split, test ? model.n_test : model.n_train);
    if (trained.dataset.size() == 0) {
        throw DataError(fmt::format("{}: its data have no samples in the {} set", run.string(), split_name));
    }
    prepare(trained.dataset, model);
    trained.network = trained_network(run, trained.summary, model, trained.dataset.n_inputs());
    if (model.predict_by != PredictBy::goodness) trained.network.head = read_readout(run, model);
    return trained;
}

}  // namespace snnff::app
