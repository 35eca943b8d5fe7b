#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Time step that NIR's readers take a discrete model to have where it does not say (snnTorch), in seconds.
inline constexpr double nir_dt_s = 1e-4;

/// Writes a network as a NIR graph (HDF5): Input, for every population an Affine (or, where it has no bias, a
/// Linear) node and, where it spikes, a LIF node of its name, Output. A decay β per step becomes
///     tau = dt/(1 − β),   r = tau/dt,   dt = 1e-4 s
/// so that v ← β·v + I as here. What NIR has no words for (the true dt, steps, reset by subtraction,
/// activations, normalisation, Forward-Forward) goes to `metadata`, and is returned, a sentence each. `path`
/// appears once it is complete. Throws FileError; ModelError for a decay of 1, whose time constant is
/// infinite. Source: Pedersen et al., Nature Communications 15:8122 (2024); snntorch.export_nir for the
/// mapping.
std::vector<std::string> write_nir(const std::filesystem::path& path, const ModelSpec& model,
                                   const Network& network);

/// Weight [unit x input] and bias [unit] of the Affine or Linear node `node`, or of the one that feeds the
/// node of that name; no bias reads as zeros. Where that node is a LIF, its decay (1 − dt/tau, dt from the
/// metadata of its graph or 1e-4 s) and threshold have to be the population's. Throws FileError, DataError.
void read_nir_parameters(const std::filesystem::path& path, std::string_view node, Population& population);

}  // namespace snnff
