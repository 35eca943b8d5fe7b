#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "snnff/random.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// The labels that a sample may still get as wrong ones: all but the true one and those taken.
class LabelsLeft {
  public:
    LabelsLeft(std::size_t n_labels, std::int32_t truth) : n_labels_(n_labels), n_left_(n_labels) {
        remove(static_cast<std::uint32_t>(truth));
    }

    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(n_left_); }
    bool has(std::uint32_t label) const noexcept { return !gone_[label]; }
    void remove(std::uint32_t label) noexcept {
        gone_.set(label);
        --n_left_;
    }

    /// Takes the `which`-th label left, counted from 0 upwards from `start` and on from 0 after the last.
    std::int32_t take(std::uint32_t start, std::uint32_t which) noexcept {
        std::size_t label = start % n_labels_;
        while (gone_[label] || which-- > 0) label = (label + 1) % n_labels_;
        remove(static_cast<std::uint32_t>(label));
        return static_cast<std::int32_t>(label);
    }

  private:
    std::bitset<256> gone_;  // overlay.n_labels is at most 256
    std::size_t n_labels_, n_left_;
};

/// A number of 0 .. n-1 for one negative of the i-th sample of a request.
inline std::uint32_t drawn_below(std::uint32_t n, const Negatives::Request& request, std::size_t i,
                                 std::size_t set) noexcept {
    const std::uint64_t which = static_cast<std::uint64_t>(set) << 32 | request.samples[i];
    return below(n, request.seed, Stream::negative_label, which, request.epoch);
}

}  // namespace snnff
