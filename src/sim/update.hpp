#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/activity.hpp"
#include "sim/train_pass.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/learning.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// The optimiser's memory of one population; matrices it does not keep are empty.
struct Moments {
    Moments(const Population& population, const Optimizer& optimizer);
    std::int64_t n_updates = 0;
    Matrix weight[2];
    AlignedVector<float> bias[2];
};

/// Shows the moments of every population of a network.
void show(State& state, const Network& network, std::span<Moments> moments);

/// Gradient of a range of weight rows: gradient(first_row, weight [rows x input], bias [rows]).
/// Overwrites both.
using GradientRows = std::function<void(std::size_t first_row, MatrixView weight, std::span<double> bias)>;

/// One step of the optimiser: each task computes the gradient of a block of weight rows and applies
/// it while it is in cache. A row has one writer, and its sum over samples one order.
void apply_update(const Optimizer& optimizer, const Optimizer::Step& step, const GradientRows& gradient,
                  Population& population, Moments& moments);

/// Gradient under constant drive, from the signals of a forward pass and d loss/d goodness
/// [variant][sample]. Variants that share a base share its product.
class ConstantGradient {
  public:
    ConstantGradient(std::span<const Variant> variants, std::span<const Matrix> signal,
                     std::span<const std::vector<double>> slope);
    void rows(std::size_t first_row, MatrixView weight, std::span<double> bias) const;

  private:
    void add_base(std::size_t first_variant, std::size_t n_variants, std::size_t first_row, MatrixView weight,
                  std::span<double> bias, MatrixView changed) const;
    std::span<const Variant> variants_;
    std::span<const Matrix> signal_;
    std::span<const std::vector<double>> slope_;
    std::size_t n_changed_inputs_ = 0;
};

}  // namespace snnff
