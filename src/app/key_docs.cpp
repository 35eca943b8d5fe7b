#include "app/key_docs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace snnff::app {
namespace {

using Parts = std::vector<std::string_view>;

Parts parts_of(std::string_view path) {
    Parts parts;
    for (std::size_t at = 0;;) {
        const std::size_t dot = path.find('.', at);
        parts.push_back(path.substr(at, dot - at));
        if (dot == std::string_view::npos) return parts;
        at = dot + 1;
    }
}

/// Whether `parts` are those of the documented path from `first` on.
bool match_at(const Parts& documented, std::size_t first, const Parts& parts) {
    if (first + parts.size() > documented.size()) return false;
    return std::equal(
        parts.begin(), parts.end(), documented.begin() + static_cast<std::ptrdiff_t>(first),
        [](std::string_view asked, std::string_view known) { return known == "*" || asked == known; });
}

template <class Predicate>
std::vector<KeyDoc> filtered(const std::vector<KeyDoc>& docs, Predicate wanted) {
    std::vector<KeyDoc> found;
    std::copy_if(docs.begin(), docs.end(), std::back_inserter(found), wanted);
    return found;
}

bool belongs_to_kind(const KeyDoc& doc, std::string_view kind) {
    return std::any_of(doc.only_for.begin(), doc.only_for.end(),
                       [&](const auto& condition) { return condition.second == kind; });
}

}  // namespace

bool matches(const KeyDoc& doc, std::string_view path) {
    const Parts documented = parts_of(doc.path), asked = parts_of(path);
    return documented.size() == asked.size() && match_at(documented, 0, asked);
}

std::vector<KeyDoc> find_keys(const std::vector<KeyDoc>& docs, std::string_view word) {
    const Parts asked = parts_of(word);
    auto found = filtered(
        docs, [&](const KeyDoc& doc) { return matches(doc, word) && doc.type != KeyDoc::Type::table; });
    if (!found.empty()) return found;
    found = filtered(docs, [&](const KeyDoc& doc) {
        const Parts documented = parts_of(doc.path);
        // A lone word must be the key's own name: "*" at the end would match every word.
        return documented.size() > asked.size() && documented.back() == asked.back() &&
               match_at(documented, documented.size() - asked.size(), asked) &&
               doc.type != KeyDoc::Type::table;
    });
    if (!found.empty()) return found;
    found = filtered(docs, [&](const KeyDoc& doc) { return match_at(parts_of(doc.path), 0, asked); });
    if (!found.empty()) return found;
    return filtered(docs, [&](const KeyDoc& doc) {
        if (belongs_to_kind(doc, word)) return true;
        return doc.type == KeyDoc::Type::kind &&
               std::find(doc.allowed.begin(), doc.allowed.end(), word) != doc.allowed.end();
    });
}

std::vector<std::string> known_words(const std::vector<KeyDoc>& docs) {
    std::set<std::string> words;
    for (const KeyDoc& doc : docs) {
        words.insert(doc.path);
        for (const std::string_view part : parts_of(doc.path)) {
            if (part != "*") words.insert(std::string(part));
        }
        if (doc.type == KeyDoc::Type::kind) words.insert(doc.allowed.begin(), doc.allowed.end());
    }
    return {words.begin(), words.end()};
}

std::string condition_text(const KeyDoc& doc) {
    std::string text;
    for (const auto& [path, kind] : doc.only_for) {
        if (!text.empty()) text += " and ";
        text += fmt::format("{} = \"{}\"", parts_of(path).back(), kind);
    }
    return text;
}

}  // namespace snnff::app
