#pragma once

// The arithmetic that is compiled once per instruction set. Only plain structs and pointers stand
// here: an inline function or a template of the standard library, compiled for AVX-512 in one of
// the variants, could be the copy that the linker keeps for the whole program.

#include <cstddef>
#include <cstdint>

namespace snnff::kernels {

enum class LifReset { none, zero, subtract_delayed, subtract_immediate };
enum class SurrogateKind { atan, fast_sigmoid, sigmoid, triangular, straight_through };

/// Leaky integrate-and-fire units of one population.
struct LifUnits {
    std::size_t n = 0;
    const float* beta = nullptr;       ///< [n] decay per step
    const float* threshold = nullptr;  ///< [n]
    LifReset reset = LifReset::subtract_delayed;
    SurrogateKind surrogate = SurrogateKind::atan;
    float sharpness = 2.0f;   ///< alpha, k or width of the surrogate
    float refractory = 0.0f;  ///< whole number of steps
};

/// A matrix by its first element; null where it is not wanted.
struct Rows {
    float* data = nullptr;
    std::size_t stride = 0;
};
struct ConstRows {
    const float* data = nullptr;
    std::size_t stride = 0;
};

/// One step of `rows` samples; see StepView for what is what.
struct LifStep {
    LifUnits units;
    std::size_t rows = 0;
    ConstRows current;
    Rows potential;   ///< state: v, updated
    Rows refractory;  ///< state: steps left without input, updated; null where units.refractory is 0
    Rows membrane, emitted;
    Rows psi, carry, drive;  ///< each may be null
};

enum class LifMeasure { spikes, last_membrane, membrane_sum };

/// factor · measure, and factor · its derivative by the current unless slope is null.
struct LifOutput {
    LifMeasure measure = LifMeasure::spikes;
    float factor = 1.0f;
    Rows value, slope;
};

/// All steps under a constant current; units.refractory has to be 0.
struct LifRespond {
    LifUnits units;
    std::size_t rows = 0;
    std::int64_t steps = 1;
    ConstRows current;
    const LifOutput* outputs = nullptr;
    std::size_t n_outputs = 0;
};

/// A block of parameters and one step of an optimiser; v = momentum·v + g, w -= rate·v.
struct SgdStep {
    std::size_t n = 0;
    const float* gradient = nullptr;
    float* parameter = nullptr;
    float* velocity = nullptr;  ///< null where momentum is 0
    float rate = 0, momentum = 0, weight_decay = 0;
};

/// m = beta1·m + (1−beta1)·g, v = beta2·v + (1−beta2)·g²,
/// w = keep·w − step_size·m/(√v·inverse_root_correction + epsilon)
struct AdamStep {
    std::size_t n = 0;
    const float* gradient = nullptr;
    float* parameter = nullptr;
    float* mean = nullptr;
    float* square = nullptr;
    float beta1 = 0, one_minus_beta1 = 0, beta2 = 0, one_minus_beta2 = 0;
    float step_size = 0;                ///< rate/(1 − beta1^t)
    float inverse_root_correction = 0;  ///< 1/√(1 − beta2^t)
    float epsilon = 0;
    float weight_decay = 0;  ///< added to the gradient as weight_decay·w
    float keep = 1;          ///< 1 − rate·decay for decoupled decay
};

/// A product whose left factor is 0 nearly everywhere: out[r][u] = Σ value[a]·dense[index[a]][u], over the
/// a from end[r-1] (0 for the first row) to end[r] in their order, or added to what is in out.
struct GatherRows {
    std::size_t n = 0;  ///< units
    std::size_t n_rows = 0;
    const std::size_t* end = nullptr;
    const std::uint32_t* index = nullptr;
    const float* value = nullptr;
    ConstRows dense;
    Rows out;
    bool add = false;
};

/// One step of walk_back(), for `rows` samples.
struct BackStep {
    std::size_t rows = 0, n = 0;
    float weight = 1.0f;  ///< of what arrives, in this step
    ConstRows arriving, psi, carry;
    ConstRows drive;  ///< null where it is 1 everywhere
    Rows later;       ///< carry·a of the step after; updated
    Rows signal;      ///< may be the memory of psi
    bool from_emitted = true, summed = false;
};

/// y = f(x) and, unless null, slope = f'(x) over n values; y may be x, and NaN stays NaN. `parameter` is
/// leaky_relu's slope below 0; the others have none.
using Activation = void (*)(const float* x, std::size_t n, float parameter, float* y, float* slope) noexcept;

struct Kernels {
    const char* name;
    void (*lif_step)(const LifStep&) noexcept;
    void (*lif_respond)(const LifRespond&) noexcept;
    void (*sgd)(const SgdStep&) noexcept;
    void (*adam)(const AdamStep&) noexcept;
    void (*gather_rows)(const GatherRows&) noexcept;
    void (*back_step)(const BackStep&) noexcept;
    /// Σ x², Σ |x| over n values: 16 partial sums in double, element i in sum i mod 16, added in
    /// pairs at the end – the order depends on n only.
    double (*sum_squares)(const float* x, std::size_t n) noexcept;
    double (*sum_abs)(const float* x, std::size_t n) noexcept;
    /// y = factor·x; y = factor·sign(x) with sign(0) = 0; y may be x.
    void (*scale)(const float* x, float factor, std::size_t n, float* y) noexcept;
    void (*scaled_sign)(const float* x, float factor, std::size_t n, float* y) noexcept;
    Activation relu, leaky_relu, tanh, sigmoid, silu;
};

}  // namespace snnff::kernels
