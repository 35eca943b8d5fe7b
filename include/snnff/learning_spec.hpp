#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "snnff/learning.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

class Rule;
struct LearningSpec;
struct Network;
struct RuleMemory;
struct RuleWork;

/// What a change of weights follows from, as a model file names it. The rules that come with the program are
/// in src/rules.
class LearningRule {
  public:
    virtual ~LearningRule() = default;
    virtual std::string_view kind() const noexcept = 0;
    /// Whether every population learns from its own goodness, by the model's loss. Else there is neither: all
    /// learn, by gradients that cross populations, from the softmax cross-entropy of what the last one
    /// answers to samples presented with their class.
    virtual bool local() const noexcept = 0;
    /// The rule at work. `learning` and network must outlive it.
    virtual std::unique_ptr<Rule> start(const LearningSpec& learning, Network& network) const = 0;
    /// Bytes that it will hold at work.
    virtual RuleMemory memory(const LearningSpec& learning, const Network& network,
                              const RuleWork& work) const = 0;
};

/// What a run does where numbers go wrong.
enum class OnDivergence { automatic, stop, skip, warn };
inline constexpr std::string_view on_divergence_names[] = {"auto", "stop", "skip", "warn"};

/// How weights change.
struct LearningSpec {
    std::unique_ptr<LearningRule> rule;
    std::unique_ptr<Goodness> goodness;  ///< null unless local()
    std::unique_ptr<Loss> loss;          ///< null unless local()
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
    double rate = 0.001;
    double weight_decay = 0.0;
    double dropout = 0.0;  ///< share of a population's normalised inputs that an update leaves out
    OnDivergence on_divergence = OnDivergence::automatic;

    /// See LearningRule::local(); so is a model whose rule could not be read.
    bool local() const noexcept { return !rule || rule->local(); }
    /// What the network is shown, and learns from.
    Loss::Takes takes() const noexcept {
        if (loss) return loss->takes();
        return local() ? Loss::Takes::pairs : Loss::Takes::classes;
    }
    /// Scores that a population's units have, one for each group of them.
    std::size_t n_scores(std::size_t n_labels) const noexcept {
        return goodness ? goodness->n_scores(n_labels) : 1;
    }
    /// Whether an update of this loss is made.
    bool takes_update(double of_loss) const noexcept {
        return std::isfinite(of_loss) || on_divergence == OnDivergence::warn;
    }
};

/// A softmax regression that learns from what trained populations answer.
struct ReadoutSpec {
    bool softmax = false;              ///< whether there is one
    std::size_t first_population = 0;  ///< the first one whose output it sees
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();  ///< of each population's output
    bool standardise =
        true;  ///< by the batch's overall mean and deviation; in prediction by the training set's
    std::int64_t epochs = 10;
    std::size_t batch_size = 100;  ///< 0: all samples in one batch
    double rate = 0.005, weight_decay = 0.0;
    std::unique_ptr<Optimizer> optimizer;
    std::unique_ptr<Schedule> schedule;
};

}  // namespace snnff
