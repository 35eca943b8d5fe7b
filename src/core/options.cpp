#include "snnff/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/options_check.hpp"
#include "snnff/functions.hpp"

namespace snnff {
namespace {

std::vector<std::string> strings(std::span<const std::string_view> words) {
    return {words.begin(), words.end()};
}

Node number_node(double value) {
    if (std::isnan(value)) return {};
    return {value, {}};
}

double checked_number(const KeyDoc& doc, const Node& node) {
    double value = 0.0;
    if (const auto* real = std::get_if<double>(&node.value)) {
        value = *real;
    } else if (const auto* whole = std::get_if<std::int64_t>(&node.value)) {
        value = static_cast<double>(*whole);
    } else {
        refuse_wrong_type(doc, node, "not a number");
    }
    if (!doc.bounds.allows(value))
        refuse_type(doc, node, std::isfinite(value) ? "out of range" : "not finite");
    // Networks are calculated in float32, where a larger number is infinite.
    if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max()))
        refuse_type(doc, node, "too large for a 32-bit number");
    return value;
}

std::int64_t checked_integer(const KeyDoc& doc, const Node& node) {
    std::int64_t value = 0;
    if (const auto* whole = std::get_if<std::int64_t>(&node.value)) {
        value = *whole;
    } else {
        // Up to 2^53 a double holds every whole number.
        const auto* real = std::get_if<double>(&node.value);
        if (real == nullptr || !(std::abs(*real) <= 0x1p53) || !functions::is_whole(*real)) {
            refuse_wrong_type(doc, node, "not a whole number");
        }
        value = static_cast<std::int64_t>(*real);
    }
    if (!doc.bounds.allows(static_cast<double>(value))) refuse_type(doc, node, "out of range");
    return value;
}

/// Throws where the last value stands earlier in the list already.
template <class T>
void refuse_repeated(const KeyDoc& doc, const Node& node, const std::vector<T>& values) {
    if (std::find(values.begin(), values.end() - 1, values.back()) != values.end() - 1) {
        refuse(doc, node, "stands in the list twice; once is enough");
    }
}

float checked_float(const KeyDoc& doc, const Node& node) {
    return static_cast<float>(checked_number(doc, node));
}

}  // namespace

double Options::number(const Key& key, double fallback, Bounds bounds) {
    const Node standard = number_node(fallback);
    const KeyDoc doc = documented(key, KeyDoc::Type::number, standard, bounds);
    const Node* node = look_up(key, doc);
    double value = fallback;
    if (node != nullptr) tried([&] { value = checked_number(doc, *node); });
    if (!std::isnan(value)) keep(key, number_node(value));
    return value;
}

std::optional<double> Options::number_or(const Key& key, std::string_view word_instead, Bounds bounds) {
    const Node standard{std::string(word_instead), {}};
    KeyDoc doc = documented(key, KeyDoc::Type::number, standard, bounds);
    doc.allowed = {std::string(word_instead)};
    const Node* node = look_up(key, doc);
    if (node == nullptr || std::holds_alternative<std::string>(node->value)) {
        if (node != nullptr) tried([&] { checked_word(doc, *node); });
        keep(key, standard);
        return std::nullopt;
    }
    std::optional<double> value;
    tried([&] { value = checked_number(doc, *node); });
    keep(key, value ? number_node(*value) : standard);
    return value;
}

std::int64_t Options::integer(const Key& key, std::int64_t fallback, Bounds bounds) {
    const KeyDoc doc = documented(key, KeyDoc::Type::integer, Node{fallback, {}}, bounds);
    const Node* node = look_up(key, doc);
    std::int64_t value = fallback;
    if (node != nullptr) tried([&] { value = checked_integer(doc, *node); });
    keep(key, Node{value, {}});
    return value;
}

bool Options::flag(const Key& key, bool fallback) {
    const KeyDoc doc = documented(key, KeyDoc::Type::flag, Node{fallback, {}});
    const Node* node = look_up(key, doc);
    const bool* value = node == nullptr ? &fallback : std::get_if<bool>(&node->value);
    if (value == nullptr) {
        tried([&] { refuse_wrong_type(doc, *node, "neither true nor false"); });
        value = &fallback;
    }
    keep(key, Node{*value, {}});
    return *value;
}

std::string Options::text(const Key& key, std::string_view fallback) {
    const KeyDoc doc = documented(key, KeyDoc::Type::text, Node{std::string(fallback), {}});
    const Node* node = look_up(key, doc);
    std::string value(fallback);
    if (node != nullptr) tried([&] { value = checked_text(doc, *node); });
    keep(key, Node{value, {}});
    return value;
}

std::filesystem::path Options::file(const Key& key, std::string_view fallback) {
    const Node standard = fallback.empty() ? Node{} : Node{std::string(fallback), {}};
    const KeyDoc doc = documented(key, KeyDoc::Type::file, standard);
    const Node* node = look_up(key, doc);
    std::string given;
    if (node != nullptr && tried([&] { given = checked_path(doc, *node); })) return resolved_file(key, given);
    if (fallback.empty()) return {};
    return resolved_file(key, std::string(fallback));
}

std::filesystem::path Options::required_file(const Key& key) {
    KeyDoc doc = documented(key, KeyDoc::Type::file, Node{});
    doc.required = true;
    const Node* node = look_up(key, doc);
    std::string given;
    if (node != nullptr && tried([&] { given = checked_path(doc, *node); })) return resolved_file(key, given);
    if (node == nullptr && !describing()) tried([&] { refuse_missing(doc, place_); });
    return {};
}

std::size_t Options::choice(const Key& key, std::string_view fallback,
                            std::span<const std::string_view> allowed) {
    KeyDoc doc =
        documented(key, KeyDoc::Type::choice, fallback.empty() ? Node{} : Node{std::string(fallback), {}});
    doc.allowed = strings(allowed);
    const Node* node = look_up(key, doc);
    std::string value(fallback);
    if (node != nullptr) tried([&] { value = checked_word(doc, *node); });
    if (!value.empty()) keep(key, Node{value, {}});
    return static_cast<std::size_t>(std::find(allowed.begin(), allowed.end(), value) - allowed.begin());
}

std::vector<float> Options::numbers(const Key& key, double fallback, std::size_t n, Bounds bounds) {
    const Node standard = number_node(fallback);
    const KeyDoc doc = documented(key, KeyDoc::Type::numbers, standard, bounds);
    const Node* node = look_up(key, doc);
    if (node == nullptr) {
        if (!std::isnan(fallback)) keep(key, standard);
        return std::vector<float>(n, static_cast<float>(fallback));
    }
    std::vector<float> values;
    const auto read = [&] {
        const auto* array = std::get_if<Node::Array>(&node->value);
        if (array == nullptr) {
            values.assign(n, checked_float(doc, *node));
            return;
        }
        // How many there should be is not known where the number of units is at fault.
        if (array->size() != n && !(given("size") && document_->is_faulty(place_of("size")))) {
            refuse(doc, *node,
                   fmt::format("has {} number{}; allowed: one for all units, or {} of them, one per unit",
                               array->size(), array->size() == 1 ? "" : "s", n));
        }
        for (const Node& element : *array) values.push_back(checked_float(doc, element));
        values.resize(n);
    };
    if (!tried(read))
        return std::vector<float>(n, std::isnan(fallback) ? 1.0f : static_cast<float>(fallback));
    keep(key, *node);
    return values;
}

std::vector<std::int64_t> Options::integers(const Key& key, std::vector<std::int64_t> fallback,
                                            Bounds bounds) {
    Node::Array standard;
    for (const std::int64_t value : fallback) standard.push_back(Node{value, {}});
    const KeyDoc doc = documented(key, KeyDoc::Type::integers, Node{standard, {}}, bounds);
    const Node* node = look_up(key, doc);
    if (node != nullptr) {
        fallback.clear();
        standard.clear();
        tried([&] {
            for (const Node& element : checked_array(doc, *node)) {
                fallback.push_back(checked_integer(doc, element));
                refuse_repeated(doc, element, fallback);
                standard.push_back(Node{fallback.back(), element.place});
            }
        });
    }
    keep(key, Node{std::move(standard), {}});
    return fallback;
}

std::vector<std::string> Options::words(const Key& key, std::vector<std::string> fallback,
                                        std::span<const std::string_view> allowed) {
    Node::Array standard;
    for (const std::string& value : fallback) standard.push_back(Node{value, {}});
    KeyDoc doc = documented(key, KeyDoc::Type::words, Node{standard, {}});
    doc.allowed = strings(allowed);
    const Node* node = look_up(key, doc);
    if (node != nullptr) {
        fallback.clear();
        standard.clear();
        tried([&] {
            for (const Node& element : checked_array(doc, *node)) {
                fallback.push_back(checked_word(doc, element));
                refuse_repeated(doc, element, fallback);
                standard.push_back(Node{fallback.back(), element.place});
            }
        });
    }
    keep(key, Node{std::move(standard), {}});
    return fallback;
}

}  // namespace snnff
