#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnff/learning.hpp"
#include "snnff/matrix.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/panels.hpp"
#include "snnff/projection.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// A projection into a population besides the one from below.
struct Edge {
    std::optional<std::size_t> from;  ///< population whose train it carries; none: a current from outside
    std::size_t delay_steps = 0;      ///< at least 1 where `from` is not below
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of what comes in each step
    Panels weight;                                                            ///< [unit x input]
};

/// Units of one kind with the projections that drive them.
struct Population {
    std::string name;
    std::shared_ptr<const NeuronModel> neuron;
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of what comes from below
    Reading measure = Reading::activation;  ///< goodness, if any, is measured on this
    Reading output = Reading::activation;   ///< the next population receives this
    std::shared_ptr<const Projection> projection = dense_projection();  ///< from below
    std::size_t n_received = 0;                                         ///< inputs from below
    std::size_t n_positions = 1;                                        ///< at which each unit answers
    Panels weight;              ///< [unit x input that it sees], of what comes from below
    AlignedVector<float> bias;  ///< [unit]; zeros where it does not learn
    bool learns_bias = true;
    std::vector<Edge> edges{};  ///< besides that from below, whose weights are above
    std::size_t n_groups = 1;   ///< of units, see group_of(): a group counts for one score of the goodness

    LayerShape shape() const noexcept { return {weight.cols(), weight.rows()}; }
    std::size_t n_units() const noexcept { return weight.rows(); }
    /// What it sends: each unit's positions side by side.
    std::size_t n_sent() const noexcept { return n_units() * n_positions; }
    /// Inputs that a unit sees at a time.
    std::size_t n_inputs() const noexcept { return weight.cols(); }
    std::size_t n_parameters() const noexcept { return weight.size() + (learns_bias ? bias.size() : 0); }
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

}  // namespace snnff
