#include <cassert>

#include "core/sums.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

void Encoding::encode(std::span<const float> value, std::span<const float> before, Seed draws,
                      const TimeGrid& time, std::int64_t step, std::span<float> input) const noexcept {
    assert(value.size() == input.size() && before.size() == input.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        input[i] = at(value[i], before[i], draws, time, step, static_cast<std::uint32_t>(i));
    }
}

double Encoding::sum_of_squares(std::span<const float> value, std::span<const float> before,
                                const TimeGrid& time) const noexcept {
    return sum_in_blocks(value.size(), [&](std::size_t i) { return square(value[i], before[i], time); });
}

}  // namespace snnff
