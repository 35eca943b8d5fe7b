#include "io/nir_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "snnff/error.hpp"

namespace snnff {

std::string nir_type_of(const hdf5::Group& nodes, const std::string& name) {
    return hdf5::read_text(nodes.group(name).dataset("type"));
}
std::string nir_type_of_target(const hdf5::Group& nodes, const std::string& name) {
    return name == "output" && !has_nir_node(nodes, name) ? "Output" : nir_type_of(nodes, name);
}
bool has_nir_weights(const std::string& type) { return type == "Affine" || type == "Linear"; }
bool is_nir_neuron(const std::string& type) { return type == "LIF" || type == "IF"; }
bool has_nir_node(const hdf5::Group& nodes, const std::string& name) {
    const std::vector<std::string> names =
        nodes.child_groups();  // a name may hold slashes, which HDF5 would follow
    return std::ranges::find(names, name) != names.end();
}

std::vector<double> read_nir_numbers(const hdf5::Dataset& dataset, const std::vector<hsize_t>& expected) {
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

std::vector<double> read_nir_units(const hdf5::Dataset& dataset, std::size_t n) {
    const std::vector<hsize_t> shape = dataset.shape();
    std::vector<hsize_t> axes;
    std::ranges::copy_if(shape, std::back_inserter(axes), [](hsize_t size) { return size != 1; });
    if (axes.empty()) return std::vector<double>(n, read_nir_numbers(dataset, shape).front());
    return read_nir_numbers(dataset, axes == std::vector<hsize_t>{n} ? shape : std::vector<hsize_t>{n});
}

namespace {

/// Nodes one after the other that are folded into weights; a graph has a few.
constexpr std::size_t most_folded = 16;

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

bool is_target(const hdf5::Group& nodes, const std::string& name) {
    return name == "output" || has_nir_node(nodes, name);
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
    const std::vector<double> by = read_nir_numbers(scale, scale.shape());
    for (std::size_t i = 0; i < n; ++i) factors[i] *= by[by.size() == 1 ? 0 : i];
}

bool scales_by_1(const hdf5::Group& node) {
    const hdf5::Dataset scale = node.dataset("scale");
    return std::ranges::all_of(read_nir_numbers(scale, scale.shape()), [](double by) { return by == 1.0; });
}

/// The one node that leads to `name`; empty where there is none.
std::string source_of(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name) {
    if (!graph.has("edges")) return {};
    const std::vector<std::string> sources = sources_of(graph, name);
    expect_one_way_in(nodes, name, sources);
    if (sources.empty()) return {};
    if (has_nir_node(nodes, sources.front())) return sources.front();
    if (sources.front() == "input") return {};  // as all who write NIR call it, and some leave it at that
    throw DataError(fmt::format("{}: \"{}\", which is no node, leads to it; there are {}",
                                nodes.group(name).where(), sources.front(),
                                fmt::join(nodes.child_groups(), ", ")));
}

/// Goes on from `name`, against the edges, over nodes that are folded into `factors`; the node where that
/// ends, empty where the graph does.
std::string before(const hdf5::Group& graph, const hdf5::Group& nodes, std::string name,
                   std::vector<double>& factors) {
    for (std::size_t n = 0; n < most_folded; ++n) {
        name = source_of(graph, nodes, name);
        if (name.empty()) return name;
        const std::string type = nir_type_of(nodes, name);
        if (!is_folded(type)) return name;
        fold(nodes.group(name), type, factors);
    }
    throw DataError(fmt::format("{}: {} Scale and Flatten nodes lead to it, or a circle of them",
                                nodes.group(name).where(), most_folded));
}

/// Nodes of Scale and Flatten between a population's weights and the graph's end, where no neuron follows.
/// Returns the node behind them; empty where the way forks, or ends.
std::string fold_to_the_end(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name,
                            std::vector<double>& factors) {
    if (!graph.has("edges")) return {};
    std::vector<double> found = factors;
    std::string at = name;
    for (std::size_t n = 0; n < most_folded; ++n) {
        const std::vector<std::string> targets = targets_of(graph, at);
        if (targets.size() != 1 || !is_target(nodes, targets.front())) return {};
        at = targets.front();
        const std::string type = nir_type_of_target(nodes, at);
        if (type == "Output") factors = found;
        if (!is_folded(type)) return at;  // the next population's weights fold what leads to them themselves
        fold(nodes.group(at), type, found);
    }
    return {};
}

/// The first node other than Flatten, and Scale by 1, between `at` and the graph's end; empty where there is
/// none, or weights or neurons follow, which look at their input themselves.
std::string in_the_way_to_the_end(const hdf5::Group& graph, const hdf5::Group& nodes, std::string at) {
    std::string in_the_way;
    for (std::size_t n = 0; n <= most_folded && is_target(nodes, at); ++n) {
        const std::string type = nir_type_of_target(nodes, at);
        if (type == "Output") return in_the_way;
        if (has_nir_weights(type) || is_nir_neuron(type)) return {};
        if (in_the_way.empty() && type != "Flatten" && !(type == "Scale" && scales_by_1(nodes.group(at))))
            in_the_way = at;
        const std::vector<std::string> targets = targets_of(graph, at);
        if (targets.size() != 1) return {};
        at = targets.front();
    }
    return {};
}

/// What weights may take their input from, for a row of populations to compute what the graph does.
void expect_row(const hdf5::Group& nodes, const std::string& weights, const std::string& fed_by) {
    if (fed_by.empty()) return;
    const std::string type = nir_type_of(nodes, fed_by);
    if (type == "Input" || is_nir_neuron(type) || has_nir_weights(type)) return;
    throw DataError(fmt::format(
        "{}: is of the type \"{}\" and leads to {}; a row of populations has what Input, LIF, IF, "
        "Affine, Linear, Scale and Flatten nodes say",
        nodes.group(fed_by).where(), type, weights));
}

}  // namespace

void expect_nothing_to_the_end(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name) {
    if (!graph.has("edges")) return;
    for (const std::string& target : targets_of(graph, name)) {
        const std::string found = in_the_way_to_the_end(graph, nodes, target);
        if (found.empty()) continue;
        throw DataError(fmt::format(
            "{}: is of the type \"{}\" and stands between {} and the graph's output, which is what {} sends "
            "here; a graph without it would do",
            nodes.group(found).where(), nir_type_of(nodes, found), name, name));
    }
}

NirWeights nir_weights_of(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name,
                          const Population& population) {
    NirWeights found{.node = name,
                     .of_rows = std::vector<double>(population.n_units(), 1.0),
                     .of_columns = std::vector<double>(population.n_inputs(), 1.0),
                     .fed_by = {},
                     .next = {}};
    if (has_nir_weights(nir_type_of(nodes, name))) {
        found.next = fold_to_the_end(graph, nodes, name, found.of_rows);
    } else {
        found.node = before(graph, nodes, name, found.of_rows);
        if (found.node.empty()) {
            throw DataError(
                fmt::format("{}: no Affine or Linear node leads to it", nodes.group(name).where()));
        }
        if (const std::string type = nir_type_of(nodes, found.node); !has_nir_weights(type)) {
            throw DataError(fmt::format(
                "{}: is of the type \"{}\" and leads to {}; Affine, Linear, Scale and Flatten are understood",
                nodes.group(found.node).where(), type, name));
        }
    }
    found.fed_by = before(graph, nodes, found.node, found.of_columns);
    expect_row(nodes, found.node, found.fed_by);
    return found;
}

}  // namespace snnff
