#if defined(__aarch64__)
#include <arm_neon.h>

#include "rates.hpp"

#define SNNFF_VECTOR_BYTES 16
#define SNNFF_FUSED_NEON
#define SNNFF_RATES neon_rates
#define SNNFF_RATES_OF "neon"
#include "rates.inc"
#endif
