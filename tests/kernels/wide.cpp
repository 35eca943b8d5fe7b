// The kernels in vectors of 64 bytes for a processor with AVX2: the tiles and edges of the avx512 variant
// where there is no AVX-512. Slow, and for tests alone.
#if defined(__x86_64__)
#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 64
#define SNNFF_FUSED_LANES
#define SNNFF_VARIANT wide
#include "kernels/variant.inc"
#endif
