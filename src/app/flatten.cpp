#include "app/flatten.hpp"

namespace snnff::app {
namespace {

void flatten_into(const std::string& path, const Node& node,
                  std::vector<std::pair<std::string, std::string>>& out) {
    if (!node.is_table()) {
        out.emplace_back(path, value_text(node));
        return;
    }
    for (const auto& [key, value] : std::get<Node::Table>(node.value)) {
        flatten_into(path.empty() ? key : path + "." + key, value, out);
    }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> flatten(const Node& table) {
    std::vector<std::pair<std::string, std::string>> out;
    flatten_into("", table, out);
    return out;
}

}  // namespace snnff::app
