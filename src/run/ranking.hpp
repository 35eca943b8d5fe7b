#pragma once

#include "run/position.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/training.hpp"

namespace snnff {

/// Goodness of all training samples under every label, for negatives that are drawn by it: as it was when
/// they asked for it last.
class Ranking {
  public:
    /// The experiment must outlive it.
    explicit Ranking(const Experiment& experiment) : experiment_(experiment) {}

    /// Asked at the beginning of an epoch.
    void begin_epoch(const Position& at);
    /// [sample x label]; empty where nobody asked for it.
    ConstMatrixView goodness() const noexcept { return goodness_; }
    void show(State& state);

  private:
    const Experiment& experiment_;
    Matrix goodness_;
};

}  // namespace snnff
