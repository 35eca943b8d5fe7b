#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Writes a network as a NIR graph (HDF5): Input, for every population an Affine (or, where it has no bias, a
/// Linear) node and, where it spikes, a LIF node of its name, Output. A decay β per step becomes
///     tau = dt/(1 − β),   r = tau/dt
/// so that Euler's steps of dt give v ← β·v + I as here; β = 1 becomes an IF node with r = 1/dt. dt is
/// `dt_ms`, or the model's. What NIR has no words for (the model's dt, steps, reset by subtraction,
/// activations, normalisation, Forward-Forward) goes to `metadata`, and is returned, a sentence each. `path`
/// appears once it is complete. Throws FileError; UsageError where it is there and `replace` is not set;
/// ModelError where some units of a
/// population have β = 1, a time constant without end, and others not. Source: Pedersen et al., Nature
/// Communications 15:8122 (2024); snntorch.export_nir for the mapping.
std::vector<std::string> write_nir(const std::filesystem::path& path, const ModelSpec& model,
                                   const Network& network, std::optional<double> dt_ms = {},
                                   bool replace = true);

/// Weight [unit x input] and bias [unit] of the Affine or Linear node `node`, or of the one that feeds the
/// node of that name; no bias reads as zeros. What a LIF or IF node does to its input is mapped into them,
///     LIF   weight·r·dt/tau,   bias·r·dt/tau + (v_leak − v_reset)·dt/tau       IF   weight·r·dt,   bias·r·dt
/// as Euler's steps of dt have it; a factor that float32 cannot tell from 1 leaves their bits. Membranes are
/// counted from v_reset. Scale nodes before and behind the weights are folded into them, Flatten nodes say
/// nothing here, where values are vectors. The decay 1 − dt/tau (1 for IF) and v_threshold − v_reset have to
/// be the population's; one number stands for all units. dt is `dt_ms`, or what the metadata of the graph
/// says, or else `model_dt_ms`. A node with several ways in is refused, and weights that take what a node of
/// another type than Input, LIF, IF, Affine or Linear sends. Returns what is to be said: dt, and where the
/// population does something else than the graph. Throws FileError, DataError.
Remarks read_nir_parameters(const std::filesystem::path& path, std::string_view node, Population& population,
                            double model_dt_ms = 1.0, std::optional<double> dt_ms = {});

/// A population, and where in a graph its parameters lie, if they do.
struct RowPlace {
    std::string population;
    std::string neuron;  ///< its kind
    Reading output = Reading::activation;
    std::optional<GraphPlace> place;
};
/// Holds a row of populations to the graphs that they come from: each takes what the one below sends, in
/// both, over presentations of `n_steps`. Returns what differs, a sentence each. Throws DataError where
/// weights of the graph, with no neuron behind them, would be left out.
std::vector<std::string> doubts_about_row(std::span<const RowPlace> row, std::int64_t n_steps);

}  // namespace snnff
