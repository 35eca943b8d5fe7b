#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/training.hpp"

namespace snnff::app {

/// Whether so many wrong predictions could as well have come from naming the commonest class always, or one
/// at random.
bool at_chance(const Evaluation& evaluation);

/// A sentence on an evaluation at chance: error, number of samples, what chance gives.
std::string describe_chance(std::string_view split, const Evaluation& evaluation);

/// Watches a run, so that where it ends at chance the key that is likely to be the reason can be named.
class Outcome : public Observer {
  public:
    explicit Outcome(const Experiment& experiment);
    void on_epoch(const EpochReport& report, const Network& network) override;
    void on_evaluation(std::string_view split, const Evaluation& evaluation);

    /// Sentences; none where the network learnt something.
    std::vector<std::string> doubts(const Experiment& experiment) const;

  private:
    std::string likely_reason(const Experiment& experiment) const;

    struct Seen {
        double norm_before = 0.0, first_loss = not_evaluated, last_loss = not_evaluated;
        std::uint8_t trouble = 0;  ///< of the last epoch in which it learnt
    };
    std::vector<Seen> seen_;
    std::vector<std::string> at_chance_;  ///< a sentence for each split
    bool train_at_chance_ = false;
    double train_error_ = not_evaluated;
};

}  // namespace snnff::app
