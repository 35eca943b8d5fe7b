#include <fmt/format.h>

#include <cmath>

#include "snnff/options.hpp"

namespace snnff {
namespace {

std::string list(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", word);
    return text;
}

bool bounded(const Bounds& bounds) { return std::isfinite(bounds.least) || std::isfinite(bounds.most); }

std::string with_bounds(std::string_view noun, const KeyDoc& doc) {
    if (!bounded(doc.bounds))
        return doc.unit.empty() ? std::string(noun) : fmt::format("{} ({})", noun, doc.unit);
    return fmt::format("{}, {}{}{}", noun, doc.bounds.text(), doc.unit.empty() ? "" : " ", doc.unit);
}

}  // namespace

bool Bounds::allows(double value) const noexcept {
    if (!std::isfinite(value)) return false;
    return (least_is_allowed ? value >= least : value > least) &&
           (most_is_allowed ? value <= most : value < most);
}

std::string Bounds::text() const {
    const bool has_least = std::isfinite(least), has_most = std::isfinite(most);
    if (!has_least && !has_most) return "any value";
    if (has_least && !has_most) {
        return least_is_allowed ? fmt::format("{} or more", least) : fmt::format("any value above {}", least);
    }
    if (!has_least)
        return most_is_allowed ? fmt::format("{} or less", most) : fmt::format("any value below {}", most);
    if (least_is_allowed && most_is_allowed) return fmt::format("{} to {}", least, most);
    return fmt::format("{} {} and {} {}", least_is_allowed ? "from" : "above", least,
                       most_is_allowed ? "up to" : "below", most);
}

std::string allowed_text(const KeyDoc& doc) {
    using Type = KeyDoc::Type;
    switch (doc.type) {
        case Type::number:
            return with_bounds("a number", doc) + (doc.allowed.empty() ? "" : ", or " + list(doc.allowed));
        case Type::integer:
            return with_bounds("a whole number", doc);
        case Type::flag:
            return "true or false";
        case Type::text:
            return "text in quotes";
        case Type::file:
            return "a path in quotes";
        case Type::choice:
        case Type::kind:
            return "one of " + list(doc.allowed);
        case Type::numbers:
            return with_bounds("a number, or a list with one per unit", doc);
        case Type::integers:
            return with_bounds("a list of whole numbers", doc);
        case Type::words:
            return doc.allowed.empty() ? "a list of words in quotes"
                                       : "a list of words out of " + list(doc.allowed);
        case Type::table:
            return "a table";
    }
    return "";
}

}  // namespace snnff
