#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {

/// A ModelError that knows where it is, and where the other key stands that it names.
class PlacedError : public ModelError {
  public:
    PlacedError(Place where, const std::string& text)
        : ModelError(where.text() + ": " + text), place(std::move(where)) {}
    Place place, other{};
    bool names_two = false;  ///< or more: an effect, perhaps, of another fault in one of them
};

/// Throws ModelError: the one fault, or all of them, a line each, and how many there are in `file`.
[[noreturn]] void refuse_all(std::span<const std::string> faults, std::string_view file);

/// Checks of single values, shared by the getters of Options. All throw ModelError.

/// "place: path = value <why>"
[[noreturn]] void refuse(const KeyDoc& doc, const Node& node, std::string_view why);
/// "place: path = value is <what>; allowed: <what the key takes>"
[[noreturn]] void refuse_type(const KeyDoc& doc, const Node& node, std::string_view what);
/// The same for a value of another type, with an example of what would do.
[[noreturn]] void refuse_wrong_type(const KeyDoc& doc, const Node& node, std::string_view what);
/// "place: path is missing; needed: <what the key takes>"
[[noreturn]] void refuse_missing(const KeyDoc& doc, const Place& place);

const std::string& checked_text(const KeyDoc& doc, const Node& node);
/// Text that a file can be called: not empty, no NUL in it.
const std::string& checked_path(const KeyDoc& doc, const Node& node);
const Node::Array& checked_array(const KeyDoc& doc, const Node& node);
/// One of doc.allowed; anything where that is empty.
const std::string& checked_word(const KeyDoc& doc, const Node& node);

/// What to say of a key that nobody knows at `path` (of the table; empty for the root): where it lives, or
/// which of the keys `known` here is meant. `value` is what it is set to; `beside` the known root tables.
/// Empty where there is nothing to say.
std::string advice_on(const std::string& path, const std::string& key, const Node& value,
                      std::span<const std::string> known, std::span<const KeyDoc> every_key);
/// Whether a key of that path is documented, or a table around one that is.
bool is_documented(std::string_view path, std::span<const KeyDoc> every_key);
/// Leaves of a table that nobody knows: dotted paths below it, with their values.
std::vector<std::pair<std::string, const Node*>> leaves_of(const Node& table);

/// The value for a message: shortened where it is long.
std::string shown(const Node& node);

}  // namespace snnff
