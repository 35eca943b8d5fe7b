#pragma once
// Kinds of goodness and loss that compare samples under right and wrong labels.
#include <span>
#include <string_view>
#include <vector>

#include "kinds.hpp"
#include "snnff/learning.hpp"

namespace snnff {

/// Goodness of one number per sample.
inline std::vector<std::string_view> kinds_of_one_score() {
    std::vector<std::string_view> names;
    for (const std::string_view name : names_of<Goodness>()) {
        if (made<Goodness>(name)->n_scores(10) == 1) names.push_back(name);
    }
    return names;
}

inline std::vector<std::string_view> losses_of_pairs() {
    std::vector<std::string_view> names;
    for (const std::string_view name : names_of<Loss>()) {
        if (made<Loss>(name)->takes() == Loss::Takes::pairs) names.push_back(name);
    }
    return names;
}

/// A loss of the goodness of positives, [sample], and negatives, [set·n_samples + sample]; either may be
/// missing where the loss can be taken of one side. Slopes alike.
inline double loss_of_pairs(const Loss& loss, const LayerShape& shape, std::span<const double> positive,
                            std::span<const double> negative, std::span<double> positive_slope,
                            std::span<double> negative_slope) {
    std::vector<std::vector<double>> goodness, slope;
    const std::size_t n = positive.empty() ? negative.size() : positive.size();
    if (!positive.empty()) goodness.emplace_back(positive.begin(), positive.end());
    for (std::size_t first = 0; first < negative.size(); first += n)
        goodness.emplace_back(negative.begin() + static_cast<std::ptrdiff_t>(first),
                              negative.begin() + static_cast<std::ptrdiff_t>(first + n));
    slope.assign(goodness.size(), std::vector<double>(n));
    const std::size_t n_positive = positive.empty() ? 0 : 1;
    const double value = loss.evaluate(shape, {goodness}, n_positive, {}, {slope});
    for (std::size_t v = 0; v < slope.size(); ++v) {
        for (std::size_t i = 0; i < n; ++i) {
            if (v < n_positive) {
                positive_slope[i] = slope[v][i];
            } else {
                negative_slope[(v - n_positive) * n + i] = slope[v][i];
            }
        }
    }
    return value;
}

}  // namespace snnff
