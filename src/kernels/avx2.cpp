#include "kernels/table.hpp"

#if defined(__x86_64__)
#define SNNFF_VECTOR_BYTES 32

namespace snnff::kernels {
namespace {
#include "kernels/activations.inc"
#include "kernels/elementwise.inc"
#include "kernels/lif.inc"
}  // namespace

extern const Kernels avx2_kernels;
const Kernels avx2_kernels{"avx2",     lif_step,    lif_respond, sgd,   adam,        gather_rows,
                           back_step,  sum_squares, sum_abs,     scale, scaled_sign, relu,
                           leaky_relu, tanh,        sigmoid,     silu};

}  // namespace snnff::kernels
#endif
