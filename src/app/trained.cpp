#include "app/trained.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "app/data_elsewhere.hpp"
#include "app/execute.hpp"
#include "app/find_data.hpp"
#include "io/place.hpp"
#include "run/class_words.hpp"
#include "run/doubts.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

/// Files that are not what they were when the run was made.
void doubt_files(const Provenance& then, const Dataset& dataset, std::string_view role,
                 std::vector<std::string>& doubts) {
    for (std::size_t i = 0, k = 0; i < dataset.files.size(); ++i) {
        const DataFile& now = dataset.files[i];
        while (k < then.data.size() && then.data[k].role != role) ++k;
        if (k == then.data.size()) return;
        const DataFile& before = then.data[k++];
        if (before.sha256 == now.sha256) continue;
        doubts.push_back(
            fmt::format("{}: changed since the run was made: {} bytes with SHA-256 {}… then, {} bytes with "
                        "{}… now, so that "
                        "this is another measurement than the run's; the {} file of then would do",
                        now.path.string(), before.size, before.sha256.substr(0, 12), now.size,
                        now.sha256.substr(0, 12), role));
    }
}

void doubt_weights(const Network& network, const fs::path& run, std::vector<std::string>& doubts) {
    for (const Population& population : network.populations) {
        const auto finite = [](float w) { return std::isfinite(w); };
        const auto all_finite = [&](const Edge& edge) {
            return std::ranges::all_of(edge.weight.memory(), finite);
        };
        if (std::ranges::all_of(population.edges, all_finite) && std::ranges::all_of(population.bias, finite))
            continue;
        doubts.push_back(
            fmt::format("{}: weights of population \"{}\" are not finite, so that predictions mean "
                        "nothing; a run with a smaller learning.rate would do",
                        run.string(), population.name));
    }
}

/// Only how samples are read can be set: all else is as it was trained.
std::vector<Override> set_by(const SampleSource& source) {
    std::vector<Override> overrides = overrides_of({.set = source.set, .add = {}}, {});
    for (const Override& set : overrides) {
        if (set.key.starts_with("data.")) continue;
        throw UsageError(
            fmt::format("--set {}={}: the network is as it was trained; keys of data, as data.axes, can "
                        "be set for the samples that it is shown",
                        set.key, set.value));
    }
    return overrides;
}

ModelSpec model_of(const fs::path& run, const RunSummary& summary, const SampleSource& source,
                   std::vector<Override> overrides) {
    const std::string& data = source.data;
    const std::string name = run.string() + ":/model";
    const fs::path folder = run.parent_path();
    ModelSpec model = read_model_text(summary.model_toml, name, folder, overrides);
    std::error_code error;
    const bool there = fs::exists(data, error);
    if (error) throw FileError(fmt::format("{}: cannot be read: {}", data, error.message()));
    if (!there) {
        throw FileError(
            data +
            ": is not there; --data takes a folder of IDX files or of PNG images, an HDF5 file, an "
            ".npz archive or a CSV file" +
            about_dangling_link(data));
    }
    for (Override& from : data_from(data, model.resolved)) overrides.push_back(std::move(from));
    for (Override& set : set_by(source)) overrides.push_back(std::move(set));
    model = read_model_text(summary.model_toml, name, folder, overrides);
    keep_label_place(model);
    return model;
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

/// The samples are blamed for their number of inputs, `n_inputs` before there was room for labels, not the
/// weights that were learnt from others.
void check_inputs(const fs::path& run, const Trained& trained, std::size_t n_inputs) {
    const PopulationSpec& lowest = trained.model.network.populations.front();
    if (!lowest.projection->dense() || trained.summary.shapes.empty()) return;
    const LayerShape& shape = trained.summary.shapes.front();
    const std::size_t n_here = trained.dataset.n_inputs(), n_labels = n_here - n_inputs;
    if (shape.n_units == 0 || shape.n_inputs == n_here || shape.n_inputs <= n_labels) return;
    throw DataError(fmt::format("{}: samples have {} inputs, those that {} was trained on {}",
                                place_of(trained.dataset), n_inputs, run.string(),
                                shape.n_inputs - n_labels));
}

Network trained_network(const fs::path& run, const RunSummary& summary, const ModelSpec& model,
                        std::size_t n_inputs) {
    Network network{model.network.time, {}};
    for (std::size_t k = 0; k < model.network.populations.size(); ++k) {
        const PopulationSpec& spec = model.network.populations[k];
        check_shape(run, summary, spec, spec.projection->shape(n_inputs).n_weights);
        Population population = make_population(model, k, n_inputs);
        read_parameters(run, spec.name, population);
        n_inputs = population.n_sent();
        network.populations.push_back(std::move(population));
    }
    return network;
}

}  // namespace

void keep_label_place(ModelSpec& model) {
    using Where = LabelOverlay::Where;
    if (model.data.overlay.where == Where::automatic) model.data.overlay.where = Where::by_time;
}

std::vector<std::string> class_names_of(const ModelSpec& model) {
    std::vector<std::string> names;
    const Node* data = model.resolved.find("data");
    const Node* classes = data != nullptr ? data->find("classes") : nullptr;
    const auto* array = classes != nullptr ? std::get_if<Node::Array>(&classes->value) : nullptr;
    if (array == nullptr) return names;
    for (const Node& name : *array) names.push_back(std::get<std::string>(name.value));
    return names;
}

Trained read_parameters_of(const fs::path& run) {
    Trained trained{.summary = read_run(run), .model = {}, .network = {}, .dataset = {}};
    trained.model =
        read_model_text(trained.summary.model_toml, run.string() + ":/model", run.parent_path(), {});
    keep_label_place(trained.model);
    // Weights tell how many inputs there are only where every unit sees all of them.
    const PopulationSpec& lowest = trained.model.network.populations.front();
    if (!lowest.projection->dense()) {
        throw ModelError(
            fmt::format("{}: population.{}.projection = \"{}\": without its data only \"dense\" can be "
                        "read, as for NIR and in Python",
                        run.string(), lowest.name, lowest.projection->kind()));
    }
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
        return read_trained_as(run, model_of(run, summary, source, std::move(overrides)), source.split);
    for (Override& set : set_by(source)) overrides.push_back(std::move(set));
    bool found_elsewhere = false;
    ModelSpec model = read_kept_model(summary.model_toml, run, {}, std::move(overrides), found_elsewhere);
    try {
        Trained trained = read_trained_as(run, std::move(model), source.split);
        if (found_elsewhere) check_found_data(run, summary.provenance, trained.dataset.files);
        doubt_files(summary.provenance, trained.dataset, source.split, trained.doubts);
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
    if (!model.data.reader->has(split)) {
        throw DataError(fmt::format("{}: its data have no {} set; --split or --data names another",
                                    run.string(), split_name));
    }
    trained.dataset = model.data.reader->read(split, test ? model.data.n_test : model.data.n_train);
    if (trained.dataset.size() == 0) {
        throw DataError(fmt::format("{}: its data have no samples in the {} set", run.string(), split_name));
    }
    align_classes(trained.dataset, class_names_of(model));
    for (const auto& [role, facts] : trained.summary.provenance.inputs) {
        if (role == "train") align_inputs(trained.dataset, facts.names);
    }
    trained.doubts = doubts_about_set(trained.dataset);
    const std::size_t n_inputs = trained.dataset.n_inputs();
    prepare(trained.dataset, model);
    check_inputs(run, trained, n_inputs);
    const auto add = [&](std::vector<std::string> doubts) {
        trained.doubts.insert(trained.doubts.end(), doubts.begin(), doubts.end());
    };
    add(doubts_about_events(trained.dataset, model.network.time));
    for (const auto& [role, facts] : trained.summary.provenance.inputs) {
        if (role != "train") continue;
        add(doubts_about_values(place_of(trained.dataset), split_name, trained.dataset, facts));
        add(doubts_about_classes(place_of(trained.dataset), {split_name, trained.dataset.facts}, facts,
                                 class_words(model, trained.dataset.class_names)));
    }
    trained.network = trained_network(run, trained.summary, model, trained.dataset.n_inputs());
    if (model.prediction.by != PredictBy::goodness) trained.network.head = read_readout(run, model);
    doubt_weights(trained.network, run, trained.doubts);
    return trained;
}

}  // namespace snnff::app
