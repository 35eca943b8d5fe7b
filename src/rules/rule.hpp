#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/dropout.hpp"
#include "engine/batch.hpp"
#include "rules/stage.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/learning_spec.hpp"

namespace snnff {

/// A learning rule: what one batch does to the weights. It knows of no epochs and no files; the loop
/// knows of no gradients.
class Rule {
  public:
    virtual ~Rule() = default;

    struct Turn {
        const Stage& stage;
        std::span<const double> progress;     ///< [population] part of its training that lies behind it
        std::span<const std::int32_t> label;  ///< [sample] true labels
        const Dropout* dropout = nullptr;     ///< where inputs are left out
    };
    /// The loss of a population's last update, from before that update.
    struct Loss {
        std::size_t population;
        double loss;
    };
    /// Populations `first` to `last`, some of which may rest. Nothing above needs their weights: they can
    /// learn from a batch while the next part learns from the one before.
    struct Part {
        std::size_t first, last;
    };
    /// The parts of what learns in a stage, from the input upwards.
    virtual std::vector<Part> parts(const Stage& stage) const = 0;

    /// Lets a part of the stage learn from a batch that has come up to it, and takes the batch up to the
    /// next. Leaves the rate of each population, and goodness where it has one, in the batch's activities.
    /// Returns the losses in the order in which they arose, until the part learns again; which of them change
    /// weights, the learning says (LearningSpec::takes_update).
    virtual std::span<const Loss> learn(Batch& batch, const Turn& turn, Part part) = 0;
    /// What it remembers from batch to batch besides the weights.
    virtual void show(State& state) = 0;
};

/// What a rule will be given to do.
struct RuleWork {
    Batch::Size batch;
    std::size_t n_bases;  ///< of the variants of the first population's input
    std::span<const Stage> plan;
    std::vector<bool> output_kept;  ///< [population] whether batches hold its output for who learns above
};
/// Bytes that a rule holds meanwhile.
struct RuleMemory {
    std::size_t standing = 0;   ///< from batch to batch
    std::size_t of_batch = 0;   ///< of its own in each batch on its way
    std::size_t of_thread = 0;  ///< while it learns
    std::size_t n_parts = 1;    ///< most of a stage, which work at the same time
};

}  // namespace snnff
