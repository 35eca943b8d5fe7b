#include "io/model_file.hpp"

#include <fmt/format.h>
// toml++ states what broken text ("[[[[") does not keep, and goes on to report it as an error: as an
// assertion, which ends the process, or, under NDEBUG and Clang, as __builtin_assume, which lets the
// compiler drop the check that follows. Bad input is to be refused in every build, so neither is wanted.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <tuple>

#include "core/options_check.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;
constexpr std::size_t deepest_key = 32;

/// Turns toml++ values into ours; `fixed` replaces every place where it is given.
struct Converter {
    const std::string& file;
    const Place* fixed = nullptr;

    Place place(const toml::source_region& source) const {
        if (fixed != nullptr) return *fixed;
        return {file, static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
    }

    Node convert(std::string_view key, const toml::node& node, Place where) const {
        switch (node.type()) {
            case toml::node_type::boolean:
                return {node.as_boolean()->get(), std::move(where)};
            case toml::node_type::integer:
                return {node.as_integer()->get(), std::move(where)};
            case toml::node_type::floating_point:
                return {node.as_floating_point()->get(), std::move(where)};
            case toml::node_type::string:
                return {node.as_string()->get(), std::move(where)};
            case toml::node_type::array: {
                Node::Array array;
                for (const toml::node& element : *node.as_array()) {
                    array.push_back(convert(key, element, place(element.source())));
                }
                return {std::move(array), std::move(where)};
            }
            case toml::node_type::table:
                return {table(*node.as_table()), std::move(where)};
            default:
                throw ModelError(
                    fmt::format("{}: {} is a date or time; no key takes one, and text needs quotes",
                                where.text(), key_text(key)));
        }
    }

    Node::Table table(const toml::table& source) const {
        Node::Table table;
        for (const auto& [key, value] : source) {
            table.emplace_back(std::string(key.str()), convert(key.str(), value, place(key.source())));
        }
        // toml++ sorts by name; the order of the file is the order of the network.
        std::stable_sort(table.begin(), table.end(), [](const auto& a, const auto& b) {
            return std::tie(a.second.place.line, a.second.place.column) <
                   std::tie(b.second.place.line, b.second.place.column);
        });
        return table;
    }
};

/// toml++ bounds how deep brackets nest, but not how many parts a dotted key has; a tree that deep
/// would exhaust the stack when it is torn down.
void refuse_deep_keys(std::string_view text, const std::string& name) {
    std::size_t points = 0;
    int line = 1, column = 0;
    for (const char c : text) {
        ++column;
        if (c == '.' && ++points > deepest_key) {
            throw ModelError(fmt::format("{}: more than {} points in a row; no key has that many parts",
                                         Place{name, line, column}.text(), deepest_key));
        }
        const auto code = static_cast<unsigned char>(c);
        const bool in_key = c == '.' || c == '"' || c == '\'' || c == ' ' || c == '\t' || c == '_' ||
                            c == '-' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                            (c >= 'a' && c <= 'z') || code >= 0x80;
        if (!in_key) points = 0;
        if (c == '\n') {
            ++line;
            column = 0;
        }
    }
}

toml::table parsed(std::string_view text, const std::string& name) {
    refuse_deep_keys(text, name);
    try {
        return toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        const Place place{name, std::max(1, static_cast<int>(begin.line)),
                          std::max(1, static_cast<int>(begin.column))};
        throw ModelError(fmt::format("{}: not TOML: {}", place.text(), error.description()));
    }
}

bool looks_like_a_word(std::string_view text) {
    constexpr std::string_view openings = "\"'[{";
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !text.empty() && openings.find(text.front()) == std::string_view::npos &&
           std::none_of(text.begin(), text.end(), control);
}

}  // namespace

std::string read_model_file(const std::filesystem::path& path) {
    const auto refuse = [&](std::string_view why) {
        throw FileError(fmt::format("{}: {}", path.string(), why));
    };
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) refuse("is a folder, not a model file");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) refuse(fmt::format("cannot be opened: {}", std::strerror(errno != 0 ? errno : EIO)));
    std::string text;
    char chunk[1 << 16];
    while (text.size() <= largest_file && (file.read(chunk, sizeof chunk) || file.gcount() > 0)) {
        text.append(chunk, static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) refuse(fmt::format("cannot be read: {}", std::strerror(errno != 0 ? errno : EIO)));
    if (text.empty()) refuse("is empty; `snnff-sim new lif` writes a model to start from");
    if (text.size() > largest_file) refuse("is larger than 16 MiB, which no model file is");
    return text;
}

Node parse_model(std::string_view text, const std::string& name) {
    const toml::table table = parsed(text, name);
    return {Converter{name}.table(table), Place{name, 1, 1}};
}

Node parse_value(std::string_view text, const Place& place) {
    const std::string name = place.text();
    try {
        const toml::table table = parsed(fmt::format("value = {}", text), name);
        if (table.size() == 1) return Converter{name, &place}.convert("value", *table.get("value"), place);
    } catch (const ModelError&) {
        // Its line and column are those of a line nobody typed.
    }
    throw ModelError(fmt::format("{}: {} is not a TOML value", name, shown({std::string(text), place})));
}

void apply_override(Node& root, const Override& option) {
    std::string typed =
        option.typed.empty() ? fmt::format("--set {}={}", option.key, option.value) : option.typed;
    constexpr std::size_t longest = 200;  // of what a message repeats
    if (typed.size() > longest) typed = typed.substr(0, longest) + "...";
    const Place place{std::move(typed), 0, 0};
    Node value;
    try {
        value = parse_value(option.value, place);
    } catch (const ModelError&) {
        if (!looks_like_a_word(option.value)) throw;
        // Text that is not UTF-8 is refused where it is read from a file, and so it is here.
        value = parse_value(value_text({option.value, place}), place);
    }
    root.at_path(option.key, place) = std::move(value);
}

}  // namespace snnff
