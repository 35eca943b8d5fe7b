#include "core/options_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <variant>

#include "snnff/error.hpp"

namespace snnff {
namespace {

/// A value that will do: the default where there is one.
std::string example_of(const KeyDoc& doc) {
    using Type = KeyDoc::Type;
    if (!doc.default_text.empty() && doc.default_text != "[]" && doc.default_text != "\"\"")
        return doc.default_text;
    const double least = std::isfinite(doc.bounds.least) ? doc.bounds.least : 0.0;
    switch (doc.type) {
        case Type::number:
        case Type::numbers:
            return value_text(
                {doc.bounds.allows(least) ? least : std::min(least + 1.0, (least + doc.bounds.most) / 2),
                 {}});
        case Type::integer:
            return fmt::format("{}", doc.bounds.allows(least) ? least : least + 1.0);
        case Type::flag:
            return "true";
        case Type::file:
            return "\"folder/file\"";
        case Type::integers:
            return "[0, 1]";
        case Type::words:
            return fmt::format("[\"{}\"]", doc.allowed.empty() ? "hidden1" : doc.allowed.front());
        case Type::choice:
        case Type::kind:
            return fmt::format("\"{}\"", doc.allowed.empty() ? "" : doc.allowed.front());
        case Type::text:
        case Type::table:
            break;
    }
    return "\"some text\"";
}

}  // namespace

std::string shown(const Node& node) {
    constexpr std::size_t longest = 60;
    std::string text = value_text(node);
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;  // not inside a letter
    return text.substr(0, end) + "...";
}

void refuse_all(std::span<const std::string> faults, std::string_view file) {
    if (faults.size() == 1) throw ModelError(faults.front());
    throw ModelError(fmt::format("{}\n{} faults in {}", fmt::join(faults, "\n"), faults.size(), file));
}

void refuse(const KeyDoc& doc, const Node& node, std::string_view why) {
    throw PlacedError(node.place, fmt::format("{} = {} {}", doc.path, shown(node), why));
}

void refuse_type(const KeyDoc& doc, const Node& node, std::string_view what) {
    refuse(doc, node, fmt::format("is {}; allowed: {}", what, allowed_text(doc)));
}

namespace {

/// A text below which --set put keys, and so made a table of its kind and theirs. Refused with what was set.
void refuse_keys_below_text(const KeyDoc& doc, const Node& node) {
    const Node* const kind = node.is_table() ? node.find("kind") : nullptr;
    if (kind == nullptr || !std::holds_alternative<std::string>(kind->value)) return;
    for (const auto& [name, value] : std::get<Node::Table>(node.value)) {
        if (name == "kind") continue;
        throw PlacedError(node.place, fmt::format("{0} = {1} is text, and has no keys below it: no {0}.{2}",
                                                  doc.path, shown(*kind), name));
    }
}

/// A number where text is wanted: in quotes it is text, which a shell takes off unless they are quoted again.
void refuse_number_for_text(const KeyDoc& doc, const Node& node) {
    if (!std::holds_alternative<std::int64_t>(node.value) && !std::holds_alternative<double>(node.value))
        return;
    const bool typed = node.place.file.starts_with("--set");
    const std::string name = typed ? doc.path : doc.path.substr(doc.path.rfind('.') + 1);
    const std::string as_text = fmt::format("{}{}\"{}\"", name, typed ? "=" : " = ", shown(node));
    refuse(doc, node,
           fmt::format("is not text; allowed: {}, as in {}", allowed_text(doc),
                       typed ? fmt::format("--set '{}'", as_text) : as_text));
}

}  // namespace

void refuse_wrong_type(const KeyDoc& doc, const Node& node, std::string_view what) {
    const std::string name = doc.path.substr(doc.path.rfind('.') + 1);
    refuse(doc, node,
           fmt::format("is {}; allowed: {}, as in {} = {}", what, allowed_text(doc), name, example_of(doc)));
}

void refuse_missing(const KeyDoc& doc, const Place& place) {
    throw PlacedError(place,
                      fmt::format("{} is missing; needed: {}, {}", doc.path, allowed_text(doc), doc.meaning));
}

const std::string& checked_text(const KeyDoc& doc, const Node& node) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) refuse_keys_below_text(doc, node);
    if (text == nullptr) refuse_number_for_text(doc, node);
    if (text == nullptr) refuse_wrong_type(doc, node, "not text");
    return *text;
}

const std::string& checked_path(const KeyDoc& doc, const Node& node) {
    const std::string& text = checked_text(doc, node);
    if (text.empty()) refuse_wrong_type(doc, node, "not a path");
    if (text.find('\0') != std::string::npos) refuse_type(doc, node, "not a path, it holds a zero byte");
    return text;
}

const Node::Array& checked_array(const KeyDoc& doc, const Node& node) {
    const auto* array = std::get_if<Node::Array>(&node.value);
    if (array == nullptr) refuse_wrong_type(doc, node, "not a list");
    return *array;
}

const std::string& checked_word(const KeyDoc& doc, const Node& node) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) refuse_wrong_type(doc, node, "not a word");
    if (doc.allowed.empty() ||
        std::find(doc.allowed.begin(), doc.allowed.end(), *text) != doc.allowed.end()) {
        return *text;
    }
    if (const auto near = nearest(*text, doc.allowed)) {
        refuse(doc, node,
               fmt::format("is unknown; did you mean \"{}\"? allowed: {}", *near, allowed_text(doc)));
    }
    refuse_type(doc, node, "unknown");
}

}  // namespace snnff
