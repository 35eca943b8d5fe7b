#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "core/memory.hpp"
#include "snnff/error.hpp"

namespace snnff {

/// Samples are held in memory as float32; a file that asks for more than this is refused.
inline constexpr std::uint64_t max_dataset_bytes = std::uint64_t{16} << 30;

/// Throws DataError where a file's samples x inputs are more than that; never overflows.
inline void check_dataset_size(std::string_view where, std::uint64_t n_samples, std::uint64_t n_inputs) {
    if (n_inputs != 0 && n_samples > max_dataset_bytes / sizeof(float) / n_inputs) {
        throw DataError(
            fmt::format("{}: {} samples of {} inputs are more than the {} GiB a data set may take; "
                        "n_train and n_test limit how many are read",
                        where, n_samples, n_inputs, max_dataset_bytes >> 30));
    }
}

/// Throws DataError where those to be read, after check_dataset_size(), are more than the machine can hold.
inline void check_memory_for(std::string_view where, std::uint64_t n_samples, std::uint64_t n_inputs) {
    const std::uint64_t wanted = n_samples * n_inputs * sizeof(float);
    if (wanted > memory_limit()) {
        throw DataError(
            fmt::format("{}: {} samples of {} inputs take {}, and this machine has {}; "
                        "n_train and n_test limit how many are read",
                        where, n_samples, n_inputs, gibibytes(static_cast<double>(wanted)),
                        gibibytes(static_cast<double>(memory_limit()))));
    }
}

}  // namespace snnff
