#include "data/hybrid_mask.hpp"

#include <cassert>

#include "snnff/functions.hpp"

namespace snnff {

HybridMask::HybridMask(std::size_t rows, std::size_t cols, std::uint32_t n_blurs_least,
                       std::uint32_t n_blurs_most)
    : rows_(rows),
      cols_(cols),
      n_blurs_least_(n_blurs_least),
      n_blurs_most_(n_blurs_most),
      image_(rows * cols),
      rows_blurred_(rows * cols),
      mask_(rows * cols) {}

const std::vector<std::uint8_t>& HybridMask::draw(Seed seed, std::uint64_t i, std::uint32_t set) noexcept {
    constexpr std::size_t bits_at_once = 8 * 16;
    constexpr std::uint32_t n_groups = 1u << 20;
    assert(image_.size() <= bits_at_once * (n_groups - 1) && set < 4096);
    for (std::size_t first = 0; first < image_.size(); first += bits_at_once) {
        const auto group = static_cast<std::uint32_t>(first / bits_at_once);
        const auto numbers = short_numbers(seed, Stream::mask, i, set * n_groups + group);
        for (std::size_t bit = 0; bit < bits_at_once && first + bit < image_.size(); ++bit) {
            image_[first + bit] = (numbers[bit / 16] >> bit % 16 & 1) != 0 ? 1.0 : 0.0;
        }
    }
    const std::uint32_t n_blurs = n_blurs_least_ + below(n_blurs_most_ - n_blurs_least_ + 1, seed,
                                                         Stream::mask, i, set * n_groups + n_groups - 1);
    // Sums of sixteenths, not divided until the end: whole numbers up to 16^n_blurs, which a double holds
    // exactly for up to 13 blurs, so that a pixel of exactly a half is none by chance of rounding.
    for (std::uint32_t b = 0; b < n_blurs; ++b) blur();
    const double half = 0.5 * functions::pow_whole(16.0, n_blurs);
    for (std::size_t p = 0; p < image_.size(); ++p) mask_[p] = image_[p] > half ? 1 : 0;
    return mask_;
}

void HybridMask::blur() noexcept {
    for (std::size_t r = 0; r < rows_; ++r) {
        const double* from = image_.data() + r * cols_;
        double* to = rows_blurred_.data() + r * cols_;
        for (std::size_t c = 0; c < cols_; ++c) {
            const double left = from[c > 0 ? c - 1 : 0], right = from[c + 1 < cols_ ? c + 1 : c];
            to[c] = left + 2.0 * from[c] + right;
        }
    }
    for (std::size_t r = 0; r < rows_; ++r) {
        const double* here = rows_blurred_.data() + r * cols_;
        const double* above = r > 0 ? here - cols_ : here;
        const double* below = r + 1 < rows_ ? here + cols_ : here;
        double* to = image_.data() + r * cols_;
        for (std::size_t c = 0; c < cols_; ++c) to[c] = above[c] + 2.0 * here[c] + below[c];
    }
}

}  // namespace snnff
