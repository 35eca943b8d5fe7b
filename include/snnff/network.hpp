#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/learning.hpp"
#include "snnff/matrix.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/panels.hpp"
#include "snnff/projection.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// A projection into a population: what comes in over it is normalised, units look at it (see Projection) and
/// multiply it by their weights.
struct Edge {
    /// Population that it comes from; none: what comes from outside, from data as a rule.
    std::optional<std::size_t> from{};
    std::size_t delay_steps = 0;  ///< at least 1 where `from` is not below
    std::shared_ptr<const Projection> projection = dense_projection();
    std::size_t n_received = 0;                                               ///< inputs that come in over it
    std::size_t n_positions = 1;                                              ///< at which each unit answers
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of what comes, in each step
    Panels weight{};                                                          ///< [unit x input that it sees]
};

/// Units of one kind with the projections that drive them.
struct Population {
    std::string name;
    std::shared_ptr<const NeuronModel> neuron;
    Reading measure = Reading::activation;           ///< goodness, if any, is measured on this
    Reading output = Reading::activation;            ///< the next population receives this
    std::vector<Edge> edges = std::vector<Edge>(1);  ///< into it; the first is from below
    AlignedVector<float> bias;                       ///< [unit]; zeros where it does not learn
    bool learns_bias = true;
    std::size_t n_groups = 1;  ///< of units, see group_of(): a group counts for one score of the goodness

    Edge& below() noexcept { return edges.front(); }
    const Edge& below() const noexcept { return edges.front(); }
    LayerShape shape() const noexcept { return {n_inputs(), n_units()}; }
    std::size_t n_units() const noexcept { return below().weight.rows(); }
    /// What it sends: each unit's positions side by side.
    std::size_t n_sent() const noexcept { return n_units() * below().n_positions; }
    /// Inputs from below that a unit sees at a time.
    std::size_t n_inputs() const noexcept { return below().weight.cols(); }
    std::size_t n_weights() const noexcept;  ///< of all edges
    std::size_t n_parameters() const noexcept { return n_weights() + (learns_bias ? bias.size() : 0); }
    /// Floats that weights and biases take in memory.
    std::size_t n_floats() const noexcept;
};

/// Softmax regression on the outputs of populations, one population's after the other's:
///
///   log p(label) = weight[label]·(feature − mean)/deviation + bias[label] − log of the sum over labels
///
/// No population learns from it.
struct SoftmaxHead {
    std::size_t first_population = 0;  ///< the first one whose output it sees
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of each population's output
    float mean = 0.0f, deviation = 1.0f;  ///< of all features of all training samples
    Matrix weight;                        ///< [label x feature]
    AlignedVector<float> bias;            ///< [label]
    std::vector<double> loss;             ///< mean cross-entropy in each epoch of its training

    std::size_t n_labels() const noexcept { return weight.rows(); }
    std::size_t n_features() const noexcept { return weight.cols(); }
};

/// Populations in a row, the first next to the input.
struct Network {
    TimeGrid time;
    std::vector<Population> populations;
    std::optional<SoftmaxHead> head{};  ///< once it was trained, where the model has one
};

/// Whether an edge brings other values in each step: a train, or what was sent some steps ago. Else it brings
/// the output of a whole presentation, or what comes from outside.
bool by_step(const Network& network, const Edge& edge) noexcept;

/// Adds an edge to those of a population that stands in a network with its row complete: dense, and by step
/// unless it comes from outside. Throws ModelError where the engine has no way to go along it. The reference
/// holds until another edge is added.
Edge& connect(Network& network, std::size_t to, Edge edge);

/// The name of something that each edge has, as checkpoints call it: `of` for that from below, else with the
/// number of the edge, "weight.1".
std::string name_of_edge(std::string_view of, std::size_t edge);

}  // namespace snnff
