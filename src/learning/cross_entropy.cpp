#include <algorithm>
#include <limits>

#include "core/sums.hpp"
#include "snnff/functions.hpp"
#include "snnff/learning.hpp"

namespace snnff {

void softmax_cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> label,
                           std::span<double> loss, MatrixView gradient) noexcept {
    for (std::size_t s = 0; s < logits.rows(); ++s) {
        const auto x = logits.row(s);
        // Subtracting the largest keeps every exponential at or below 1.
        double largest = -std::numeric_limits<double>::infinity();
        for (const float value : x) largest = std::max(largest, static_cast<double>(value));
        const double sum = sum_in_blocks(
            x.size(), [&](std::size_t c) { return functions::exp(static_cast<double>(x[c]) - largest); });
        const auto truth = static_cast<std::size_t>(label[s]);
        loss[s] = functions::log(sum) - (static_cast<double>(x[truth]) - largest);
        if (gradient.empty()) continue;
        const auto slope = gradient.row(s);
        for (std::size_t c = 0; c < x.size(); ++c) {
            const double p = functions::exp(static_cast<double>(x[c]) - largest) / sum;
            slope[c] = static_cast<float>(p - (c == truth ? 1.0 : 0.0));
        }
    }
}

}  // namespace snnff
