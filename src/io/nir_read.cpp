// NIR graphs, read: what a node does to its input, mapped into the weights and bias before it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"
#include "io/nir_weights.hpp"
#include "snnff/error.hpp"
#include "snnff/nir.hpp"

namespace snnff {
namespace {

/// How far values may be from the population's. Thresholds are float32 on both sides, and a difference of two
/// where v_reset is not 0. Of a decay, the leak 1 − decay = dt/tau counts, which a time constant that is
/// typed to three digits gives to a thousandth; and a decay near 1 is a float32, which leaves a few units of
/// 2^-24.
constexpr double threshold_tolerance = 1e-6, leak_tolerance = 1e-3, decay_rounding = 0x1p-22;

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

/// A value of each unit, in the graph and in the population.
struct Compared {
    std::string_view key;  ///< of the model file
    std::vector<double> there;
    std::span<const float> here;
    std::function<double(std::size_t unit, double there, double here)> tolerance;
};

/// What the model's key has to be; all units at once, or whoever follows it is told of the next unit.
std::string what_agrees(const Compared& compared) {
    constexpr std::size_t most_listed = 8;
    // As few digits as make the float32.
    const std::vector<float> values(compared.there.begin(), compared.there.end());
    const auto is_for_all = [&](float one) {
        const auto value = static_cast<double>(one);
        for (std::size_t u = 0; u < values.size(); ++u) {
            const double there = compared.there[u];
            if (!(std::abs(there - value) <= compared.tolerance(u, there, value))) return false;
        }
        return true;
    };
    if (is_for_all(values.front())) return fmt::format("{} = {} agrees", compared.key, values.front());
    if (values.size() <= most_listed) {
        return fmt::format("{} = [{}], a number for each unit, agrees", compared.key,
                           fmt::join(values, ", "));
    }
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return fmt::format(
        "units differ, from {} to {}: {} takes a list, [{}, {}, ...], of a number for each unit", *least,
        *most, compared.key, values[0], values[1]);
}

/// `what_of` names the value of a unit.
template <typename WhatOf>
void expect_near(const hdf5::Group& node, const Compared& compared, const WhatOf& what_of) {
    for (std::size_t u = 0; u < compared.there.size(); ++u) {
        const double there = compared.there[u], here = static_cast<double>(compared.here[u]);
        if (std::abs(there - here) <= compared.tolerance(u, there, here)) continue;
        throw DataError(fmt::format("{}: {} of unit {} is {}, the model's is {}; {}", node.where(),
                                    what_of(u), u, static_cast<float>(there), compared.here[u],
                                    what_agrees(compared)));
    }
}

/// What a unit's weights and bias are multiplied by, and what is added to its bias.
struct Current {
    std::vector<double> gain, bias;
    std::size_t n_shifted = 0;  ///< units with a v_reset other than 0
};

/// Throws where the node has other dynamics than the population.
Current drive_of(const hdf5::Group& node, bool leaky, double dt_s, const Population& population) {
    const auto decays = population.neuron->decays();
    if (decays.empty()) {
        throw DataError(fmt::format("{}: is a {} node; population \"{}\" has the neuron \"{}\"", node.where(),
                                    leaky ? "LIF" : "IF", population.name, population.neuron->kind()));
    }
    const std::size_t n = population.n_units();
    const auto values = [&](const char* name, double absent) {
        if (!node.has(name)) return std::vector<double>(n, absent);
        return read_nir_units(node.dataset(name), n);
    };
    const auto threshold = read_nir_units(node.dataset("v_threshold"), n),
               r = read_nir_units(node.dataset("r"), n), v_reset = values("v_reset", 0.0),
               v_leak = leaky ? values("v_leak", 0.0) : std::vector<double>(n, 0.0),
               tau = leaky ? read_nir_units(node.dataset("tau"), n) : std::vector<double>(n, 1.0);
    Current current;
    Compared decay{"beta", {}, decays, [](std::size_t, double there, double here) {
                       return std::max(leak_tolerance * std::min(1.0 - there, 1.0 - here), decay_rounding);
                   }};
    Compared above{"threshold", {}, population.neuron->thresholds(), [&](std::size_t u, double, double) {
                       return threshold_tolerance * (std::abs(threshold[u]) + std::abs(v_reset[u]));
                   }};
    for (std::size_t u = 0; u < n; ++u) {
        if (!(tau[u] > 0.0)) {
            throw DataError(
                fmt::format("{}: tau of unit {} is {}; a time constant is above 0", node.where(), u, tau[u]));
        }
        const double share = dt_s / tau[u];
        if (leaky && 1.0 - share < -leak_tolerance) {
            throw DataError(
                fmt::format("{}: tau of unit {} is {:.6g} s, below the step dt = {:.6g} s: 1 - dt/tau = "
                            "{:.6g} is no decay "
                            "here, which is 0 to 1; init.dt_ms takes another step",
                            node.where(), u, tau[u], dt_s, 1.0 - share));
        }
        decay.there.push_back(leaky ? std::max(1.0 - share, 0.0) : 1.0);
        // Counted from v_reset, a membrane is reset to 0.
        above.there.push_back(threshold[u] - v_reset[u]);
        if (!(above.there[u] > 0.0)) {
            throw DataError(fmt::format(
                "{}: v_reset of unit {} is {:.6g}, not below its v_threshold {:.6g}: it fires in every step",
                node.where(), u, v_reset[u], threshold[u]));
        }
        current.n_shifted += v_reset[u] != 0.0 ? 1 : 0;
        const double gain = r[u] * (leaky ? share : dt_s);
        // r and tau are float32, as NIR's writers have them: their quotient is off by a few units there.
        current.gain.push_back(std::abs(gain - 1.0) <= 1e-6 ? 1.0 : gain);
        current.bias.push_back(leaky ? share * (v_leak[u] - v_reset[u]) : 0.0);
    }
    expect_near(node, decay, [&](std::size_t) {
        return leaky ? fmt::format("the decay 1 - dt/tau, dt = {:.6g} s,", dt_s) : "the decay of an IF node";
    });
    expect_near(node, above,
                [&](std::size_t u) { return v_reset[u] == 0.0 ? "v_threshold" : "v_threshold - v_reset"; });
    return current;
}

/// The words that a graph written here has of a population; `otherwise` where it has none.
std::string words_of(const hdf5::Group& graph, const std::string& name, const char* key,
                     std::string otherwise) {
    if (!graph.has("metadata")) return otherwise;
    const hdf5::Group metadata = graph.group("metadata");
    const std::vector<std::string> groups = metadata.child_groups();
    const auto is_group = [&](const std::string& of) {
        return std::ranges::find(groups, of) != groups.end();
    };
    // A population called "steps" has its words in steps_: steps itself is a number there.
    std::string words = name;
    if (metadata.has(name) && !is_group(name)) {
        do {
            words += "_";
        } while (has_nir_node(graph.group("nodes"), words));
    }
    if (!is_group(words) || !metadata.group(words).has(key)) return otherwise;
    return hdf5::read_text(metadata.group(words).dataset(key));
}

/// Whether the graph was written here, with words for what NIR has no node for.
bool says_activations(const hdf5::Group& graph) {
    return graph.has("metadata") && graph.group("metadata").has("not_in_nir");
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
    const Normalisation& normalisation = *population.below().normalisation;
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

std::string nir_output_of(const std::string& path, const std::string& name) {
    std::string output = words_of(hdf5::open_file(path).group("node"), name, "output", "");
    return std::ranges::find(reading_names, output) == std::end(reading_names) ? "spikes" : output;
}

Remarks read_nir_parameters(const std::filesystem::path& path, std::string_view node_name,
                            Population& population, double model_dt_ms, std::optional<double> dt_ms) {
    const std::string name(node_name);
    const hdf5::Group root = hdf5::open_file(path.string());
    if (!root.has("node") || !root.group("node").has("nodes")) {
        throw DataError(root.where() + ": has no /node/nodes, so it is no NIR graph");
    }
    const hdf5::Group graph = root.group("node"), nodes = graph.group("nodes");
    if (!has_nir_node(nodes, name)) {
        throw DataError(fmt::format("{}: has no node \"{}\"; there are {}", nodes.where(), name,
                                    fmt::join(nodes.child_groups(), ", ")));
    }
    const std::string type = nir_type_of(nodes, name);
    Current current{std::vector<double>(population.n_units(), 1.0),
                    std::vector<double>(population.n_units(), 0.0)};
    Remarks remarks;
    if (is_nir_neuron(type)) {
        const double dt_s = dt_ms ? *dt_ms / 1000.0 : dt_of(graph, model_dt_ms);
        current = drive_of(nodes.group(name), type == "LIF", dt_s, population);
        remarks.notes.push_back(fmt::format("{}: time constants belong to steps of {:.6g} ms, {}",
                                            nodes.group(name).where(), 1000.0 * dt_s,
                                            dt_ms           ? "as init.dt_ms says"
                                            : has_dt(graph) ? "as its metadata say; init.dt_ms takes another"
                                                            : "the model's; init.dt_ms takes another"));
        if (current.n_shifted > 0) {
            remarks.notes.push_back(
                fmt::format("{}: v_reset of {} unit{} is not 0: their membranes are counted "
                            "from it, and begin at it",
                            nodes.group(name).where(), current.n_shifted, current.n_shifted == 1 ? "" : "s"));
        }
    } else if (!has_nir_weights(type)) {
        throw DataError(fmt::format("{}: is of the type \"{}\"; LIF, IF, Affine and Linear are understood",
                                    nodes.group(name).where(), type));
    }
    const NirWeights found = nir_weights_of(graph, nodes, name, population);
    if (is_nir_neuron(type)) expect_nothing_to_the_end(graph, nodes, name);
    const std::string next_type = found.next.empty() ? "" : nir_type_of_target(nodes, found.next);
    if (next_type == "Output" && !says_activations(graph) && population.neuron->kind() != "linear") {
        throw DataError(
            fmt::format("{}: leads to {} as it is, and through the neuron \"{}\" of population \"{}\" here; "
                        "population.{}.neuron = \"linear\" would do",
                        nodes.group(name).where(), found.next, population.neuron->kind(), population.name,
                        population.name));
    }
    const hdf5::Group weights = nodes.group(found.node);
    for (std::size_t u = 0; u < population.n_units(); ++u) current.gain[u] *= found.of_rows[u];
    remarks.doubts = differences(graph, name, nodes.group(name), found.node, population);
    if (!found.next.empty() && next_type != "Output" && !has_nir_weights(next_type)) {
        remarks.doubts.push_back(fmt::format(
            "{}: {} of the type \"{}\" follows, whose parameters are left out{}", nodes.group(name).where(),
            found.next, next_type,
            is_nir_neuron(next_type) ? fmt::format("; init.node = \"{}\" takes them in", found.next) : ""));
    }
    remarks.place = GraphPlace{.graph = path.string(),
                               .node = name,
                               .weights = found.node,
                               .fed_by = found.fed_by,
                               .kind_fed_by = found.fed_by.empty() ? "" : nir_type_of(nodes, found.fed_by),
                               .activations_by_name = says_activations(graph)};
    const std::size_t n_inputs = population.n_inputs();
    const auto weight = read_nir_numbers(weights.dataset("weight"), {population.n_units(), n_inputs});
    std::vector<float> scaled(weight.size());
    for (std::size_t i = 0; i < scaled.size(); ++i)
        scaled[i] =
            static_cast<float>(weight[i] * current.gain[i / n_inputs] * found.of_columns[i % n_inputs]);
    if (!std::ranges::all_of(scaled, [](float value) { return std::isfinite(value); }))
        throw DataError(weights.where() + ": holds weights that are no finite numbers once they are scaled");
    population.below().weight.copy_in(scaled);
    std::vector<double> bias(population.n_units(), 0.0);
    if (weights.has("bias")) bias = read_nir_units(weights.dataset("bias"), population.n_units());
    population.bias.resize(population.n_units());
    for (std::size_t u = 0; u < bias.size(); ++u) {
        bias[u] = bias[u] * current.gain[u] + current.bias[u];
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
