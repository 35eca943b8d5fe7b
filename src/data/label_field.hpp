#pragma once

#include <string>

#include "snnff/stimulus.hpp"

namespace snnff {

/// What LabelOverlay::Where::automatic comes to for these training samples: first where they are images and
/// the inputs that labels would take have the data's smallest value in every one of them, else appended.
LabelOverlay::Where label_place(const Dataset& train, const LabelOverlay& overlay);

/// Whether labels are written over inputs of the data.
bool overwrites(const Dataset& dataset, const LabelOverlay& overlay);

/// Percent of the samples' variance, summed over inputs, that the first `n` inputs hold; 0 where nothing
/// varies, and for samples over time.
double variance_of_first(const Dataset& dataset, std::size_t n);

/// Makes room for labels. Their field is 0 in memory: a variant's changes write the label. Throws DataError
/// where labels do not fit.
void make_label_field(Dataset& dataset, const LabelOverlay& overlay);

}  // namespace snnff
