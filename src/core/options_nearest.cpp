#include <algorithm>
#include <numeric>

#include "snnff/options.hpp"

namespace snnff {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment; Damerau,
/// Commun. ACM 7:171, 1964), whatever the case.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
    constexpr std::size_t longest = 64;  // nobody mistypes a longer word, and the work stays bounded
    const std::string* best = nullptr;
    std::size_t best_distance = 0;
    if (word.size() > longest) return std::nullopt;
    for (const std::string& candidate : known) {
        if (candidate.size() > longest) continue;
        const std::size_t d = distance(word, candidate);
        // "dt" for "dt_ms" or "learning_rate" for "rate" is many letters away and still plain.
        const bool part_of_it = std::min(word.size(), candidate.size()) >= 2 &&
                                (candidate.starts_with(word) || word.ends_with(candidate));
        const std::size_t limit = std::max<std::size_t>(1, 2 * std::max(word.size(), candidate.size()) / 5);
        // A change of every letter is no typing error.
        if ((part_of_it || (d <= limit && d < word.size())) && (best == nullptr || d < best_distance)) {
            best = &candidate;
            best_distance = d;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace snnff
