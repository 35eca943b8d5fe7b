#include "app/far_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>
#include <vector>

#include "app/flatten.hpp"
#include "app/key_docs.hpp"

namespace snnff::app {
namespace {

/// A value is far from its default from this factor on; a hundred itself is not, as 0.1 in place of 0.001.
constexpr double far = 100.0 * (1.0 + 1e-9);

using Values = std::map<std::string, std::string>;

/// The number that a text begins with, or the first of an array; 0 where there is none.
double number_in(std::string_view text) {
    if (text.starts_with('[')) text.remove_prefix(1);
    double number = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

bool decides_learning(std::string_view path) {
    constexpr std::string_view tables[] = {"population.", "learning.", "encoding.", "overlay."};
    return std::ranges::any_of(tables, [&](std::string_view table) { return path.starts_with(table); });
}

/// Whether the kinds that a key belongs to are those of the model. `path` says which population it is of.
bool applies(const KeyDoc& doc, const std::string& path, const Values& values) {
    return std::ranges::all_of(doc.only_for, [&](const auto& condition) {
        std::string of = condition.first;
        if (const std::size_t star = of.find('*'); star != std::string::npos) {
            const std::size_t end = path.find('.', star);
            of.replace(star, 1, path.substr(star, end - star));
        }
        const std::string kind = "\"" + condition.second + "\"";
        const auto is = [&](const std::string& key) {
            const auto found = values.find(key);
            return found != values.end() && found->second == kind;
        };
        return is(of) || is(of + ".kind");
    });
}

}  // namespace

std::optional<FarKey> farthest_key(const ModelSpec& model) {
    const auto flat = flatten(model.resolved);
    const Values values(flat.begin(), flat.end());
    const std::vector<KeyDoc> docs = model_keys();
    std::optional<FarKey> farthest;
    double farthest_by = far;
    for (const auto& [path, text] : values) {
        if (!decides_learning(path)) continue;
        for (const KeyDoc& doc : docs) {
            const bool number = doc.type == KeyDoc::Type::number || doc.type == KeyDoc::Type::numbers;
            if (!number || !matches(doc, path) || !applies(doc, path, values)) continue;
            const double value = number_in(text), usual = number_in(doc.default_text);
            if (value == 0.0 || usual == 0.0) continue;
            const double by = std::max(std::abs(value / usual), std::abs(usual / value));
            if (!(by > farthest_by)) continue;
            farthest_by = by;
            farthest = {path,
                        fmt::format("{} = {:g} is {:.3g} times its default, {:g}; a value nearer to that "
                                    "usually helps",
                                    path, value, value / usual, usual)};
        }
    }
    return farthest;
}

}  // namespace snnff::app
