#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 64
#define SNNFF_FUSED_AVX512
#define SNNFF_VARIANT avx512
#include "kernels/variant.inc"
#endif
