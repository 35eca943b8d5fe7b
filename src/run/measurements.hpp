#pragma once

#include "snnff/training.hpp"

namespace snnff {

/// Measures errors after epochs, as often as the model says. Where predictions need a read-out, the network
/// gets one for it.
class Measurements {
  public:
    /// The experiment, observer and `shall_stop` must outlive it.
    Measurements(Experiment& experiment, Observer& observer, const ShallStop& shall_stop)
        : experiment_(experiment), observer_(observer), shall_stop_(shall_stop) {}

    /// Adds to the report what is measured after its epoch; false where the run was stopped meanwhile.
    bool add_to(EpochReport& report);
    /// A read-out of the network as it is; false where the run was stopped meanwhile.
    bool train_readout();

  private:
    Experiment& experiment_;
    Observer& observer_;
    const ShallStop& shall_stop_;
};

}  // namespace snnff
