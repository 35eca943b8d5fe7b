#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rates.hpp"

#define SNNFF_VECTOR_BYTES 16
#define SNNFF_RATES baseline_rates
#define SNNFF_RATES_OF "baseline"
#include "rates.inc"
