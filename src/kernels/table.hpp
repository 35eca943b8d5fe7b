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
/// Surrogates that kernels know, dS/dU with z = U − threshold, by the names that a model file has for them:
///
///   atan              sharpness/2 / (1 + (π/2·sharpness·z)²)             sharpness: alpha
///   fast_sigmoid      1/(1 + sharpness·|z|)²                             sharpness: k
///   sigmoid           sharpness·e^(−sharpness·z)/(1 + e^(−sharpness·z))²  sharpness: k
///   triangular        max(0, 1 − |z|/sharpness)/sharpness                sharpness: width
///   straight_through  1
///
/// A new one is a line here with a struct of that name in kernels/lif.inc, and its kin's in
/// neuron/surrogate.cpp. Source: snnTorch's snntorch.surrogate (Eshraghian et al., Proc. IEEE 111:1016,
/// 2023), in its scaling; triangular: Esser et al., PNAS 113:11441 (2016), of unit area.
#define SNNFF_SURROGATES(surrogate)                                                        \
    surrogate(atan, Atan) surrogate(fast_sigmoid, FastSigmoid) surrogate(sigmoid, Sigmoid) \
        surrogate(triangular, Triangular) surrogate(straight_through, StraightThrough)
enum class SurrogateKind {
#define SNNFF_NAME(name, formula) name,
    SNNFF_SURROGATES(SNNFF_NAME)
#undef SNNFF_NAME
};

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
    Rows psi, carry, charge;  ///< each may be null
    bool cuts = false;        ///< v is +0 where it is too small for a normal float: after every 64th step
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
    const float* next = nullptr;  ///< floats that are needed soon: put in the second-level cache meanwhile
    std::size_t n_next = 0;
};

/// Currents of a tile from the chains of its base: chains go on over the inputs that a row changes, in order;
/// current = gain·(chain + 0) + bias.
struct CurrentsEnd {
    std::size_t n_rows = 0, n_panels = 0;
    ConstRows chain;                ///< [row x 16·n_panels]
    const float* panels = nullptr;  ///< weights [panel][input x 16 units]
    std::size_t panel_stride = 0;
    std::size_t n_changes = 0;                 ///< of each row, one row's after the other's, or
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
    const float* slope = nullptr;  ///< [sample], or, of each unit, [sample x 16 units]
    const float* gain = nullptr;   ///< [sample]; null: 1
    float* weighed = nullptr;      ///< [sample x 16 units]
    double* bias = nullptr;        ///< [16 units]
    bool first = true;
    bool slope_of_units = false;
};

/// Chains over samples and their variants for inputs that variants change:
///   chain[index] = fma((slope·gain)·signal, value, chain[index]).
struct ChangedInputs {
    std::size_t n_samples = 0, n_variants = 0;
    struct Variant {
        ConstRows signal;                ///< [sample x 16 units]
        const float *slope, *gain;       ///< [sample]; the slope, or, of each unit, [sample x 16 units]
        std::size_t n_changes;           ///< of each sample, one sample's after the other's, or
        const std::size_t* changes_end;  ///< [sample] into `index` and `value`, unless null
        const std::uint32_t* index;
        const float* value;
    };
    const Variant* variants = nullptr;
    std::uint32_t first_input = 0;  ///< the one that `chain` begins with
    float* chain = nullptr;         ///< [input x 16 units]
    bool slope_of_units = false;
};

/// Rows of a matrix of bits in the order of their number of bits, most first, bundled so that rows of a
/// bundle have nearly as many.
struct ListSpikes {
    const std::uint64_t* bits = nullptr;  ///< [row x n_words]
    std::size_t n_rows = 0, stride = 0, n_words = 0;
    std::size_t zero_column =
        0;  ///< one that has nothing in it, for bundles whose rows have not the same length
    const float* value =
        nullptr;  ///< of a bit, at row·value_row_stride + column·value_column_stride; null: 1
    std::size_t value_row_stride = 0, value_column_stride = 0;
    std::uint32_t* count = nullptr;  ///< [row], for use in between
    /// Written: rows in their order, filled up to a whole bundle with no_row, and columns of each bundle.
    std::uint32_t *order = nullptr, *length = nullptr;
    std::uint16_t* column = nullptr;  ///< written: columns, rising, of each bundle: [k x row of the bundle]
    float* column_value = nullptr;    ///< written unless there is no `value`
};
constexpr std::uint32_t no_row = 0xffffffff;
constexpr std::size_t max_listed_columns = 4095;  ///< so that 16 times their number takes 16 bits

/// Floats from one row to the next of what spikes are multiplied by: two panels side by side.
constexpr std::size_t group_width = 32;

/// A product whose left factor is 0 nearly everywhere, for up to 32 units:
///   out[row, u] = c_K,   c_{k+1} = fma(value_k, dense[column_k, u], c_k) over the row's spikes,
/// from +0, or from what stands in `out`; where a value is 1 that is a sum.
struct AddSpikes {
    std::size_t n_bundles = 0;
    const std::uint32_t *order = nullptr, *length = nullptr;
    const std::uint16_t* column = nullptr;
    const float* value = nullptr;  ///< null: 1
    const float* dense = nullptr;  ///< [column x 32]
    std::size_t n_panels = 2;
    float* out = nullptr;  ///< [row x 32]
    bool go_on = false;
};

/// Signals of one variant on their way to a gradient: weighed = gain·signal, or += it. Rows of up to 32
/// units.
struct WeighRows {
    std::size_t n_rows = 0, n_panels = 2;
    const float* signal = nullptr;  ///< [row x 32]
    const float* gain = nullptr;    ///< [row]; null: 1
    float* weighed = nullptr;       ///< 16 floats at row·row_stride + panel·panel_stride
    std::size_t row_stride = 32, panel_stride = 16;
    bool first = true;
};

/// A matrix per sample and step by its first element.
struct Steps {
    float* data = nullptr;
    std::size_t sample_stride = 0, step_stride = 0;
};
struct ConstSteps {
    const float* data = nullptr;
    std::size_t sample_stride = 0, step_stride = 0;
};

/// All steps of walk_back(), the last first, for `n` units of some samples:
///   a = (weight·arriving)·psi + later,   later = carry·a,   signal = charge·a
/// with later = +0 at first and cut after every 64th step counted from the end.
struct WalkBack {
    std::size_t n_samples = 0, n_steps = 0, n = 0;
    float weight = 1.0f;     ///< of what arrives
    bool last_only = false;  ///< the weight is 0 in all steps but the last
    ConstSteps arriving, psi, carry;
    bool from_emitted = true;  ///< else psi is 1
    ConstSteps charge;         ///< null where it is 1 everywhere
    Steps signal;              ///< may be the memory of psi
    bool summed = false;       ///< over the steps, as they are walked through
};

/// y = f(x) and, unless null, slope = f'(x) over n values; y may be x, and NaN stays NaN. `parameter` is
/// leaky_relu's slope below 0; the others have none.
using Activation = void (*)(const float* x, std::size_t n, float parameter, float* y, float* slope) noexcept;

struct Kernels {
    const char* name;
    void (*lif_step)(const LifStep&) noexcept;
    void (*lif_respond)(const LifRespond&) noexcept;
    /// slope = dS/dU of n values z; slope may be z.
    void (*surrogate)(SurrogateKind, float sharpness, const float* z, std::size_t n, float* slope) noexcept;
    void (*sgd)(const SgdStep&) noexcept;
    void (*adam)(const AdamStep&) noexcept;
    void (*chains)(const Chains&) noexcept;
    void (*end_currents)(const CurrentsEnd&) noexcept;
    void (*weigh_signal)(const WeighSignal&) noexcept;
    void (*changed_inputs)(const ChangedInputs&) noexcept;
    /// bit i mod 64 of bits[i / 64] = (x[i] != 0). Whether all that is not 0 is 1.
    bool (*mark_spikes)(const float* x, std::size_t n, std::uint64_t* bits) noexcept;
    /// Turns 64 x 64 bits over, in place.
    void (*transpose_bits)(std::uint64_t* rows) noexcept;
    std::size_t (*count_bits)(const std::uint64_t* bits, std::size_t n_words) noexcept;
    /// Rows that make a bundle. Any number gives the same sums.
    std::size_t rows_per_bundle;
    /// Fills `order` and `length`; returns how many columns there are to list.
    std::size_t (*order_spikes)(const ListSpikes&) noexcept;
    /// Fills the rest.
    void (*list_spikes)(const ListSpikes&) noexcept;
    void (*add_spikes)(const AddSpikes&) noexcept;
    /// Whether all that was written is finite.
    bool (*weigh_rows)(const WeighRows&) noexcept;
    /// sum[u] += double(signal[row, u]), a chain over rows of 32.
    void (*sum_rows)(const float* signal, std::size_t n_rows, double* sum) noexcept;
    bool (*all_finite)(const float* x, std::size_t n) noexcept;
    void (*walk_back)(const WalkBack&) noexcept;
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
