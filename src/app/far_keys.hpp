#pragma once

#include <optional>
#include <string>

#include "snnff/model_spec.hpp"

namespace snnff::app {

/// A key that a model sets far from its default.
struct FarKey {
    std::string path;      ///< "population.hidden1.init.gain"
    std::string sentence;  ///< its value, its default, and what would do
};

/// The key that is farthest from its default, of those that decide whether a network learns: numbers of the
/// populations, of learning, encoding and labels. Nothing where none is a hundred times larger or smaller.
std::optional<FarKey> farthest_key(const ModelSpec& model);

}  // namespace snnff::app
