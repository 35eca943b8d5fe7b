#pragma once

#include <span>

#include "snnff/training.hpp"

namespace snnff {

/// Several observers as one, which hear in their order.
class Observers final : public Observer {
  public:
    explicit Observers(std::span<Observer* const> all) : all_(all) {}

    void on_batch(double fraction, const Population& population, double loss) override {
        for (Observer* observer : all_) observer->on_batch(fraction, population, loss);
    }
    void on_readout(double fraction, double loss) override {
        for (Observer* observer : all_) observer->on_readout(fraction, loss);
    }
    void on_epoch(const EpochReport& report, const Network& network) override {
        for (Observer* observer : all_) observer->on_epoch(report, network);
    }
    void show(State& state) override {
        for (Observer* observer : all_) observer->show(state);
    }

  private:
    std::span<Observer* const> all_;
};

}  // namespace snnff
