#include "run/watch.hpp"

#include <cmath>

#include "run/health.hpp"

namespace snnff {

Watch::Watch(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop)
    : model_(experiment.model),
      network_(experiment.network),
      observers_(observers),
      account_(experiment.model.learning, experiment.network),
      measurements_(experiment, observers_, shall_stop),
      best_(experiment.model.plan) {}

void Watch::learnt(const BatchOnItsWay& item, std::span<const Rule::Loss> losses, const Position& at,
                   Rule::Part part) {
    for (const auto& [k, loss] : losses) {
        if (std::isfinite(loss)) continue;
        stop_where_diverged(network_.populations[k], item.batch.activity(k), model_.learning.on_divergence,
                            {at.epoch(), item.number});
    }
    account_.add(item, losses, at.stage(), part);
}

void Watch::tell(const BatchOnItsWay& item) {
    for (const auto& [k, loss] : item.losses)
        observers_.on_batch(item.fraction, network_.populations[k], loss);
}

bool Watch::end_epoch(const Position& at) {
    EpochReport report = account_.report(at);
    if (!measurements_.add_to(report)) return false;
    best_.note(report.epoch, report.validation_error, network_);
    report.kept_epoch = best_.kept_epoch();
    observers_.on_epoch(report, network_);
    if (model_.learning.on_divergence == OnDivergence::stop) stop_where_troubled(report, network_);
    return true;
}

bool Watch::end() {
    best_.restore(network_);
    return !model_.readout.softmax || measurements_.train_readout();
}

void Watch::show(State& state) {
    best_.show(state, network_);
    observers_.show(state);
}

}  // namespace snnff
