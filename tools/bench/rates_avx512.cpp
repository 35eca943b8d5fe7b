#if defined(__x86_64__)
#include <immintrin.h>

#include "rates.hpp"

#define SNNFF_VECTOR_BYTES 64
#define SNNFF_FUSED_AVX512
#define SNNFF_RATES avx512_rates
#define SNNFF_RATES_OF "avx512"
#include "rates.inc"
#endif
