#include "snnff/nir.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "io/hdf5_write.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

using hdf5::write_array;
using hdf5::write_text;

/// The version of NIR's layout that is written: where `metadata` exists, and everything is a data set.
constexpr std::string_view nir_version = "1.0.4";
/// How far a decay or a threshold may be from the population's: a few digits of float32 in 1 − dt/tau.
constexpr double tolerance = 1e-4;

void write_vector(const hdf5::Group& node, std::string_view name, std::span<const double> values) {
    const std::vector<float> as_floats(values.begin(), values.end());
    write_array(node, name, std::span<const float>(as_floats));
}

void write_shape(const hdf5::Group& nodes, std::string_view name, std::string_view type, std::size_t n) {
    const hdf5::Group node = hdf5::create_group(nodes, name);
    write_text(node, "type", type);
    const std::array<std::int64_t, 1> shape{static_cast<std::int64_t>(n)};
    write_array(node, "shape", std::span<const std::int64_t>(shape));
}

void write_weights(const hdf5::Group& nodes, const std::string& name, const Population& population) {
    const hdf5::Group node = hdf5::create_group(nodes, name);
    write_text(node, "type", population.learns_bias ? "Affine" : "Linear");
    const std::array<hsize_t, 2> shape{population.n_units(), population.n_inputs()};
    const Matrix weight = population.weight.matrix();
    write_array(node, "weight", std::span<const hsize_t>(shape), weight.values());
    if (population.learns_bias) write_array(node, "bias", std::span<const float>(population.bias));
    const hdf5::Group metadata = hdf5::create_group(node, "metadata");
    write_text(metadata, "input_normalisation",
               normalisation_names[static_cast<std::size_t>(population.normalisation)]);
}

std::string weights_name(const Population& population) { return population.name + "_weights"; }

void write_lif(const hdf5::Group& nodes, const Population& population) {
    std::vector<double> tau, r, threshold;
    for (const float beta : population.neuron->decays()) {
        if (!(beta < 1.0f)) {
            throw ModelError(
                fmt::format("population \"{}\": beta = {} has no finite time constant, which NIR's "
                            "LIF needs; a beta below 1 has",
                            population.name, beta));
        }
        r.push_back(1.0 / (1.0 - static_cast<double>(beta)));
        tau.push_back(nir_dt_s * r.back());
    }
    for (const float value : population.neuron->thresholds()) threshold.push_back(static_cast<double>(value));
    const std::vector<double> zeros(population.n_units(), 0.0);
    const hdf5::Group node = hdf5::create_group(nodes, population.name);
    write_text(node, "type", "LIF");
    write_vector(node, "tau", tau);
    write_vector(node, "r", r);
    write_vector(node, "v_leak", zeros);
    write_vector(node, "v_threshold", threshold);
    write_vector(node, "v_reset", zeros);
}

/// The keys of a population that its nodes cannot hold, as its model file has them.
void write_words(const hdf5::Group& graph_metadata, const Population& population, const Node* table) {
    const hdf5::Group group = hdf5::create_group(graph_metadata, population.name);
    write_text(group, "neuron", population.neuron->kind());
    write_text(group, "measure", name_of(population.measure));
    write_text(group, "output", name_of(population.output));
    for (const char* key : {"reset", "reset_delay", "refractory_steps", "surrogate"}) {
        if (const Node* value = table != nullptr ? table->find(key) : nullptr) {
            write_text(group, key, value_text(*value));
        }
    }
}

std::vector<std::string> what_nir_cannot_say(const ModelSpec& model, const Network& network) {
    std::vector<std::string> sentences;
    const auto add = [&](std::string sentence) {
        if (std::ranges::find(sentences, sentence) == sentences.end())
            sentences.push_back(std::move(sentence));
    };
    for (const Population& population : network.populations) {
        if (!population.neuron->spiking()) {
            add(fmt::format("{}: NIR has no node for the activation \"{}\"; its weights stand alone",
                            population.name, population.neuron->kind()));
        } else if (!population.neuron->recorded_reset().empty()) {
            add(fmt::format("{}: the reset is the model file's, NIR's sets the membrane to v_reset = 0",
                            population.name));
        }
        if (population.normalisation != Normalisation::none) {
            add(fmt::format("{}: its input is normalised ({}) before the weights", population.name,
                            normalisation_names[static_cast<std::size_t>(population.normalisation)]));
        }
        if (population.output != Readout::spikes && population.neuron->spiking() &&
            &population != &network.populations.back()) {
            add(fmt::format("{}: the next population receives its {}, not its spikes", population.name,
                            name_of(population.output)));
        }
    }
    if (model.rule == LearningRule::forward_forward) {
        add("labels are read off the goodness of every population, which is no node of NIR's");
    }
    if (network.head) add("the softmax read-out is left out");
    return sentences;
}

/// `wanted`, or with "_" after it until no population's node has that name.
std::string free_name(std::string wanted, const Network& network) {
    const auto taken = [&](const Population& population) {
        return population.name == wanted || weights_name(population) == wanted;
    };
    while (std::ranges::any_of(network.populations, taken)) wanted += "_";
    return wanted;
}

void write_graph(const hdf5::Group& root, const ModelSpec& model, const Network& network,
                 std::span<const std::string> sentences) {
    write_text(root, "version", nir_version);
    const hdf5::Group graph = hdf5::create_group(root, "node");
    write_text(graph, "type", "NIRGraph");
    const hdf5::Group nodes = hdf5::create_group(graph, "nodes");
    std::vector<std::string> edges;
    std::string last = free_name("input", network);
    const std::string end = free_name("output", network);
    const auto connect = [&](const std::string& name) {
        edges.insert(edges.end(), {last, name});
        last = name;
    };
    write_shape(nodes, last, "Input", network.populations.front().n_inputs());
    for (const Population& population : network.populations) {
        const std::string weights = weights_name(population);
        write_weights(nodes, weights, population);
        connect(weights);
        if (!population.neuron->spiking()) continue;
        write_lif(nodes, population);
        connect(population.name);
    }
    write_shape(nodes, end, "Output", network.populations.back().n_units());
    connect(end);
    const std::array<hsize_t, 2> shape{edges.size() / 2, 2};
    hdf5::write_texts(graph, "edges", std::span<const hsize_t>(shape), edges);

    const hdf5::Group metadata = hdf5::create_group(graph, "metadata");
    write_text(metadata, "creator", "snnff-sim");
    write_text(metadata, "title", model.title);
    const std::array<double, 1> dt{nir_dt_s}, true_dt{model.time.dt_ms};
    write_array(metadata, "dt", std::span<const double>(dt));
    write_array(metadata, "dt_ms", std::span<const double>(true_dt));
    const std::array<std::int64_t, 1> steps{model.time.steps};
    write_array(metadata, "steps", std::span<const std::int64_t>(steps));
    write_text(metadata, "not_in_nir", fmt::format("{}", fmt::join(sentences, "\n")));
    const Node* tables = model.resolved.find("population");
    for (const Population& population : network.populations) {
        write_words(metadata, population, tables != nullptr ? tables->find(population.name) : nullptr);
    }
}

// ---- reading ----

std::string type_of(const hdf5::Group& nodes, const std::string& name) {
    return hdf5::read_text(nodes.group(name).dataset("type"));
}
bool has_weights(const std::string& type) { return type == "Affine" || type == "Linear"; }

std::vector<float> read_floats(const hdf5::Dataset& dataset, const std::vector<hsize_t>& expected) {
    const auto shape = dataset.shape();
    if (shape != expected) {
        throw DataError(fmt::format("{}: has the shape [{}]; the model's population has [{}]",
                                    dataset.where(), fmt::join(shape, ", "), fmt::join(expected, ", ")));
    }
    dataset.expect_numbers();
    dataset.expect_stored();
    std::vector<float> values(dataset.n_values());
    hdf5::read(dataset, std::span(values));
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
        throw DataError(fmt::format("{}: holds values that are no finite numbers", dataset.where()));
    }
    return values;
}

/// The Affine or Linear node that is `name` or has an edge to it.
std::string weights_node(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name) {
    if (has_weights(type_of(nodes, name))) return name;
    const hdf5::Dataset edges = graph.dataset("edges");
    const auto shape = edges.shape();
    if (shape.size() != 2 || shape[1] != 2) {
        throw DataError(fmt::format("{}: has the shape [{}]; [edges, 2] is what NIR has", edges.where(),
                                    fmt::join(shape, ", ")));
    }
    const std::vector<std::string> ends = hdf5::read_texts(edges);
    for (std::size_t e = 0; e + 1 < ends.size(); e += 2) {
        if (ends[e + 1] == name && nodes.has(ends[e]) && has_weights(type_of(nodes, ends[e]))) return ends[e];
    }
    throw DataError(fmt::format("{}: no Affine or Linear node leads to it", nodes.group(name).where()));
}

double dt_of(const hdf5::Group& graph) {
    if (!graph.has("metadata") || !graph.group("metadata").has("dt")) return nir_dt_s;
    const hdf5::Dataset dataset = graph.group("metadata").dataset("dt");
    std::vector<double> value(1);
    if (dataset.n_values() != 1) throw DataError(dataset.where() + ": is not one number of seconds");
    dataset.expect_numbers();
    dataset.expect_stored();
    hdf5::read(dataset, std::span(value));
    if (value[0] > 0.0) return value[0];
    throw DataError(fmt::format("{}: {} is no time step", dataset.where(), value[0]));
}

void expect_equal(const hdf5::Group& node, std::string_view what, double there, double here, std::size_t unit,
                  std::string_view key) {
    if (std::abs(there - here) <= tolerance * std::max(1.0, std::abs(here))) return;
    throw DataError(fmt::format("{}: {} of unit {} is {:.6g}, the model's is {:.6g}; {} = {:.6g} agrees",
                                node.where(), what, unit, there, here, key, there));
}

void check_lif(const hdf5::Group& graph, const hdf5::Group& node, const Population& population) {
    const auto decays = population.neuron->decays();
    if (decays.empty()) {
        throw DataError(fmt::format("{}: is a LIF node; population \"{}\" has the neuron \"{}\"",
                                    node.where(), population.name, population.neuron->kind()));
    }
    const std::vector<hsize_t> shape{population.n_units()};
    const auto tau = read_floats(node.dataset("tau"), shape),
               threshold = read_floats(node.dataset("v_threshold"), shape);
    const double dt = dt_of(graph);
    for (std::size_t u = 0; u < tau.size(); ++u) {
        expect_equal(node, "the decay 1 - dt/tau", 1.0 - dt / static_cast<double>(tau[u]),
                     static_cast<double>(decays[u]), u, "beta");
        expect_equal(node, "v_threshold", static_cast<double>(threshold[u]),
                     static_cast<double>(population.neuron->thresholds()[u]), u, "threshold");
    }
}

}  // namespace

std::vector<std::string> write_nir(const std::filesystem::path& path, const ModelSpec& model,
                                   const Network& network) {
    std::vector<std::string> sentences = what_nir_cannot_say(model, network);
    const std::filesystem::path place = behind_links(path), beside = place.string() + ".new";
    hdf5::write_file(beside, [&](const hdf5::Group& root) { write_graph(root, model, network, sentences); });
    keep_mode(place, beside);
    take_place(beside, place);
    return sentences;
}

void read_nir_parameters(const std::filesystem::path& path, std::string_view node_name,
                         Population& population) {
    const std::string name(node_name);
    const hdf5::Group root = hdf5::open_file(path.string());
    if (!root.has("node") || !root.group("node").has("nodes")) {
        throw DataError(root.where() + ": has no /node/nodes, so it is no NIR graph");
    }
    const hdf5::Group graph = root.group("node"), nodes = graph.group("nodes");
    if (!nodes.has(name)) {
        throw DataError(fmt::format("{}: has no node \"{}\"; there are {}", nodes.where(), name,
                                    fmt::join(nodes.child_groups(), ", ")));
    }
    const std::string type = type_of(nodes, name);
    if (type == "LIF") {
        check_lif(graph, nodes.group(name), population);
    } else if (!has_weights(type)) {
        throw DataError(fmt::format("{}: is of the type \"{}\"; LIF, Affine and Linear are understood",
                                    nodes.group(name).where(), type));
    }
    const hdf5::Group weights = nodes.group(weights_node(graph, nodes, name));
    const auto weight = read_floats(weights.dataset("weight"), {population.n_units(), population.n_inputs()});
    population.weight.copy_in(weight);
    population.bias.assign(population.n_units(), 0.0f);
    if (!weights.has("bias")) return;
    const auto bias = read_floats(weights.dataset("bias"), {population.n_units()});
    std::ranges::copy(bias, population.bias.begin());
    const auto nonzero = std::ranges::find_if(bias, [](float value) { return value != 0.0f; });
    if (!population.learns_bias && nonzero != bias.end()) {
        throw DataError(fmt::format("{}/bias: unit {} has {}, but population \"{}\" has bias = false",
                                    weights.where(), nonzero - bias.begin(), *nonzero, population.name));
    }
}

}  // namespace snnff
