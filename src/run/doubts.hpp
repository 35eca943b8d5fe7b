#pragma once

#include <cstddef>
#include <span>
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

/// About the labels of other samples than those that a network learns from, held against these: classes that
/// are missing though chance would not leave them out, classes that are new.
/// `words` are what classes are called [label], see class_words().
std::vector<std::string> doubts_about_classes(const std::string& where, NamedFacts samples,
                                              const InputFacts& trained_on,
                                              const std::vector<std::string>& words);

/// About classes that training samples lack, and about their order.
std::vector<std::string> doubts_about_training_classes(const Experiment& experiment);

/// Labels as data.classes takes them: `"0", "10"`.
std::string names_for(std::span<const std::size_t> labels, const std::vector<std::string>& words);

/// About events that lie outside of the steps, or all in the first of them.
std::vector<std::string> doubts_about_events(const Dataset& dataset, const TimeGrid& time);

/// About the scale of a whole set.
std::vector<std::string> doubts_about_scale(const std::string& where, NamedFacts samples,
                                            const InputFacts& trained_on);

/// About values below 0, where training had none or many: offsets that only one of both was given. `name` is
/// what the samples are called in messages.
std::vector<std::string> doubts_about_signs(const std::string& where, std::string_view name,
                                            const Dataset& dataset, const InputFacts& trained_on);

/// About single inputs: another unit, another offset, standardised in one of both.
std::vector<std::string> doubts_about_inputs(const std::string& where, NamedFacts samples,
                                             const InputFacts& trained_on);

/// Whether some inputs are of another unit and most are not, so that no factor mends the whole set.
bool only_some_inputs_differ(const InputFacts& facts, const InputFacts& trained_on);

/// All that is said of values: of the whole set, or of single inputs where the set alone shows nothing, or
/// would be blamed for a few of them.
std::vector<std::string> doubts_about_values(const std::string& where, std::string_view name,
                                             const Dataset& dataset, const InputFacts& trained_on);

/// About inputs over which labels are written: before they are.
std::vector<std::string> doubts_about_overlay(const ModelSpec& model, const Dataset& train);

/// About test samples that training has, too, both as they are before labels are written into them.
std::vector<std::string> doubts_about_shared_samples(const Dataset& train, const Dataset& test,
                                                     std::int64_t n_steps);

/// About data and model together, once all was prepared.
std::vector<std::string> doubts_about_data(const Experiment& experiment);

/// About a set alone: what its reader left alone, samples that are all the same.
std::vector<std::string> doubts_about_set(const Dataset& dataset);

/// Where a data set was read.
std::string place_of(const Dataset& dataset);

}  // namespace snnff
