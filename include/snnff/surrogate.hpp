#pragma once

#include "snnff/arithmetic.hpp"

namespace snnff {

/// What stands in for the derivative of a spike by the membrane, dS/dU, which is 0 or infinite.
/// With z = U − threshold:
///
///   atan              sharpness/2 / (1 + (π/2·sharpness·z)²)             sharpness: alpha
///   fast_sigmoid      1/(1 + sharpness·|z|)²                             sharpness: k
///   sigmoid           sharpness·e^(−sharpness·z)/(1 + e^(−sharpness·z))²  sharpness: k
///   triangular        max(0, 1 − |z|/sharpness)/sharpness                sharpness: width
///   straight_through  1
///
/// Source: snnTorch's snntorch.surrogate (Eshraghian et al., Proc. IEEE 111:1016, 2023), in its
/// scaling; triangular: Esser et al., PNAS 113:11441 (2016), of unit area.
struct Surrogate {
    enum class Kind { atan, fast_sigmoid, sigmoid, triangular, straight_through };
    Kind kind = Kind::atan;
    double sharpness = 2.0;
};

}  // namespace snnff
