#include "snnff/nir.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "io/hdf5_write.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

using hdf5::write_array;
using hdf5::write_text;

/// The version of NIR's layout that is written: where `metadata` exists, and everything is a data set.
constexpr std::string_view nir_version = "1.0.4";

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
    const Matrix weight = population.below().weight.matrix();
    write_array(node, "weight", std::span<const hsize_t>(shape), weight.values());
    if (population.learns_bias) write_array(node, "bias", std::span<const float>(population.bias));
    const hdf5::Group metadata = hdf5::create_group(node, "metadata");
    write_text(metadata, "input_normalisation", population.below().normalisation->kind());
}

bool is_population(const Network& network, std::string_view name) {
    return std::ranges::any_of(network.populations,
                               [&](const Population& population) { return population.name == name; });
}

/// The node of a population's weights: "hidden_weights", with "_" after it until no population has that name.
std::string weights_name(const Network& network, const Population& population) {
    std::string name = population.name + "_weights";
    while (is_population(network, name)) name += "_";
    return name;
}

/// What the graph's metadata say of the whole network.
constexpr std::array<std::string_view, 6> facts{"creator", "title", "dt", "dt_ms", "steps", "not_in_nir"};

/// The group of a population in the graph's metadata: its name, with "_" after it where a fact has that.
std::string words_name(const Network& network, const Population& population) {
    if (std::ranges::find(facts, population.name) == facts.end()) return population.name;
    std::string name = population.name + "_";
    while (is_population(network, name)) name += "_";
    return name;
}

void write_lif(const hdf5::Group& nodes, const Population& population, double dt_s) {
    std::vector<double> tau, r, threshold;
    const auto decays = population.neuron->decays();
    const auto n_leaky = std::ranges::count_if(decays, [](float beta) { return beta < 1.0f; });
    const bool leaky = n_leaky > 0;
    if (leaky && n_leaky != std::ssize(decays)) {
        throw ModelError(
            fmt::format("population \"{}\": beta = 1 for some units and below 1 for others is neither NIR's "
                        "IF nor its LIF; 1 for all, or less for all, is one",
                        population.name));
    }
    for (const float beta : decays) {
        const double steps = leaky ? 1.0 / (1.0 - static_cast<double>(beta)) : 1.0 / dt_s;
        r.push_back(steps);
        tau.push_back(dt_s * steps);
    }
    for (const float value : population.neuron->thresholds()) threshold.push_back(static_cast<double>(value));
    const std::vector<double> zeros(population.n_units(), 0.0);
    const hdf5::Group node = hdf5::create_group(nodes, population.name);
    write_text(node, "type", leaky ? "LIF" : "IF");
    if (leaky) write_vector(node, "tau", tau);
    write_vector(node, "r", r);
    if (leaky) write_vector(node, "v_leak", zeros);
    write_vector(node, "v_threshold", threshold);
    write_vector(node, "v_reset", zeros);
}

/// The keys of a population that its nodes cannot hold, as its model file has them.
void write_words(const hdf5::Group& graph_metadata, const std::string& name, const Population& population,
                 const Node* table) {
    const hdf5::Group group = hdf5::create_group(graph_metadata, name);
    write_text(group, "neuron", population.neuron->kind());
    write_text(group, "measure", name_of(population.measure));
    write_text(group, "output", name_of(population.output));
    if (const std::string rule = population.neuron->reset_rule(); !rule.empty())
        write_text(group, "reset_rule", rule);
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
        } else if (const std::string rule = population.neuron->reset_rule();
                   rule != "zero" && !rule.empty()) {
            add(fmt::format("{}: the reset is \"{}\", NIR's sets the membrane to v_reset = 0",
                            population.name, rule));
        }
        if (population.below().normalisation->scales() || population.below().normalisation->replaces()) {
            add(fmt::format("{}: its input is normalised ({}) before the weights", population.name,
                            population.below().normalisation->kind()));
        }
        if (population.output != Reading::spikes && population.neuron->spiking() &&
            &population != &network.populations.back()) {
            add(fmt::format("{}: the next population receives its {}, not its spikes", population.name,
                            name_of(population.output)));
        }
    }
    if (model.learning.local()) {
        add("labels are read off the goodness of every population, which is no node of NIR's");
    }
    if (network.head) add("the softmax read-out is left out");
    return sentences;
}

/// `wanted`, or with "_" after it until no population's node has that name.
std::string free_name(std::string wanted, const Network& network) {
    const auto taken = [&](const Population& population) {
        return population.name == wanted || weights_name(network, population) == wanted;
    };
    while (std::ranges::any_of(network.populations, taken)) wanted += "_";
    return wanted;
}

void write_graph(const hdf5::Group& root, const ModelSpec& model, const Network& network,
                 std::span<const std::string> sentences, double dt_s) {
    write_text(root, "version", nir_version);
    const hdf5::Group graph = hdf5::create_group(root, "node");
    write_text(graph, "type", "NIRGraph");
    const hdf5::Group metadata = hdf5::create_group(graph, "metadata");
    write_text(metadata, "creator", "snnff-sim");
    hdf5::flush(root);  // known for ours from here on, however it ends
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
        const std::string weights = weights_name(network, population);
        write_weights(nodes, weights, population);
        connect(weights);
        if (!population.neuron->spiking()) continue;
        write_lif(nodes, population, dt_s);
        connect(population.name);
    }
    write_shape(nodes, end, "Output", network.populations.back().n_units());
    connect(end);
    const std::array<hsize_t, 2> shape{edges.size() / 2, 2};
    hdf5::write_texts(graph, "edges", std::span<const hsize_t>(shape), edges);

    write_text(metadata, "title", model.title);
    const std::array<double, 1> dt{dt_s}, true_dt{model.network.time.dt_ms};
    write_array(metadata, "dt", std::span<const double>(dt));
    write_array(metadata, "dt_ms", std::span<const double>(true_dt));
    const std::array<std::int64_t, 1> steps{model.network.time.steps};
    write_array(metadata, "steps", std::span<const std::int64_t>(steps));
    write_text(metadata, "not_in_nir", fmt::format("{}", fmt::join(sentences, "\n")));
    const Node* tables = model.resolved.find("population");
    for (const Population& population : network.populations) {
        write_words(metadata, words_name(network, population), population,
                    tables != nullptr ? tables->find(population.name) : nullptr);
    }
}

}  // namespace

std::vector<std::string> write_nir(const std::filesystem::path& path, const ModelSpec& model,
                                   const Network& network, std::optional<double> dt_ms, bool replace) {
    const double dt_s = dt_ms.value_or(model.network.time.dt_ms) / 1000.0;
    std::vector<std::string> sentences = what_nir_cannot_say(model, network);
    hdf5::write_in_place(
        path, replace, [&](const hdf5::Group& root) { write_graph(root, model, network, sentences, dt_s); });
    return sentences;
}

}  // namespace snnff
