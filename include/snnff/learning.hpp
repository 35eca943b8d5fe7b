#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "snnff/matrix.hpp"

namespace snnff {

/// The size of a population, for rules that scale with it.
struct LayerShape {
    std::size_t n_inputs = 0;
    std::size_t n_units = 0;
};

/// The group of unit i of `n_units`, floor(i·n_groups/n_units), and the first unit of a group, n_units being
/// that of group `n_groups`. Groups have units that follow one another, and differ in size by one at most.
constexpr std::size_t group_of(std::size_t unit, std::size_t n_groups, std::size_t n_units) noexcept {
    return unit * n_groups / n_units;
}
constexpr std::size_t first_of_group(std::size_t group, std::size_t n_groups, std::size_t n_units) noexcept {
    return (group * n_units + n_groups - 1) / n_groups;
}

/// How good a response is, from the population's own activity alone: one number per sample, its score, or
/// one for each class.
///
///   score = finish(Σ over its units of h(response))
///
/// Every unit counts for one score: that of its group, of as many as there are scores.
class Goodness {
  public:
    virtual ~Goodness() = default;
    /// Scores of a sample where there are so many classes.
    virtual std::size_t n_scores(std::size_t /*n_classes*/) const noexcept { return 1; }
    /// Σ h(response) over units of one score, in double: see sum_in_blocks().
    virtual double sum(std::span<const float> response) const noexcept = 0;
    /// The score of `n_units` units whose sum this is, and d score/d sum.
    struct Finished {
        double score, slope;
    };
    virtual Finished finish(double sum, std::size_t n_units) const noexcept = 0;
    /// gradient = slope·dh/d response. May be the same memory as `response`.
    virtual void differentiate(std::span<const float> response, double slope,
                               std::span<float> gradient) const noexcept = 0;

    /// response [sample x unit] -> score [sample·n_scores + score]
    /// gradient [sample x unit], unless empty: of each unit's score. May be the same memory as `response`.
    void evaluate(ConstMatrixView response, std::span<double> score, MatrixView gradient,
                  std::size_t n_scores = 1) const noexcept;
};

/// What one population made of a batch, [variant][sample·n_scores + score]; of those with right labels first.
template <class Number>
struct ScoresOf {
    std::span<Number> of_variant;
    std::size_t n_scores = 1;

    std::size_t n_variants() const noexcept { return of_variant.size(); }
    std::size_t n_samples() const noexcept {
        return of_variant.empty() ? 0 : of_variant.front().size() / n_scores;
    }
};
using Scores = ScoresOf<const std::vector<double>>;
using ScoreSlopes = ScoresOf<std::vector<double>>;

/// What a batch's scores cost, and with it what a network is shown and what its scores say of labels.
class Loss {
  public:
    virtual ~Loss() = default;
    /// What it compares: samples under right labels with such under wrong ones, which have one score each, or
    /// the scores that a sample has for each class, presented as it is.
    enum class Takes { pairs, classes };
    virtual Takes takes() const noexcept = 0;

    /// Of the variants the first `n_positive` are of real samples under their own labels, each other one is a
    /// set of negatives whose sample i belongs to positive i. `label` [sample] are the true ones.
    /// Writes d loss/d score, [variant][sample·n_scores + score], to `slope` and returns the loss, a mean
    /// over samples or pairs. What one sample or pair adds to either depends on no other but for their
    /// number. Does not throw.
    virtual double evaluate(const LayerShape& shape, const Scores& scores, std::size_t n_positive,
                            std::span<const std::int32_t> label, const ScoreSlopes& slope) const noexcept = 0;
    /// Whether a score is one that should be high, for a sample whose true label is `label`:
    /// goodness_positive is the mean of these, goodness_negative that of all others.
    virtual bool should_be_high(bool positive_variant, std::size_t score,
                                std::int32_t label) const noexcept = 0;
    /// Adds to `by_label` [sample·n_labels + label] what a population's scores say for each label; a
    /// prediction is the label with the largest sum over populations. Under pairs variant v is presented
    /// under label v.
    virtual void add_evidence(const Scores& scores, std::span<double> by_label) const noexcept = 0;
    /// By how much a unit of evidence changes a label's log-odds: sharpness·evidence is its log-probability
    /// but for a constant.
    virtual double sharpness() const noexcept { return 1.0; }

    /// The goodness at which positive and negative samples part, for plots; NaN where there is none.
    virtual double threshold(const LayerShape& /*shape*/) const noexcept {
        return std::numeric_limits<double>::quiet_NaN();
    }
    /// Whether it can be taken of positives alone and of negatives alone.
    virtual bool one_sided() const noexcept { return false; }

    /// Whose goodness goodness_positive and goodness_negative are, and what evidence is, in words.
    struct Words {
        std::string_view positive = "positive samples", negative = "negative samples";
        std::string_view evidence = "goodness under each label, summed over the predicting populations";
    };
    virtual Words words() const noexcept { return {}; }
};

/// Softmax cross-entropy of each sample, −log softmax(logits[s])[label[s]], computed without overflow.
///
/// logits [sample x label]; label, loss [sample]
/// gradient [sample x label], unless empty: d loss[s]/d logits[s] = softmax(logits[s]) less 1 at the label.
///   May be the same memory as `logits`.
void softmax_cross_entropy(ConstMatrixView logits, std::span<const std::int32_t> label,
                           std::span<double> loss, MatrixView gradient) noexcept;

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
