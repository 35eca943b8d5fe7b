#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "engine/section.hpp"
#include "engine/update.hpp"
#include "kinds.hpp"
#include "run/best_weights.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "snnff/network.hpp"
#include "temp_folder.hpp"

using namespace snnff;

namespace {

/// Populations of 4, 5, 6, ... units in a row, which send trains where `trains` says so.
Network row(const std::vector<bool>& trains) {
    Network network{.time = {1.0, 3}, .populations = {}};
    for (std::size_t k = 0; k < trains.size(); ++k) {
        Population& population = network.populations.emplace_back();
        population.name = std::string(1, static_cast<char>('a' + k));
        population.output = trains[k] ? Reading::spikes : Reading::rate;
        if (k > 0) population.below().from = k - 1;
        population.below().weight.resize(4 + k, 3 + k);
        population.bias.assign(4 + k, 0.0f);
    }
    return network;
}

Edge edge_from(const Network& network, std::size_t from, std::size_t to, std::size_t delay_steps) {
    return {.from = from,
            .delay_steps = delay_steps,
            .weight = Panels(network.populations[to].n_units(), network.populations[from].n_units())};
}

std::string refusal(Network network, std::size_t to, Edge edge) {
    const std::size_t n_before = network.populations[to].edges.size();
    try {
        connect(network, to, std::move(edge));
    } catch (const ModelError& error) {
        CHECK(network.populations[to].edges.size() == n_before);
        return error.what();
    }
    return "";
}

/// Sees every other input.
class Sparse final : public Projection {
  public:
    std::string_view kind() const noexcept override { return "sparse"; }
    Shape shape(std::size_t n_inputs) const override { return {n_inputs / 2}; }
};

/// d loss/d weight = 1 + edge, d loss/d bias = 0.
class Ones final : public Gradient {
  public:
    void weights(const WeightTile& tile, float* out) const override {
        std::fill_n(out, tile.n_panels * tile.n_inputs * Panels::width, 1.0f + float(tile.edge));
    }
    std::span<const double> bias() const noexcept override { return zeros_; }

  private:
    std::vector<double> zeros_ = std::vector<double>(64);
};

void fill(Network& network, float value) {
    for (Population& population : network.populations) {
        for (Edge& edge : population.edges) {
            for (std::size_t u = 0; u < edge.weight.rows(); ++u) {
                for (std::size_t i = 0; i < edge.weight.cols(); ++i) edge.weight(u, i) = value++;
            }
        }
    }
}

}  // namespace

TEST_CASE("edges that the engine cannot go along are refused where they are made") {
    const Network trains = row({true, true, true}), rates = row({true, false, true});
    CHECK(refusal(trains, 1, edge_from(trains, 1, 1, 1)).empty());
    CHECK(refusal(trains, 0, edge_from(trains, 2, 0, 1)).empty());
    CHECK(refusal(trains, 2, edge_from(trains, 0, 2, 0)).empty());
    CHECK(refusal(rates, 1, edge_from(rates, 1, 1, 1)).empty());

    Edge seen = edge_from(trains, 2, 0, 1);
    seen.projection = std::make_shared<Sparse>();
    CHECK(refusal(trains, 0, seen) ==
          "population.a: an edge from c: the projection \"sparse\" goes with the edge from below alone; "
          "\"dense\" would do");
    Network sparse = row({true, true, true});
    sparse.populations[0].below().projection = std::make_shared<Sparse>();
    CHECK(
        refusal(sparse, 0, edge_from(sparse, 2, 0, 1)) ==
        "population.a: an edge from c: goes step by step, and population.a.projection = \"sparse\" does not; "
        "\"dense\" would do");
    CHECK(refusal(trains, 0, edge_from(trains, 2, 1, 1)) ==
          "population.a: an edge from c: has weights of 5 units, the population 4; [4, input] would do");
    CHECK(refusal(trains, 0, {.from = 2, .delay_steps = 1, .weight = Panels(4, 5)}) ==
          "population.a: an edge from c: has weights of 5 inputs, and 6 come; [4, 6] would do");
    CHECK(refusal(trains, 0, {.from = 3, .delay_steps = 1, .weight = Panels(4, 6)}) ==
          "population.a: an edge from population 3: is of none; there are 0 to 2");
    CHECK(refusal(trains, 0, edge_from(trains, 2, 0, 0)) ==
          "population.a: an edge from c: is answered in the step that it needs; delay_steps = 1 would do");
    CHECK(refusal(trains, 1, edge_from(trains, 1, 1, 0)) ==
          "population.b: an edge from b: is answered in the step that it needs; delay_steps = 1 would do");
    CHECK(refusal(rates, 0, edge_from(rates, 2, 0, 1)) ==
          "population.a: an edge from c: goes step by step, and population.b.output = \"rate\" on its way is "
          "there after the last step alone; \"spikes\" would do");
    CHECK(refusal(rates, 2, edge_from(rates, 1, 2, 0)) ==
          "population.c: an edge from b: goes step by step, and population.b.output = \"rate\" on its way is "
          "there after the last step alone; \"spikes\" would do");
}

TEST_CASE("edges by step, and what lies between, make a section, wherever one begins to look") {
    const auto sections = [](const Network& network) {
        std::string all;
        for (std::size_t k = 0; k < network.populations.size(); ++k) {
            const Section section = section_of(network, k);
            all += fmt::format("{}{} ", network.populations[section.first].name,
                               network.populations[section.last].name);
        }
        return all;
    };
    Network network = row({false, true, true, false, false});
    CHECK(sections(network) == "aa bd bd bd ee ");
    CHECK_FALSE(driven_by_step(network, 1, true));
    CHECK(driven_by_step(network, 2, false));
    CHECK(driven_by_step(network, 0, true));
    CHECK_FALSE(driven_by_step(network, 0, false));
    CHECK_FALSE(driven_by_step(network, 4, false));
    connect(network, 4, edge_from(network, 4, 4, 2));  // itself, alone
    CHECK(sections(network) == "aa bd bd bd ee ");
    CHECK(driven_by_step(network, 4, false));
    network = row({true, true, true, true, false});
    network.populations[1].output = Reading::rate;
    connect(network, 2, edge_from(network, 3, 2, 1));
    CHECK(sections(network) == "ab ab ce ce ce ");
}

TEST_CASE("every edge of a population is counted, taught, kept and saved, each under a name of its own") {
    const TempFolder folder;
    Network network = row({true, false});
    connect(network, 0, edge_from(network, 1, 0, 1));
    connect(network, 0, edge_from(network, 0, 0, 1));
    Population& population = network.populations[0];
    CHECK(population.n_weights() == 4 * 3 + 4 * 5 + 4 * 4);
    CHECK(population.n_parameters() == 4 * 3 + 4 * 5 + 4 * 4 + 4);
    CHECK(population.shape().n_inputs == 3);
    CHECK(population.n_floats() == 16 * (3 + 5 + 4) + 4);
    CHECK(name_of_edge("weight", 0) == "weight");
    CHECK(name_of_edge("weight", 2) == "weight.2");

    fill(network, 0.0f);
    double squares = 0.0;
    for (const Edge& edge : population.edges) {
        for (const float w : edge.weight.memory()) squares += double(w) * double(w);
    }
    CHECK(weight_norm(population) == Approx(std::sqrt(squares)));

    const auto sgd = made<Optimizer>("sgd", {key("momentum", 0.5)});
    std::vector<Moments> moments;
    for (const Population& each : network.populations) moments.emplace_back(each, *sgd);
    const Network before = network;
    apply_update(*sgd, {.t = 1, .rate = 0.5, .weight_decay = 0.0}, Ones(), population, moments[0]);
    for (std::size_t e = 0; e < 3; ++e) {
        CAPTURE(e);
        const Panels &was = before.populations[0].edges[e].weight, &is = population.edges[e].weight;
        for (std::size_t u = 0; u < 4; ++u) CHECK(is(u, 2) == was(u, 2) - 0.5f * (1.0f + float(e)));
    }

    PlanSpec plan;
    plan.keep_best = true;
    BestWeights best(plan);
    best.note(0, 1.0, network);
    const Network taught = network;
    const auto show = [&](State& state) {
        snnff::show(state, network, moments);
        best.show(state, network);
    };
    write_checkpoint(folder / "run.h5", {}, show);
    const std::vector<Moments> taught_moments = moments;
    fill(network, 100.0f);
    best.restore(network);
    for (std::size_t e = 0; e < 3; ++e)
        CHECK(population.edges[e].weight == taught.populations[0].edges[e].weight);

    fill(network, 100.0f);
    moments.clear();
    for (const Population& each : network.populations) moments.emplace_back(each, *sgd);
    best = BestWeights(plan);
    CheckpointFile file(checkpoint_paths(folder / "run.h5").front());
    show(file.state());
    best.restore(network);
    for (std::size_t e = 0; e < 3; ++e) {
        CHECK(population.edges[e].weight == taught.populations[0].edges[e].weight);
        for (std::size_t u = 0; u < 4; ++u) {
            const float momentum = moments[0].weight[e][0](u, 2);
            CHECK(momentum == taught_moments[0].weight[e][0](u, 2));
            CHECK(momentum == 1.0f + float(e));
        }
    }
}
