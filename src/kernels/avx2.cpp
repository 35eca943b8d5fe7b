#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 32
#define SNNFF_FUSED_AVX2
#define SNNFF_VARIANT avx2
#include "kernels/variant.inc"
#endif
