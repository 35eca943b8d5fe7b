#pragma once

// Every other public header includes this one. The numbers of a run are defined operation by operation, each
// rounded to the type it is written in; -ffast-math lets the compiler define them anew, and programs that are
// linked with it switch the processor to rounding denormals away. The target snnff::snnff brings
// -ffp-contract=off along, which keeps a·b + c two roundings.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error \
    "snnff: compiled with -ffast-math or -ffinite-math-only; leave them out, they change what a run computes"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0
#error "snnff: float is computed in a wider type here; on 32-bit x86 -msse2 -mfpmath=sse does not"
#endif
