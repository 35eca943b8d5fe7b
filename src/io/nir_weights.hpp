#pragma once

#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "snnff/network.hpp"

namespace snnff {

// The graph around a population's weights, as NIR has it: /node/nodes/NAME, /node/edges.

std::string nir_type_of(const hdf5::Group& nodes, const std::string& name);
/// Whether nodes of a type have weights of their own: Affine, Linear.
bool has_nir_weights(const std::string& type);
/// LIF, IF.
bool is_nir_neuron(const std::string& type);
bool has_nir_node(const hdf5::Group& nodes, const std::string& name);
/// Finite numbers of this shape; throws DataError.
std::vector<double> read_nir_numbers(const hdf5::Dataset& dataset, const std::vector<hsize_t>& expected);
/// A finite number for each of `n` units, axes of length 1 passed over; one number stands for all of them.
std::vector<double> read_nir_units(const hdf5::Dataset& dataset, std::size_t n);

/// The Affine or Linear node of a population, and the factors of Scale nodes behind and before it.
struct NirWeights {
    std::string node;
    std::vector<double> of_rows, of_columns;
    std::string fed_by;  ///< the node that leads to them, Scale and Flatten passed over; empty: none
    std::string next;    ///< likewise the one that they lead to, where they were asked for themselves
};
/// Of the node `name`: these are its own weights, or those that lead to it. Throws DataError.
NirWeights nir_weights_of(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name,
                          const Population& population);

/// What the neurons of a node send to the next weights, as a population's `output` has it: NIR's send spikes,
/// and graphs that were written here say what else a network did. The file is read anew.
std::string nir_output_of(const std::string& path, const std::string& name);

/// The type of a node to which an edge leads; "Output" where that is called "output" and left out.
std::string nir_type_of_target(const hdf5::Group& nodes, const std::string& name);
/// Throws DataError where something other than Flatten nodes, and Scale by 1, stands between the neurons
/// `name` and the graph's output: what they send is what a network gives.
void expect_nothing_to_the_end(const hdf5::Group& graph, const hdf5::Group& nodes, const std::string& name);

}  // namespace snnff
