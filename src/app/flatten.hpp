#pragma once

#include <string>
#include <utility>
#include <vector>

#include "snnff/options.hpp"

namespace snnff::app {

/// A value as TOML writes it: numbers in the fewest digits that read back the same.
std::string toml_value(const Node& node);

/// Every value of a table under its dotted path, in the table's order.
std::vector<std::pair<std::string, std::string>> flatten(const Node& table);

}  // namespace snnff::app
