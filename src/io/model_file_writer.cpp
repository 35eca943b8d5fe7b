#include <fmt/format.h>

#include <algorithm>

#include "snnff/model_spec.hpp"

namespace snnff {
namespace {

/// Writes the values of a table, then its sub-tables under headers of their own. A sub-table with a value
/// beside it is written on one line: under a header it would swallow the values that follow.
void write(const Node::Table& table, const std::string& path, std::string& text) {
    const auto is_value = [](const auto& entry) { return !entry.second.is_table(); };
    const auto last_value = std::find_if(table.rbegin(), table.rend(), is_value).base();
    // At the top, `title` and `seed` stand before the tables and swallow nothing.
    const auto first_header = path.empty() || last_value == table.begin() ? last_value : table.end();
    for (auto entry = table.begin(); entry != table.end(); ++entry) {
        const auto& [key, value] = *entry;
        const std::string name = key_text(key);
        if (entry < first_header) {
            text += fmt::format("{} = {}\n", name, value_text(value));
            continue;
        }
        const std::string below = path.empty() ? name : path + "." + name;
        const auto& children = std::get<Node::Table>(value.value);
        // A table that only holds tables needs no header; an empty one would be lost without.
        if (children.empty() || std::any_of(children.begin(), children.end(), is_value)) {
            text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", below);
        }
        write(children, below, text);
    }
}

}  // namespace

std::string to_toml(const Node& table) {
    std::string text;
    write(std::get<Node::Table>(table.value), "", text);
    return text;
}

}  // namespace snnff
