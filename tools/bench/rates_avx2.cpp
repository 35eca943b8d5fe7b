#if defined(__x86_64__)
#include <immintrin.h>

#include "rates.hpp"

#define SNNFF_VECTOR_BYTES 32
#define SNNFF_FUSED_AVX2
#define SNNFF_RATES avx2_rates
#define SNNFF_RATES_OF "avx2"
#include "rates.inc"
#endif
