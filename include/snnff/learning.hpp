#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "snnff/matrix.hpp"

namespace snnff {

/// The size of a population, for rules that scale with it.
struct LayerShape {
    std::size_t n_inputs = 0;
    std::size_t n_units = 0;
};

/// How good a response is: a number per sample, from the population's own activity alone.
class Goodness {
  public:
    virtual ~Goodness() = default;
    /// response [sample x unit] -> goodness [sample], summed in double in an order that depends on
    /// the number of units only.
    /// gradient [sample x unit], unless empty: dG/d response. May be the same memory as `response`.
    virtual void evaluate(ConstMatrixView response, std::span<double> goodness,
                          MatrixView gradient) const noexcept = 0;
    /// +1 where real data should have high goodness, -1 where it should have low (minimised
    /// goodness). The goodness returned already carries this sign, so that losses and predictions
    /// need not know.
    virtual double direction() const noexcept { return 1.0; }
};

/// What a batch's goodness costs. Positives and negatives come in pairs: sample i of negative set k
/// belongs to positive i.
class Loss {
  public:
    virtual ~Loss() = default;
    /// positive [n], negative [k·n] with set after set.
    /// Writes d loss/d goodness for each of them and returns the loss: softplus-like losses are means
    /// over the (1+k)·n samples, pairwise ones over the k·n pairs. Does not throw.
    virtual double evaluate(const LayerShape& shape, std::span<const double> positive,
                            std::span<const double> negative, std::span<double> positive_slope,
                            std::span<double> negative_slope) const noexcept = 0;
    /// The goodness at which the two kinds of samples part, for plots; NaN for pairwise losses.
    virtual double threshold(const LayerShape& shape) const noexcept = 0;
    /// Whether it can be taken of positives alone and of negatives alone; either span is empty then.
    virtual bool one_sided() const noexcept { return false; }
    /// By how much a unit of goodness changes the log-odds of being positive: where a label's goodness
    /// is G, sharpness·G is its log-probability but for a constant.
    virtual double sharpness() const noexcept { return 1.0; }
};

/// One step of gradient descent on a block of parameters; blocks know nothing of each other.
class Optimizer {
  public:
    virtual ~Optimizer() = default;
    /// How many moments each parameter keeps (0 to 2); they start at zero.
    virtual std::size_t n_moments() const noexcept = 0;

    struct Step {
        std::int64_t t;       ///< which update of this population, from 1
        double rate;          ///< learning rate after the schedule
        double weight_decay;  ///< 0 for biases
    };
    /// All spans have the length of the block; moments that the kind does not keep are empty.
    virtual void apply(const Step& step, std::span<const float> gradient, std::span<float> parameter,
                       std::span<float> moment1, std::span<float> moment2) const noexcept = 0;
};

/// Factor on the learning rate over a population's training.
class Schedule {
  public:
    virtual ~Schedule() = default;
    /// progress: part of this population's epochs that lies behind it, 0 <= progress < 1.
    virtual double factor(double progress) const noexcept = 0;
};

}  // namespace snnff
