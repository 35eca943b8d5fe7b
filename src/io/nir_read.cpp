// NIR graphs, read: weights, and what the nodes around them do to a population's input.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/nir.hpp"

namespace snnff {
namespace {

/// How far a decay or a threshold may be from the population's: a few digits of float32 in 1 − dt/tau.
constexpr double tolerance = 1e-4;
/// Nodes one after the other that are folded into weights; a graph has a few.
constexpr std::size_t most_folded = 16;

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

/// The edges of a graph, [edge x (from, to)].
std::vector<std::string> edges_of(const hdf5::Group& graph) {
    const hdf5::Dataset edges = graph.dataset("edges");
    const auto shape = edges.shape();
    if (shape.size() != 2 || shape[1] != 2) {
        throw DataError(fmt::format("{}: has the shape [{}]; [edges, 2] is what NIR has", edges.where(),
                                    fmt::join(shape, ", ")));
    }
    return hdf5::read_texts(edges);
}

/// What has an edge to `name`, and to what `name` has one.
std::vector<std::string> sources_of(const hdf5::Group& graph, const std::string& name) {
    const std::vector<std::string> ends = edges_of(graph);
    std::vector<std::string> sources;
    for (std::size_t e = 0; e + 1 < ends.size(); e += 2) {
        if (ends[e + 1] == name) sources.push_back(ends[e]);
    }
    return sources;
}
std::vector<std::string> targets_of(const hdf5::Group& graph, const std::string& name) {
    const std::vector<std::string> ends = edges_of(graph);
    std::vector<std::string> targets;
    for (std::size_t e = 0; e + 1 < ends.size(); e += 2) {
        if (ends[e] == name) targets.push_back(ends[e + 1]);
    }
    return targets;
}

void expect_one_way_in(const hdf5::Group& nodes, const std::string& name,
                       std::span<const std::string> sources) {
    if (sources.size() <= 1) return;
    throw DataError(
        fmt::format("{}: {} lead to it; a population takes one input, through one node of weights",
                    nodes.group(name).where(), fmt::join(sources, ", ")));
}

bool is_folded(const std::string& type) { return type == "Scale" || type == "Flatten"; }

/// Multiplies by a Scale node's factors. A Flatten node leaves values in the order of a vector, which is how
/// they come here.
void fold(const hdf5::Group& node, const std::string& type, std::vector<double>& factors) {
    const std::size_t n = factors.size();
    if (type == "Flatten") {
        if (!node.has("input_type")) return;
        const hdf5::Dataset shape = node.dataset("input_type");
        shape.expect_numbers();
        std::vector<double> sizes(shape.n_held_values());
        hdf5::read(shape, std::span(sizes));
        double n_values = 1.0;
        for (const double size : sizes) n_values *= size;
        if (n_values == static_cast<double>(n)) return;
        throw DataError(
            fmt::format("{}: flattens {} values; {} are expected here", node.where(), n_values, n));
    }
    const hdf5::Dataset scale = node.dataset("scale");
    std::vector<hsize_t> shape = scale.shape();
    if (shape.size() > 1 && scale.n_values() == n) shape = {n};  // of an image, say: its pixels in order
    if (scale.n_values() == 1) shape = {1};
    if (shape != std::vector<hsize_t>{n} && shape != std::vector<hsize_t>{1}) {
        throw DataError(fmt::format("{}: scales [{}] values; {} are expected here", node.where(),
                                    fmt::join(scale.shape(), ", "), n));
    }
    const std::vector<double> by = read_numbers(scale, scale.shape());
    for (std::size_t i = 0; i < n; ++i) factors[i] *= by[by.size() == 1 ? 0 : i];
}

/// The Affine or Linear node of a population, and the factors of Scale nodes behind and before it.
struct Weights {
    std::string node;
    std::vector<double> of_rows, of_columns;
};

/// The one node that leads to `name`; empty where there is none.
std::string source_of(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name) {
    if (!graph.has("edges")) return {};
    const std::vector<std::string> sources = sources_of(graph, name);
    expect_one_way_in(nodes, name, sources);
    return sources.empty() || !nodes.has(sources.front()) ? std::string() : sources.front();
}

/// Goes on from `name`, against the edges, over nodes that are folded into `factors`; the node where that
/// ends, empty where the graph does.
std::string before(const hdf5::Group& graph, const hdf5::Group& nodes, std::string name,
                   std::vector<double>& factors) {
    for (std::size_t n = 0; n < most_folded; ++n) {
        name = source_of(graph, nodes, name);
        if (name.empty()) return name;
        const std::string type = type_of(nodes, name);
        if (!is_folded(type)) return name;
        fold(nodes.group(name), type, factors);
    }
    throw DataError(fmt::format("{}: {} Scale and Flatten nodes lead to it, or a circle of them",
                                nodes.group(name).where(), most_folded));
}

/// Nodes of Scale and Flatten between a population's weights and the graph's end, where no neuron follows.
void fold_to_the_end(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name,
                     std::vector<double>& factors) {
    if (!graph.has("edges")) return;
    std::vector<double> found = factors;
    std::string at = name;
    for (std::size_t n = 0; n < most_folded; ++n) {
        const std::vector<std::string> targets = targets_of(graph, at);
        if (targets.size() != 1 || !nodes.has(targets.front())) return;
        at = targets.front();
        const std::string type = type_of(nodes, at);
        if (type == "Output") factors = found;
        if (!is_folded(type)) return;  // to the next population's weights, which fold it themselves
        fold(nodes.group(at), type, found);
    }
}

/// Of the node `name`: these are its own weights, or those that lead to it.
Weights weights_of(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name,
                   const Population& population) {
    Weights found{name, std::vector<double>(population.n_units(), 1.0),
                  std::vector<double>(population.n_inputs(), 1.0)};
    if (has_weights(type_of(nodes, name))) {
        fold_to_the_end(graph, nodes, name, found.of_rows);
    } else {
        found.node = before(graph, nodes, name, found.of_rows);
        if (found.node.empty()) {
            throw DataError(
                fmt::format("{}: no Affine or Linear node leads to it", nodes.group(name).where()));
        }
        if (const std::string type = type_of(nodes, found.node); !has_weights(type)) {
            throw DataError(fmt::format(
                "{}: is of the type \"{}\" and leads to {}; Affine, Linear, Scale and Flatten are understood",
                nodes.group(found.node).where(), type, name));
        }
    }
    before(graph, nodes, found.node, found.of_columns);
    return found;
}

bool has_dt(const hdf5::Group& graph) { return graph.has("metadata") && graph.group("metadata").has("dt"); }

double dt_of(const hdf5::Group& graph, double model_dt_ms) {
    if (!has_dt(graph)) return model_dt_ms / 1000.0;
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
    std::size_t n_shifted = 0;  ///< units with a v_reset other than 0
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
        // Counted from v_reset, a membrane is reset to 0.
        const double above = threshold[u] - v_reset[u];
        if (!(above > 0.0)) {
            throw DataError(fmt::format(
                "{}: v_reset of unit {} is {:.6g}, not below its v_threshold {:.6g}: it fires in every step",
                node.where(), u, v_reset[u], threshold[u]));
        }
        expect_equal(node, v_reset[u] == 0.0 ? "v_threshold" : "v_threshold - v_reset", above,
                     static_cast<double>(population.neuron->thresholds()[u]), u, "threshold");
        drive.n_shifted += v_reset[u] != 0.0 ? 1 : 0;
        const double gain = r[u] * (leaky ? share : dt_s);
        // r and tau are float32, as NIR's writers have them: their quotient is off by a few units there.
        drive.gain.push_back(std::abs(gain - 1.0) <= 1e-6 ? 1.0 : gain);
        drive.bias.push_back(leaky ? share * (v_leak[u] - v_reset[u]) : 0.0);
    }
    return drive;
}

/// The words that a graph written here has of a population; `otherwise` where it has none.
std::string words_of(const hdf5::Group& graph, const std::string& name, const char* key,
                     std::string otherwise) {
    if (!graph.has("metadata")) return otherwise;
    const hdf5::Group metadata = graph.group("metadata");
    const std::vector<std::string> groups = metadata.child_groups();
    if (std::ranges::find(groups, name) == groups.end() || !metadata.group(name).has(key)) return otherwise;
    return hdf5::read_text(metadata.group(name).dataset(key));
}

/// In what a population differs from its node.
std::vector<std::string> differences(const hdf5::Group& graph, const std::string& name,
                                     const hdf5::Group& node, const std::string& weights,
                                     const Population& population) {
    std::vector<std::string> sentences;
    const std::string here = population.neuron->reset_rule(),
                      there = words_of(graph, name, "reset_rule", "zero");
    if (!here.empty() && here != there) {
        sentences.push_back(
            fmt::format("{}: the reset is \"{}\" there, and \"{}\" in population \"{}\", which so computes "
                        "something else",
                        node.where(), there, here, population.name));
    }
    const Normalisation& normalisation = *population.normalisation;
    if (!normalisation.scales() && !normalisation.replaces()) return sentences;
    const std::string_view normalised = normalisation.kind();
    const hdf5::Group of_weights = graph.group("nodes").group(weights);
    const bool knows = of_weights.has("metadata") && of_weights.group("metadata").has("input_normalisation");
    if (knows && hdf5::read_text(of_weights.group("metadata").dataset("input_normalisation")) == normalised)
        return sentences;
    sentences.push_back(
        fmt::format("{}: inputs are taken as they are there, and normalised ({}) in population "
                    "\"{}\"; normalisation = \"none\" computes what the graph does",
                    of_weights.where(), normalised, population.name));
    return sentences;
}

}  // namespace

Remarks read_nir_parameters(const std::filesystem::path& path, std::string_view node_name,
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
    Remarks remarks;
    if (type == "LIF" || type == "IF") {
        const double dt_s = dt_ms ? *dt_ms / 1000.0 : dt_of(graph, model_dt_ms);
        drive = drive_of(nodes.group(name), type == "LIF", dt_s, population);
        remarks.notes.push_back(fmt::format("{}: time constants belong to steps of {:.6g} ms, {}",
                                            nodes.group(name).where(), 1000.0 * dt_s,
                                            dt_ms           ? "as init.dt_ms says"
                                            : has_dt(graph) ? "as its metadata say; init.dt_ms takes another"
                                                            : "the model's; init.dt_ms takes another"));
        if (drive.n_shifted > 0) {
            remarks.notes.push_back(
                fmt::format("{}: v_reset of {} unit{} is not 0: their membranes are counted "
                            "from it, and begin at it",
                            nodes.group(name).where(), drive.n_shifted, drive.n_shifted == 1 ? "" : "s"));
        }
    } else if (!has_weights(type)) {
        throw DataError(fmt::format("{}: is of the type \"{}\"; LIF, IF, Affine and Linear are understood",
                                    nodes.group(name).where(), type));
    }
    const Weights found = weights_of(graph, nodes, name, population);
    const hdf5::Group weights = nodes.group(found.node);
    for (std::size_t u = 0; u < population.n_units(); ++u) drive.gain[u] *= found.of_rows[u];
    remarks.doubts = differences(graph, name, nodes.group(name), found.node, population);
    const std::size_t n_inputs = population.n_inputs();
    const auto weight = read_numbers(weights.dataset("weight"), {population.n_units(), n_inputs});
    std::vector<float> scaled(weight.size());
    for (std::size_t i = 0; i < scaled.size(); ++i)
        scaled[i] = static_cast<float>(weight[i] * drive.gain[i / n_inputs] * found.of_columns[i % n_inputs]);
    if (!std::ranges::all_of(scaled, [](float value) { return std::isfinite(value); }))
        throw DataError(weights.where() + ": holds weights that are no finite numbers once they are scaled");
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
        throw DataError(fmt::format(
            "{}: bias of unit {} is {}, v_leak and v_reset included, but population \"{}\" has bias = false",
            weights.where(), nonzero - bias.begin(), *nonzero, population.name));
    }
    return remarks;
}

}  // namespace snnff
