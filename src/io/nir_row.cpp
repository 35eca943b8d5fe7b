// A row of populations, held to the graphs that their parameters come from.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/nir_weights.hpp"
#include "snnff/error.hpp"
#include "snnff/network_spec.hpp"
#include "snnff/nir.hpp"

namespace snnff {
namespace {

std::string where(const GraphPlace& place, const std::string& node) {
    return fmt::format("{}: /node/nodes/{}", place.graph, node);
}

/// Whether both come from one file, under whatever names.
bool same_graph(const GraphPlace& a, const GraphPlace& b) {
    std::error_code ignored;
    return a.graph == b.graph || std::filesystem::equivalent(a.graph, b.graph, ignored);
}

/// Weights that feed others, with no neuron between: they are the population's below, or nobody's.
std::optional<std::string> after_weights(const GraphPlace& place, const RowPlace* below) {
    const bool elsewhere = below != nullptr && (!below->place || !same_graph(*below->place, place));
    if (elsewhere) return {};
    if (below == nullptr || below->place->weights != place.fed_by) {
        throw DataError(
            fmt::format("{} leads to {} with no neuron between, and belongs to no population; the product of "
                        "both in one node would do, or a population of neuron = \"linear\" for {}",
                        where(place, place.fed_by), place.weights, place.fed_by));
    }
    if (place.activations_by_name || below->neuron == "linear") return {};
    return fmt::format(
        "{} leads to {} as it is there, and through the activation \"{}\" of population \"{}\" here",
        where(place, place.fed_by), place.weights, below->neuron, below->population);
}

/// In one step a rate is a count and a spike, and the mean of a membrane the membrane.
bool sends_the_same(std::string_view a, std::string_view b, std::int64_t n_steps) {
    const auto of_membrane = [](std::string_view output) { return output.starts_with("membrane"); };
    return a == b || (n_steps == 1 && of_membrane(a) == of_membrane(b));
}

std::optional<std::string> doubt(const RowPlace& of, const RowPlace* below, std::int64_t n_steps) {
    const GraphPlace& place = *of.place;
    if (place.fed_by.empty()) return {};
    if (has_nir_weights(place.kind_fed_by)) return after_weights(place, below);
    if (place.kind_fed_by == "Input") {
        if (below == nullptr) return {};
        return fmt::format("{} takes the graph's input there, and what population \"{}\" sends here",
                           where(place, place.weights), below->population);
    }
    if (below == nullptr) {
        return fmt::format(
            "{} takes what {} sends there, and the data here, where population \"{}\" is the first",
            where(place, place.weights), place.fed_by, of.population);
    }
    const bool together = below->place && same_graph(*below->place, place);
    if (!together) return {};
    if (below->place->node != place.fed_by) {
        return fmt::format(
            "{} takes what {} sends there, and what population \"{}\", which is {}, sends here",
            where(place, place.weights), place.fed_by, below->population, below->place->node);
    }
    const std::string there = nir_output_of(place.graph, place.fed_by);
    const std::string_view here = name_of(below->output);
    if (sends_the_same(there, here, n_steps)) return {};
    return fmt::format(
        "{} takes \"{}\" of {} there, and \"{}\" of population \"{}\" here; population.{}.output = \"{}\" "
        "would do",
        where(place, place.weights), there, place.fed_by, here, below->population, below->population, there);
}

}  // namespace

std::vector<std::string> doubts_about_row(std::span<const RowPlace> row, std::int64_t n_steps) {
    std::vector<std::string> doubts;
    for (std::size_t k = 0; k < row.size(); ++k) {
        if (!row[k].place) continue;
        if (auto found = doubt(row[k], k == 0 ? nullptr : &row[k - 1], n_steps))
            doubts.push_back(*std::move(found));
    }
    return doubts;
}

}  // namespace snnff
