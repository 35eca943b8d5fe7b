#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snnff/options.hpp"

namespace snnff::app {

/// The documentation of `path`, in which a `*` stands for the name of a population.
bool matches(const KeyDoc& doc, std::string_view path);

/// What a user may mean by `word`: the key of that path; else the keys so called in any table; else
/// the keys of the table or kind so called. Empty where nothing is.
std::vector<KeyDoc> find_keys(const std::vector<KeyDoc>& docs, std::string_view word);

/// Words that find_keys knows, to suggest the nearest.
std::vector<std::string> known_words(const std::vector<KeyDoc>& docs);

/// `neuron = "lif"`; several kinds are joined by "and". Empty where the key always applies.
std::string condition_text(const KeyDoc& doc);

}  // namespace snnff::app
