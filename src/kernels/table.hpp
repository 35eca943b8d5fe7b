#pragma once

// The arithmetic that is compiled once per instruction set. Only plain structs and pointers stand
// here: an inline function or a template of the standard library, compiled for AVX-512 in one of
// the variants, could be the copy that the linker keeps for the whole program.

#include <cstddef>
#include <cstdint>

namespace snnff::kernels {

/// See steps_between_cuts in snnff/neuron_model.hpp.
constexpr std::int64_t steps_between_cuts = 64;

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
    bool cuts = false;       ///< v is +0 where it is too small for a normal float: after every 64th step
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

/// A block of parameters and one step of an optimiser; v = cut(momentum·v + g), w -= rate·v.
struct SgdStep {
    std::size_t n = 0;
    const float* gradient = nullptr;
    float* parameter = nullptr;
    float* velocity = nullptr;  ///< null where momentum is 0
    float rate = 0, momentum = 0, weight_decay = 0;
};

/// m = cut(beta1·m + (1−beta1)·g), v = cut(beta2·v + (1−beta2)·g²), where g² is 0 for |g| < 2^-63,
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

/// Chains of a tile: for every row r and every unit u of the panels
///   out[r, u] = c_K,   c_{k+1} = fma(a[r, k], panel[k, u], c_k), k ascending,
/// with c_0 = +0, or what stands in `out` where the chains go on.
struct Chains {
    std::size_t n_rows = 0, depth = 0, n_panels = 0;
    const float* a = nullptr;  ///< a[r, k] at r·row_stride + k·depth_stride; one of them is 1
    std::size_t row_stride = 0, depth_stride = 1;
    const float* panels = nullptr;  ///< [panel][k x 16 units]
    std::size_t panel_stride = 0;
    float* out = nullptr;  ///< 16 floats at r·out_row_stride + panel·out_panel_stride
    std::size_t out_row_stride = 0, out_panel_stride = 16;
    bool go_on = false;
};

/// Currents of a tile from the chains of its base: chains go on over the inputs that a row changes, in order;
/// current = gain·(chain + 0) + bias.
struct CurrentsEnd {
    std::size_t n_rows = 0, n_panels = 0;
    ConstRows chain;                ///< [row x 16·n_panels]
    const float* panels = nullptr;  ///< weights [panel][input x 16 units]
    std::size_t panel_stride = 0;
    std::size_t n_changes = 0;                ///< of each row, one row's after the other's, or
    const std::size_t* changes_end = nullptr;  ///< [row] into `index` and `value`, unless null
    const std::uint32_t* index = nullptr;
    const float* value = nullptr;
    const float* gain = nullptr;  ///< [row]; null: 1
    const float* bias = nullptr;  ///< [16·n_panels]
    Rows current;                 ///< [row x 16·n_panels]; may be the memory of `chain`
};

/// What one variant gives to the gradient of the 16 units of a panel, sample by sample from its signal s:
///   weighed[sample] += (slope·gain)·s     or = it, of the first variant
///   bias += double(slope·s)               a chain over samples, unless null
struct WeighSignal {
    std::size_t n_samples = 0;
    ConstRows signal;              ///< [sample x 16 units]
    const float* slope = nullptr;  ///< [sample]
    const float* gain = nullptr;   ///< [sample]; null: 1
    float* weighed = nullptr;      ///< [sample x 16 units]
    double* bias = nullptr;        ///< [16 units]
    bool first = true;
};

/// Chains over samples and their variants for inputs that variants change:
///   chain[index] = fma((slope·gain)·signal, value, chain[index]).
struct ChangedInputs {
    std::size_t n_samples = 0, n_variants = 0;
    struct Variant {
        ConstRows signal;           ///< [sample x 16 units]
        const float *slope, *gain;  ///< [sample]
        std::size_t n_changes;      ///< of each sample, one sample's after the other's, or
        const std::size_t* changes_end;  ///< [sample] into `index` and `value`, unless null
        const std::uint32_t* index;
        const float* value;
    };
    const Variant* variants = nullptr;
    std::uint32_t first_input = 0;  ///< the one that `chain` begins with
    float* chain = nullptr;         ///< [input x 16 units]
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
    bool cuts = false;  ///< `later` is +0 where it is too small for a normal float: after every 64th step
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
    void (*chains)(const Chains&) noexcept;
    void (*end_currents)(const CurrentsEnd&) noexcept;
    void (*weigh_signal)(const WeighSignal&) noexcept;
    void (*changed_inputs)(const ChangedInputs&) noexcept;
    void (*gather_rows)(const GatherRows&) noexcept;
    void (*back_step)(const BackStep&) noexcept;
    /// Σ x², Σ |x|, Σ x over n values in double: blocks of 256 one after the other; within a block element i
    /// goes to partial sum i mod 16, and the 16 are added in halves – the order depends on n only.
    double (*sum_squares)(const float* x, std::size_t n) noexcept;
    double (*sum_abs)(const float* x, std::size_t n) noexcept;
    double (*sum)(const float* x, std::size_t n) noexcept;
    /// y = factor·x; y = factor·sign(x) with sign(0) = 0; y may be x.
    void (*scale)(const float* x, float factor, std::size_t n, float* y) noexcept;
    void (*scaled_sign)(const float* x, float factor, std::size_t n, float* y) noexcept;
    /// y += x, y *= x
    void (*add)(const float* x, std::size_t n, float* y) noexcept;
    void (*multiply)(const float* x, std::size_t n, float* y) noexcept;
    Activation relu, leaky_relu, tanh, sigmoid, silu;
};

}  // namespace snnff::kernels
