#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "snnff/error.hpp"
#include "snnff/network.hpp"

namespace snnff {

std::size_t Population::n_weights() const noexcept {
    std::size_t n = 0;
    for (const Edge& edge : edges) n += edge.weight.size();
    return n;
}

std::size_t Population::n_floats() const noexcept {
    std::size_t n = bias.size();
    for (const Edge& edge : edges) n += edge.weight.memory().size();
    return n;
}

bool by_step(const Network& network, const Edge& edge) noexcept {
    if (!edge.from) return false;
    return edge.delay_steps > 0 || network.populations[*edge.from].output == Reading::spikes;
}

Edge& connect(Network& network, std::size_t to, Edge edge) {
    Population& population = network.populations[to];
    const std::size_t n = network.populations.size();
    const std::string from = !edge.from       ? "outside"
                             : *edge.from < n ? network.populations[*edge.from].name
                                              : fmt::format("population {}", *edge.from);
    const auto refuse = [&](std::string_view why) {
        throw ModelError(fmt::format("population.{}: an edge from {}: {}", population.name, from, why));
    };
    if (edge.from && *edge.from >= n) refuse(fmt::format("is of none; there are 0 to {}", n - 1));
    if (!edge.projection->dense())
        refuse(fmt::format("the projection \"{}\" goes with the edge from below alone; \"dense\" would do",
                           edge.projection->kind()));
    if (edge.weight.rows() != population.n_units())
        refuse(fmt::format("has weights of {} units, the population {}; [{}, input] would do",
                           edge.weight.rows(), population.n_units(), population.n_units()));
    edge.n_received = edge.weight.cols();
    if (edge.from) {
        const std::size_t n_sent = network.populations[*edge.from].n_sent();
        if (edge.n_received != n_sent)
            refuse(fmt::format("has weights of {} inputs, and {} come; [{}, {}] would do", edge.n_received,
                               n_sent, population.n_units(), n_sent));
        if (*edge.from >= to && edge.delay_steps == 0)
            refuse("is answered in the step that it needs; delay_steps = 1 would do");
    }
    // What lies between is taken through the same steps.
    const std::size_t low = std::min(edge.from.value_or(to), to), high = std::max(edge.from.value_or(to), to);
    for (std::size_t k = low; k <= high; ++k) {
        const Population& on_its_way = network.populations[k];
        const Projection& projection = *on_its_way.below().projection;
        if (!projection.dense())
            refuse(
                fmt::format("goes step by step, and population.{}.projection = \"{}\" does not; \"dense\" "
                            "would do",
                            on_its_way.name, projection.kind()));
        if (k < high && on_its_way.output != Reading::spikes)
            refuse(
                fmt::format("goes step by step, and population.{}.output = \"{}\" on its way is there "
                            "after the last step alone; \"spikes\" would do",
                            on_its_way.name, name_of(on_its_way.output)));
    }
    population.edges.push_back(std::move(edge));
    return population.edges.back();
}

std::string name_of_edge(std::string_view of, std::size_t edge) {
    return edge == 0 ? std::string(of) : fmt::format("{}.{}", of, edge);
}

}  // namespace snnff
