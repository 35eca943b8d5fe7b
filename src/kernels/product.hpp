#pragma once

#include "snnff/matrix.hpp"

namespace snnff {

/// Dense products in single precision, each on the calling thread alone (OpenBLAS where the build
/// found it, Eigen's own otherwise). Shapes are checked in debug builds. None throws but for memory.

/// out [n x m] = a [n x k] · b [m x k]ᵀ
void product_abt(ConstMatrixView a, ConstMatrixView b, MatrixView out);

/// out [n x m] = a [n x k] · b [k x m]
void product_ab(ConstMatrixView a, ConstMatrixView b, MatrixView out);

/// out [n x m] = aᵀ · b with a [k x n], b [k x m]; added to what is there if `add`.
void product_atb(ConstMatrixView a, ConstMatrixView b, MatrixView out, bool add);

/// Keeps the BLAS from starting threads of its own below our tasks. Call once before the first product.
void use_one_thread_per_product();

/// What computes the products, for the record: "OpenBLAS 0.3.21 … SkylakeX", or "Eigen 3.4.0".
const char* product_library();

}  // namespace snnff
