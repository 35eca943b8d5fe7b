#include "snnff/random.hpp"

#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "snnff/functions.hpp"

namespace snnff {
namespace {

std::array<std::uint32_t, 4> draw(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept {
    using Philox = r123::Philox4x32;
    const Philox::ctr_type counter{{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32), j,
                                    static_cast<std::uint32_t>(stream)}};
    const Philox::key_type key{
        {static_cast<std::uint32_t>(seed.value), static_cast<std::uint32_t>(seed.value >> 32)}};
    const Philox::ctr_type r = Philox{}(counter, key);
    return {r[0], r[1], r[2], r[3]};
}

}  // namespace

float uniform(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept {
    return static_cast<float>(draw(seed, stream, i, j)[0] >> 8) * 0x1p-24f;
}

float normal(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept {
    const auto r = draw(seed, stream, i, j);
    // + 0.5 keeps the logarithm's argument above 0; in double the tail reaches 6.7 sigma.
    const double u = (static_cast<double>(r[0]) + 0.5) * 0x1p-32;
    const double turns = static_cast<double>(r[1]) * 0x1p-32;
    return static_cast<float>(std::sqrt(-2.0 * functions::log(u)) * functions::cos_turns(turns));
}

std::array<std::uint32_t, 4> four_numbers(Seed seed, Stream stream, std::uint64_t i,
                                          std::uint32_t j) noexcept {
    return draw(seed, stream, i, j);
}

Seed derived(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept {
    const auto r = draw(seed, stream, i, j);
    return {static_cast<std::uint64_t>(r[0]) << 32 | r[1]};
}

std::uint32_t below(std::uint32_t n, Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept {
    // 64 random bits times n, the upper part: the bias is below n * 2^-64.
    const auto r = draw(seed, stream, i, j);
    const std::uint64_t bits = (static_cast<std::uint64_t>(r[0]) << 32) | r[1];
    return static_cast<std::uint32_t>(((bits >> 32) * n + (((bits & 0xffffffffu) * n) >> 32)) >> 32);
}

std::array<std::uint16_t, 8> short_numbers(Seed seed, Stream stream, std::uint64_t i,
                                           std::uint32_t j) noexcept {
    const auto r = draw(seed, stream, i, j);
    std::array<std::uint16_t, 8> numbers{};
    for (std::size_t k = 0; k < 8; ++k) numbers[k] = static_cast<std::uint16_t>(r[k / 2] >> (k % 2 * 16));
    return numbers;
}

std::vector<std::uint32_t> permutation(std::uint32_t n, Seed seed, Stream stream, std::uint32_t i) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    for (std::uint32_t k = n; k > 1; --k) {
        std::swap(order[k - 1], order[below(k, seed, stream, k, i)]);
    }
    return order;
}

}  // namespace snnff
