#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What a random number is for. Two purposes never share a number, and adding one changes no other.
/// The values are part of what makes a run repeatable: never renumber.
enum class Stream : std::uint32_t {
    initial_weight = 1,
    initial_bias = 2,
    shuffle = 3,
    negative_label = 4,
    input_spikes = 5,
    shift = 6,
    dropout = 7,
    mask = 8,
    recorded_label = 9,
    warp = 10,
    mirror = 11,
    readout_order = 16,
};

/// The seed of a run. Has no default on purpose: a model file or --seed gives it.
struct Seed {
    std::uint64_t value;
};

/// Random numbers as pure functions: the same arguments give the same number, whatever was drawn
/// before and on whichever thread. `i` and `j` say which number (a weight's index, an epoch and a
/// sample, ...). None of these throws but `permutation` (memory).
/// Source: Philox4x32-10 of Salmon et al., SC'11 (Random123); normal: Box & Muller (1958).

/// Uniform in [0, 1), a multiple of 2^-24.
float uniform(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept;

/// Normal with mean 0 and standard deviation 1.
float normal(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept;

/// Four numbers at once, each uniform in 0 .. 2^32 - 1; for spikes of many inputs.
std::array<std::uint32_t, 4> four_numbers(Seed seed, Stream stream, std::uint64_t i,
                                          std::uint32_t j) noexcept;

/// A seed of its own for whatever `i` and `j` name, where they leave no room to count what is drawn for it.
Seed derived(Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept;

/// Uniform in 0 .. n-1; n is at least 1.
std::uint32_t below(std::uint32_t n, Seed seed, Stream stream, std::uint64_t i, std::uint32_t j) noexcept;

/// Eight numbers at once, each uniform in 0 .. 65535; for masks over many inputs.
std::array<std::uint16_t, 8> short_numbers(Seed seed, Stream stream, std::uint64_t i,
                                           std::uint32_t j) noexcept;

/// A uniformly drawn order of 0 .. n-1 (Fisher-Yates); `i` says which.
std::vector<std::uint32_t> permutation(std::uint32_t n, Seed seed, Stream stream, std::uint32_t i);

}  // namespace snnff
