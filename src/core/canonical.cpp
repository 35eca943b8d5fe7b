#include "core/canonical.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace snnff {
namespace {

constexpr auto not_a_float = std::bit_cast<float>(std::uint32_t{0x7fc00000});
constexpr auto not_a_double = std::bit_cast<double>(std::uint64_t{0x7ff8000000000000});

template <class T>
std::span<const T> canonical_copy(std::span<const T> values, std::vector<T>& room) {
    if (std::ranges::none_of(values, [](T x) { return std::isnan(x); })) return values;
    room.resize(values.size());
    std::ranges::transform(values, room.begin(), [](T x) { return canonical(x); });
    return room;
}

}  // namespace

float canonical(float x) noexcept { return std::isnan(x) ? not_a_float : x; }
double canonical(double x) noexcept { return std::isnan(x) ? not_a_double : x; }

std::span<const float> canonical(std::span<const float> values, std::vector<float>& room) {
    return canonical_copy(values, room);
}
std::span<const double> canonical(std::span<const double> values, std::vector<double>& room) {
    return canonical_copy(values, room);
}

}  // namespace snnff
