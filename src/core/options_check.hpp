#pragma once

#include <string>
#include <string_view>

#include "snnff/options.hpp"

namespace snnff {

/// Checks of single values, shared by the getters of Options. All throw ModelError.

/// "place: path = value <why>"
[[noreturn]] void refuse(const KeyDoc& doc, const Node& node, std::string_view why);
/// "place: path = value is <what>; allowed: <what the key takes>"
[[noreturn]] void refuse_type(const KeyDoc& doc, const Node& node, std::string_view what);
/// "place: path is missing; needed: <what the key takes>"
[[noreturn]] void refuse_missing(const KeyDoc& doc, const Place& place);

const std::string& checked_text(const KeyDoc& doc, const Node& node);
/// Text that a file can be called: not empty, no NUL in it.
const std::string& checked_path(const KeyDoc& doc, const Node& node);
const Node::Array& checked_array(const KeyDoc& doc, const Node& node);
/// One of doc.allowed; anything where that is empty.
const std::string& checked_word(const KeyDoc& doc, const Node& node);

/// The value for a message: shortened where it is long.
std::string shown(const Node& node);

}  // namespace snnff
