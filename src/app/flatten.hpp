#pragma once

#include <string>
#include <utility>
#include <vector>

#include "snnff/options.hpp"

namespace snnff::app {

/// Every value of a table, as TOML, under its dotted path, in the table's order.
std::vector<std::pair<std::string, std::string>> flatten(const Node& table);

}  // namespace snnff::app
