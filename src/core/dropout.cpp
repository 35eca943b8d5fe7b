#include "core/dropout.hpp"

#include <algorithm>

#include "snnff/functions.hpp"

namespace snnff {

void leave_out(const Dropout& dropout, std::size_t population, MatrixView inputs, std::size_t first_row) {
    constexpr std::size_t at_once = 8;
    const auto limit = static_cast<std::uint32_t>(functions::nearest(dropout.share * 65536.0));
    const float gain = 65536.0f / (65536.0f - static_cast<float>(limit));
    for (std::size_t s = 0; s < inputs.rows(); ++s) {
        const auto row = inputs.row(s);
        for (std::size_t i = 0; i < row.size(); i += at_once) {
            const auto group = static_cast<std::uint32_t>(population << 24 | i / at_once);
            const auto numbers =
                short_numbers(dropout.seed, Stream::dropout, dropout.batch << 24 | (first_row + s), group);
            const std::size_t n = std::min(at_once, row.size() - i);
            for (std::size_t k = 0; k < n; ++k) row[i + k] *= numbers[k] < limit ? 0.0f : gain;
        }
    }
}

}  // namespace snnff
