#pragma once

#include <fmt/format.h>

#include <string_view>

#include "snnff/error.hpp"

namespace snnff {

/// Throws DataError unless values lie in 0 to 1, as encodings that take them for intensities need.
inline void check_unit_range(std::string_view where, std::string_view encoding, float smallest,
                             float largest) {
    if (smallest >= 0.0f && largest <= 1.0f) return;
    throw DataError(
        fmt::format("{}: values, overlay.value among them, lie in {:.4g} to {:.4g}; encoding \"{}\" takes 0 "
                    "to 1, which data.offset and data.scale can bring about",
                    where, smallest, largest, encoding));
}

}  // namespace snnff
