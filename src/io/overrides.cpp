#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "core/options_check.hpp"
#include "core/utf8.hpp"
#include "io/model_file.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

bool looks_like_a_word(std::string_view text) {
    constexpr std::string_view openings = "\"'[{";
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !text.empty() && openings.find(text.front()) == std::string_view::npos &&
           std::none_of(text.begin(), text.end(), control);
}

std::string typed(const Override& option, std::string_view verb) {
    return fmt::format("{} {}={}", verb, option.key, option.value);
}

Place place_of(const Override& option) {
    std::string text = option.typed.empty() ? typed(option, option.adds ? "--add" : "--set") : option.typed;
    constexpr std::size_t longest = 200;  // of what a message repeats
    if (text.size() > longest) text = text.substr(0, longest) + "...";
    return {std::move(text), 0, 0};
}

void apply(Node& root, const Override& option, const Place& place) {
    if (!is_utf8(option.value)) {
        throw ModelError(
            fmt::format("{}: is not UTF-8, as text in run files is; another name, or a link to it, would do",
                        place.text()));
    }
    Node value;
    try {
        value = parse_value(option.value, place);
    } catch (const ModelError&) {
        if (!looks_like_a_word(option.value)) throw;
        value = parse_value(value_text({option.value, place}), place);
    }
    root.at_path(option.key, place) = std::move(value);
}

/// Names of the tables below `table`, in the order of the file.
std::vector<std::string> names_in(const Node& root, const std::string& table) {
    std::vector<std::string> names;
    const Node* node = root.find(table);
    if (node == nullptr || !node->is_table()) return names;
    for (const auto& [name, value] : std::get<Node::Table>(node->value)) names.push_back(name);
    return names;
}

std::string no_such_table(const Override& option, const Place& place, const std::string& table,
                          const std::string& name, const std::vector<std::string>& known) {
    std::string there = fmt::format("the model has no {}", table);
    if (!known.empty()) {
        const auto near = nearest(name, known);
        there = near ? fmt::format("did you mean \"{}\"?", *near)
                     : fmt::format("the model has {}", fmt::join(known, ", "));
    }
    const std::string path = fmt::format("{}.{}.KEY", table, name);
    std::string further = typed(option, "--add");
    // The value is one of several where it comes from --over, and Python has a keyword for it.
    if (!option.typed.empty()) {
        further = option.typed.starts_with("--") ? fmt::format("--add {}=VALUE", path)
                                                 : fmt::format("add={{\"{}\": VALUE}}", path);
    }
    return fmt::format("{}: there is no {} \"{}\"; {} A further one is made by {}", place.text(), table, name,
                       there + (there.back() == '?' ? "" : "."), further);
}

}  // namespace

std::vector<std::string> apply_overrides(Node& root, std::span<const Override> options,
                                         std::span<const std::string> named_tables) {
    std::map<std::string, std::vector<std::string>> known;
    std::vector<std::string> faults;
    const auto try_to_apply = [&](const Override& option) {
        const Place place = place_of(option);
        Node changed = root;  // an option that will not do leaves nothing of itself behind
        try {
            apply(changed, option, place);
        } catch (const ModelError& error) {
            faults.emplace_back(error.what());
            return;
        }
        for (const auto& [table, names] : known) {
            for (const std::string& name : names_in(changed, table)) {
                if (std::ranges::find(names, name) != names.end()) continue;
                faults.push_back(no_such_table(option, place, table, name, names));
                return;
            }
        }
        root = std::move(changed);
    };
    for (const Override& option : options) {
        if (option.adds) try_to_apply(option);
    }
    for (const std::string& table : named_tables) known[table] = names_in(root, table);
    for (const Override& option : options) {
        if (!option.adds) try_to_apply(option);
    }
    return faults;
}

}  // namespace snnff
