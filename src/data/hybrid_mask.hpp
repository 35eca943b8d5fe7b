#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snnff/random.hpp"

namespace snnff {

/// A mask of large patches: random binary pixels, blurred a few times with
/// [[1,2,1],[2,4,2],[1,2,1]]/16 under symmetric borders (the edge pixel is its own neighbour), then 1
/// where the result is above a half. Short-range correlations of an image are kept within a patch, the
/// shape of the whole is not.
/// Source: Hinton, The Forward-Forward algorithm (2022), section 3.2.
class HybridMask {
  public:
    /// The number of blurs is uniform in n_blurs_least .. n_blurs_most.
    HybridMask(std::size_t rows, std::size_t cols, std::uint32_t n_blurs_least, std::uint32_t n_blurs_most);

    /// One mask [row·cols + column], each 0 or 1; which one is a function of seed, `i` and `set` (below
    /// 2^12). The memory lives until the next call. Does not throw.
    const std::vector<std::uint8_t>& draw(Seed seed, std::uint64_t i, std::uint32_t set) noexcept;

  private:
    void blur() noexcept;
    std::size_t rows_, cols_;
    std::uint32_t n_blurs_least_, n_blurs_most_;
    std::vector<double> image_, rows_blurred_;
    std::vector<std::uint8_t> mask_;
};

}  // namespace snnff
