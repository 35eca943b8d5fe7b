#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "snnff/error.hpp"

namespace snnff {

/// Samples are held in memory as float32; a file that asks for more than this is refused.
inline constexpr std::uint64_t max_dataset_bytes = std::uint64_t{16} << 30;

/// Throws DataError where samples x inputs would not fit; never overflows.
inline void check_dataset_size(std::string_view where, std::uint64_t n_samples, std::uint64_t n_inputs) {
    if (n_inputs != 0 && n_samples > max_dataset_bytes / sizeof(float) / n_inputs) {
        throw DataError(
            fmt::format("{}: {} samples of {} inputs are more than the {} GiB a data set may take; "
                        "n_train and n_test limit how many are read",
                        where, n_samples, n_inputs, max_dataset_bytes >> 30));
    }
}

}  // namespace snnff
