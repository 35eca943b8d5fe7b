#pragma once

#include <algorithm>
#include <cstddef>

#include "snnff/matrix.hpp"

namespace snnff {

/// Every value of a view, which may be empty.
inline void fill(MatrixView view, float value) {
    for (std::size_t i = 0; i < view.rows() && !view.empty(); ++i) std::ranges::fill(view.row(i), value);
}

}  // namespace snnff
