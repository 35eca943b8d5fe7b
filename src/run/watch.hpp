#pragma once

#include <span>

#include "run/batch_on_its_way.hpp"
#include "run/best_weights.hpp"
#include "run/epoch_account.hpp"
#include "run/measurements.hpp"
#include "run/observers.hpp"
#include "run/position.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Who watches a run, each at his time: sums of the epoch, health, measurements, the best weights, and those
/// who called it.
class Watch {
  public:
    Watch(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop);

    void begin_epoch(const Position& at) { account_.begin_epoch(at); }
    /// A part of the stage learnt from a batch; other parts may do so at the same time. Throws RunError where
    /// that went wrong.
    void learnt(const BatchOnItsWay& item, std::span<const Rule::Loss> losses, const Position& at,
                Rule::Part part);
    /// The whole stage learnt from a batch.
    void tell(const BatchOnItsWay& item);
    /// All batches of an epoch were learnt from. False, with nothing told, where the run was stopped while it
    /// was measured. Throws RunError where the epoch went wrong.
    bool end_epoch(const Position& at);
    /// Whether nothing better is to be expected of the rest of the plan.
    bool gives_up() const { return best_.out_of_patience(); }
    /// Gives the network the weights to end with, and its read-out; false where the run was stopped
    /// meanwhile.
    bool end();

    /// What belongs to one population, in a section that is its own, and all else.
    void show(State& state, std::size_t population) { account_.show(state, population); }
    void show(State& state);

  private:
    const ModelSpec& model_;
    Network& network_;
    Observers observers_;
    EpochAccount account_;
    Measurements measurements_;
    BestWeights best_;
};

}  // namespace snnff
