#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snnff/training.hpp"

namespace snnff {

/// A set of samples and what it is called in messages: "test", "validation".
struct NamedFacts {
    std::string_view name;
    const InputFacts& facts;
};

// Each function returns sentences: where, what was found in numbers, what would do; none where nothing is
// doubtful. They look at what readers hand over, whatever the format.

/// About other samples than those that a network learns from, held against these: another scale, classes
/// that are missing though chance would not leave them out, classes that are new.
std::vector<std::string> doubts_about_samples(const std::string& where, NamedFacts samples,
                                              const InputFacts& trained_on);

/// About events that lie outside of the steps, or all in the first of them.
std::vector<std::string> doubts_about_events(const Dataset& dataset, const TimeGrid& time);

/// About the scale alone, where no label is known.
std::vector<std::string> doubts_about_scale(const std::string& where, NamedFacts samples,
                                            const InputFacts& trained_on);

/// About values below 0, where training had none or many: offsets that only one of both was given. `name` is
/// what the samples are called in messages.
std::vector<std::string> doubts_about_signs(const std::string& where, std::string_view name,
                                            const Dataset& dataset, const InputFacts& trained_on);

/// About inputs over which labels are written: before they are.
std::vector<std::string> doubts_about_overlay(const ModelSpec& model, const Dataset& train);

/// About test samples that training has, too.
std::vector<std::string> doubts_about_shared_samples(const Experiment& experiment);

/// About data and model together, once all was prepared.
std::vector<std::string> doubts_about_data(const Experiment& experiment);

/// About a set alone: what its reader left alone, samples that are all the same.
std::vector<std::string> doubts_about_set(const Dataset& dataset);

/// Where a data set was read.
std::string place_of(const Dataset& dataset);

}  // namespace snnff
