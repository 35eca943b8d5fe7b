#include "kernels/table.hpp"

#define SNNFF_VECTOR_BYTES 16

namespace snnff::kernels {
namespace {
#include "kernels/activations.inc"
#include "kernels/elementwise.inc"
#include "kernels/lif.inc"
}  // namespace

extern const Kernels baseline_kernels;
const Kernels baseline_kernels{"baseline", lif_step,    lif_respond, sgd,   adam,        gather_rows,
                               back_step,  sum_squares, sum_abs,     scale, scaled_sign, relu,
                               leaky_relu, tanh,        sigmoid,     silu};

}  // namespace snnff::kernels
