#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 16
#define SNNFF_FUSED_NEON
#define SNNFF_VARIANT neon
#include "kernels/variant.inc"
#endif
