#pragma once

#include <chrono>
#include <vector>

#include "rules/rule.hpp"
#include "run/batch_on_its_way.hpp"
#include "run/epoch_sums.hpp"
#include "run/position.hpp"

namespace snnff {

/// What the populations did in an epoch, and how long it took.
class EpochAccount {
  public:
    /// Both must outlive it.
    EpochAccount(const LearningSpec& learning, const Network& network)
        : learning_(learning), network_(network), sums_(network.populations.size()) {}

    /// In the middle of an epoch the sums stay, and time counts from there.
    void begin_epoch(const Position& at);
    /// A part of the stage learnt from a batch. Parts may be added at the same time.
    void add(const BatchOnItsWay& item, std::span<const Rule::Loss> losses, const Stage& stage,
             Rule::Part part);
    EpochReport report(const Position& at) const;
    /// The sums of one population, in a section that is its own.
    void show(State& state, std::size_t population) { sums_[population].show(state); }

  private:
    const LearningSpec& learning_;
    const Network& network_;
    std::vector<EpochSums> sums_;  // [population]
    std::chrono::steady_clock::time_point began_;
};

}  // namespace snnff
