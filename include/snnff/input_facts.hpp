#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// How the values of one input are spread, over some hundred samples at even distances.
struct InputSpread {
    float smallest = 0.0f, largest = 0.0f;
    float lower = 0.0f, upper = 0.0f;  ///< quartiles of the values that are not 0
    float mean = 0.0f, deviation = 0.0f;
    std::uint64_t n_not_0 = 0;

    bool operator==(const InputSpread&) const = default;
};

/// What a set of samples holds, in numbers, before labels are written into it. A run file keeps them, so that
/// other samples can be held to those that a network learnt from.
struct InputFacts {
    std::uint64_t n_samples = 0;
    double smallest = 0.0, largest = 0.0;
    double mean = std::numeric_limits<double>::quiet_NaN();  ///< NaN where inputs vary in time
    /// Over samples and inputs; of inputs that vary in time, their squares are summed over the steps.
    double root_mean_square = 0.0;
    std::vector<std::uint64_t> samples_per_label{};  ///< [label]
    std::vector<std::string> names{};                ///< [input], of a table's columns; else empty
    std::vector<InputSpread> spreads{};              ///< [input]; empty for events, and in runs from before

    bool operator==(const InputFacts&) const = default;
};

}  // namespace snnff
