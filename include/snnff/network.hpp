#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "snnff/learning.hpp"
#include "snnff/matrix.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// Units of one kind with the projection that drives them.
struct Population {
    std::string name;
    std::shared_ptr<const NeuronModel> neuron;
    Normalisation normalisation = Normalisation::none;  ///< of its input
    Readout measure = Readout::activation;              ///< goodness, if any, is measured on this
    Readout output = Readout::activation;               ///< the next population receives this
    Matrix weight;                                      ///< [unit x input]
    AlignedVector<float> bias;                          ///< [unit]; zeros where it does not learn
    bool learns_bias = true;

    LayerShape shape() const noexcept { return {weight.cols(), weight.rows()}; }
    std::size_t n_units() const noexcept { return weight.rows(); }
    std::size_t n_inputs() const noexcept { return weight.cols(); }
    std::size_t n_parameters() const noexcept { return weight.size() + (learns_bias ? bias.size() : 0); }
};

/// Populations in a row, the first next to the input.
struct Network {
    TimeGrid time;
    std::vector<Population> populations;
};

}  // namespace snnff
