#pragma once

#include <span>
#include <string>

#include "snnff/options.hpp"

namespace snnff {

/// A JSON Schema (draft-07) of model files: every key with its meaning, unit, default, type and bounds,
/// and for every kind the keys that belong to it and no others.
std::string schema_of(std::span<const KeyDoc> docs);

}  // namespace snnff
