// Any processor: vectors of four floats, and a fused multiply-add of our own, also where the processor has
// one, so that it is tested everywhere.
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 16
#define SNNFF_VARIANT baseline
#include "kernels/variant.inc"
