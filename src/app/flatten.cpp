#include "app/flatten.hpp"

#include <fmt/format.h>

#include <cmath>

namespace snnff::app {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string number_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::string text = fmt::format("{}", value);
    // TOML tells floats from integers by the point or the exponent.
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

void flatten_into(const std::string& path, const Node& node,
                  std::vector<std::pair<std::string, std::string>>& out) {
    if (!node.is_table()) {
        out.emplace_back(path, toml_value(node));
        return;
    }
    for (const auto& [key, value] : std::get<Node::Table>(node.value)) {
        flatten_into(path.empty() ? key : path + "." + key, value, out);
    }
}

}  // namespace

std::string toml_value(const Node& node) {
    struct Visitor {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(bool value) const { return value ? "true" : "false"; }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(double value) const { return number_text(value); }
        std::string operator()(const std::string& value) const { return quoted(value); }
        std::string operator()(const Node::Array& values) const {
            std::string text;
            for (const Node& value : values) text += (text.empty() ? "" : ", ") + toml_value(value);
            return "[" + text + "]";
        }
        std::string operator()(const Node::Table& table) const {
            std::string text;
            for (const auto& [key, value] : table) {
                text += (text.empty() ? " " : ", ") + key + " = " + toml_value(value);
            }
            return text.empty() ? "{}" : "{" + text + " }";
        }
    };
    return std::visit(Visitor{}, node.value);
}

std::vector<std::pair<std::string, std::string>> flatten(const Node& table) {
    std::vector<std::pair<std::string, std::string>> out;
    flatten_into("", table, out);
    return out;
}

}  // namespace snnff::app
