#include "core/options_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnff/error.hpp"

namespace snnff {

std::string shown(const Node& node) {
    constexpr std::size_t longest = 60;
    std::string text = value_text(node);
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;  // not inside a letter
    return text.substr(0, end) + "...";
}

void refuse(const KeyDoc& doc, const Node& node, std::string_view why) {
    throw ModelError(fmt::format("{}: {} = {} {}", node.place.text(), doc.path, shown(node), why));
}

void refuse_type(const KeyDoc& doc, const Node& node, std::string_view what) {
    refuse(doc, node, fmt::format("is {}; allowed: {}", what, allowed_text(doc)));
}

void refuse_missing(const KeyDoc& doc, const Place& place) {
    throw ModelError(fmt::format("{}: {} is missing; needed: {}, {}", place.text(), doc.path,
                                 allowed_text(doc), doc.meaning));
}

const std::string& checked_text(const KeyDoc& doc, const Node& node) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) refuse_type(doc, node, "not text");
    return *text;
}

const std::string& checked_path(const KeyDoc& doc, const Node& node) {
    const std::string& text = checked_text(doc, node);
    if (text.empty()) refuse_type(doc, node, "not a path");
    if (text.find('\0') != std::string::npos) refuse_type(doc, node, "not a path, it holds a zero byte");
    return text;
}

const Node::Array& checked_array(const KeyDoc& doc, const Node& node) {
    const auto* array = std::get_if<Node::Array>(&node.value);
    if (array == nullptr) refuse_type(doc, node, "not a list");
    return *array;
}

const std::string& checked_word(const KeyDoc& doc, const Node& node) {
    const auto* text = std::get_if<std::string>(&node.value);
    if (text == nullptr) refuse_type(doc, node, "not a word");
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
