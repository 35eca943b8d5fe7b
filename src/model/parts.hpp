#pragma once

#include <vector>

#include "snnff/model_spec.hpp"
#include "snnff/options.hpp"

namespace snnff {

/// The parts of a model file, each read from the root table. All throw ModelError.

/// The learning rule, its goodness and loss, which decide what else a model has; refuses the keys that they
/// have no use for.
void read_rule(Options& root, const Context& context, ModelSpec& model);
Options learning_table(Options& root);
void read_stimulus(Options& root, const Context& context, ModelSpec& model);
void read_learning(Options& root, const Context& context, ModelSpec& model);
void read_plan(Options& root, ModelSpec& model);

/// The populations with their tables, which later checks name in their messages.
using PopulationTables = std::vector<std::pair<std::string, Options>>;
PopulationTables read_populations(Options& root, const Context& context, ModelSpec& model);

/// What back-propagation asks of the parts read before.
void check_backprop(Options& root, const PopulationTables& tables, const ModelSpec& model);
/// What goodness and loss ask of each other and of the parts read before.
void check_scores(Options& root, const PopulationTables& tables, const ModelSpec& model);
/// What a normalisation by groups of units asks of the populations below.
void check_groups(Options& root, const PopulationTables& tables, const ModelSpec& model);
/// Dropout leaves out inputs that stay for a presentation.
void check_dropout(Options& root, const PopulationTables& tables, const ModelSpec& model);
void read_readout_section(Options& root, const Context& context, const PopulationTables& tables,
                          ModelSpec& model);
void read_prediction(Options& root, const PopulationTables& tables, ModelSpec& model);
/// What predicts: goodness, the read-out, or both. Needs the read-out to be known.
void read_predictor(Options& root, Options& prediction, ModelSpec& model);
void read_recording(Options& root, const PopulationTables& tables, ModelSpec& model);

}  // namespace snnff
