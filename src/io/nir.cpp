#include "snnff/nir.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

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
    write_text(metadata, "input_normalisation", population.normalisation->kind());
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
        if (population.normalisation->scales() || population.normalisation->replaces()) {
            add(fmt::format("{}: its input is normalised ({}) before the weights", population.name,
                            population.normalisation->kind()));
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
    const std::array<double, 1> dt{dt_s}, true_dt{model.time.dt_ms};
    write_array(metadata, "dt", std::span<const double>(dt));
    write_array(metadata, "dt_ms", std::span<const double>(true_dt));
    const std::array<std::int64_t, 1> steps{model.time.steps};
    write_array(metadata, "steps", std::span<const std::int64_t>(steps));
    write_text(metadata, "not_in_nir", fmt::format("{}", fmt::join(sentences, "\n")));
    const Node* tables = model.resolved.find("population");
    for (const Population& population : network.populations) {
        write_words(metadata, words_name(network, population), population,
                    tables != nullptr ? tables->find(population.name) : nullptr);
    }
}

// ---- reading ----

std::string type_of(const hdf5::Group& nodes, const std::string& name) {
    return hdf5::read_text(nodes.group(name).dataset("type"));
}
bool has_weights(const std::string& type) { return type == "Affine" || type == "Linear"; }

std::vector<double> read_numbers(const hdf5::Dataset& dataset, const std::vector<hsize_t>& expected) {
    const auto shape = dataset.shape();
    if (shape != expected) {
        throw DataError(fmt::format("{}: has the shape [{}]; the model's population has [{}]",
                                    dataset.where(), fmt::join(shape, ", "), fmt::join(expected, ", ")));
    }
    dataset.expect_numbers();
    dataset.expect_stored();
    std::vector<double> values(dataset.n_values());
    hdf5::read(dataset, std::span(values));
    if (!std::ranges::all_of(values, [](double v) { return std::isfinite(static_cast<float>(v)); })) {
        throw DataError(fmt::format("{}: holds values that are no finite numbers", dataset.where()));
    }
    return values;
}

/// What has an edge to `name`.
std::vector<std::string> sources_of(const hdf5::Group& graph, const std::string& name) {
    const hdf5::Dataset edges = graph.dataset("edges");
    const auto shape = edges.shape();
    if (shape.size() != 2 || shape[1] != 2) {
        throw DataError(fmt::format("{}: has the shape [{}]; [edges, 2] is what NIR has", edges.where(),
                                    fmt::join(shape, ", ")));
    }
    const std::vector<std::string> ends = hdf5::read_texts(edges);
    std::vector<std::string> sources;
    for (std::size_t e = 0; e + 1 < ends.size(); e += 2) {
        if (ends[e + 1] == name) sources.push_back(ends[e]);
    }
    return sources;
}

void expect_one_way_in(const hdf5::Group& nodes, const std::string& name,
                       std::span<const std::string> sources) {
    if (sources.size() <= 1) return;
    throw DataError(
        fmt::format("{}: {} lead to it; a population takes one input, through one node of weights",
                    nodes.group(name).where(), fmt::join(sources, ", ")));
}

/// The Affine or Linear node that is `name` or the only one with an edge to it.
std::string weights_node(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name) {
    if (has_weights(type_of(nodes, name))) {
        if (graph.has("edges")) expect_one_way_in(nodes, name, sources_of(graph, name));
        return name;
    }
    const std::vector<std::string> sources = sources_of(graph, name);
    expect_one_way_in(nodes, name, sources);
    if (sources.empty() || !nodes.has(sources.front())) {
        throw DataError(fmt::format("{}: no Affine or Linear node leads to it", nodes.group(name).where()));
    }
    const std::string type = type_of(nodes, sources.front());
    if (!has_weights(type)) {
        throw DataError(
            fmt::format("{}: is of the type \"{}\" and leads to {}; Affine and Linear are understood",
                        nodes.group(sources.front()).where(), type, name));
    }
    expect_one_way_in(nodes, sources.front(), sources_of(graph, sources.front()));
    return sources.front();
}

double dt_of(const hdf5::Group& graph, double model_dt_ms) {
    if (!graph.has("metadata") || !graph.group("metadata").has("dt")) return model_dt_ms / 1000.0;
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

/// What a unit's weights and bias are multiplied by, and what is added to its bias.
struct Drive {
    std::vector<double> gain, bias;
};

/// Throws where the node has other dynamics than the population.
Drive drive_of(const hdf5::Group& node, bool leaky, double dt_s, const Population& population) {
    const auto decays = population.neuron->decays();
    if (decays.empty()) {
        throw DataError(fmt::format("{}: is a {} node; population \"{}\" has the neuron \"{}\"", node.where(),
                                    leaky ? "LIF" : "IF", population.name, population.neuron->kind()));
    }
    const std::size_t n = population.n_units();
    const auto values = [&](const char* name, double absent) {
        if (!node.has(name)) return std::vector<double>(n, absent);
        return read_numbers(node.dataset(name), {static_cast<hsize_t>(n)});
    };
    const std::vector<hsize_t> shape{n};
    const auto threshold = read_numbers(node.dataset("v_threshold"), shape),
               r = read_numbers(node.dataset("r"), shape), v_reset = values("v_reset", 0.0),
               v_leak = leaky ? values("v_leak", 0.0) : std::vector<double>(n, 0.0),
               tau = leaky ? read_numbers(node.dataset("tau"), shape) : std::vector<double>(n, 1.0);
    Drive drive;
    for (std::size_t u = 0; u < n; ++u) {
        if (!(tau[u] > 0.0)) {
            throw DataError(
                fmt::format("{}: tau of unit {} is {}; a time constant is above 0", node.where(), u, tau[u]));
        }
        const double share = dt_s / tau[u];
        expect_equal(
            node,
            leaky ? fmt::format("the decay 1 - dt/tau, dt = {:.6g} s,", dt_s) : "the decay of an IF node",
            leaky ? 1.0 - share : 1.0, static_cast<double>(decays[u]), u, "beta");
        expect_equal(node, "v_threshold", threshold[u],
                     static_cast<double>(population.neuron->thresholds()[u]), u, "threshold");
        if (v_reset[u] != 0.0) {
            throw DataError(
                fmt::format("{}: v_reset of unit {} is {:.6g}; a reset to 0 is what there is here",
                            node.where(), u, v_reset[u]));
        }
        const double gain = r[u] * (leaky ? share : dt_s);
        // r and tau are float32, as NIR's writers have them: their quotient is off by a few units there.
        drive.gain.push_back(std::abs(gain - 1.0) <= 1e-6 ? 1.0 : gain);
        drive.bias.push_back(leaky ? share * v_leak[u] : 0.0);
    }
    return drive;
}

}  // namespace

std::vector<std::string> write_nir(const std::filesystem::path& path, const ModelSpec& model,
                                   const Network& network, std::optional<double> dt_ms, bool replace) {
    const double dt_s = dt_ms.value_or(model.time.dt_ms) / 1000.0;
    std::vector<std::string> sentences = what_nir_cannot_say(model, network);
    hdf5::write_in_place(
        path, replace, [&](const hdf5::Group& root) { write_graph(root, model, network, sentences, dt_s); });
    return sentences;
}

void read_nir_parameters(const std::filesystem::path& path, std::string_view node_name,
                         Population& population, double model_dt_ms, std::optional<double> dt_ms) {
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
    Drive drive{std::vector<double>(population.n_units(), 1.0),
                std::vector<double>(population.n_units(), 0.0)};
    if (type == "LIF" || type == "IF") {
        const double dt_s = dt_ms ? *dt_ms / 1000.0 : dt_of(graph, model_dt_ms);
        drive = drive_of(nodes.group(name), type == "LIF", dt_s, population);
    } else if (!has_weights(type)) {
        throw DataError(fmt::format("{}: is of the type \"{}\"; LIF, IF, Affine and Linear are understood",
                                    nodes.group(name).where(), type));
    }
    const hdf5::Group weights = nodes.group(weights_node(graph, nodes, name));
    const std::size_t n_inputs = population.n_inputs();
    const auto weight = read_numbers(weights.dataset("weight"), {population.n_units(), n_inputs});
    std::vector<float> scaled(weight.size());
    for (std::size_t i = 0; i < scaled.size(); ++i)
        scaled[i] = static_cast<float>(weight[i] * drive.gain[i / n_inputs]);
    population.weight.copy_in(scaled);
    std::vector<double> bias(population.n_units(), 0.0);
    if (weights.has("bias")) bias = read_numbers(weights.dataset("bias"), {population.n_units()});
    population.bias.resize(population.n_units());
    for (std::size_t u = 0; u < bias.size(); ++u) {
        bias[u] = bias[u] * drive.gain[u] + drive.bias[u];
        population.bias[u] = static_cast<float>(bias[u]);
    }
    const auto nonzero = std::ranges::find_if(bias, [](double value) { return value != 0.0; });
    if (!population.learns_bias && nonzero != bias.end()) {
        throw DataError(
            fmt::format("{}: bias of unit {} is {}, v_leak included, but population \"{}\" has bias = false",
                        weights.where(), nonzero - bias.begin(), *nonzero, population.name));
    }
}

}  // namespace snnff
