#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "snnff/model_spec.hpp"
#include "snnff/network.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Presents samples to a network step by step and shows what happens in every population: the way
/// membranes, currents and spikes are recorded.
class Tracer {
  public:
    /// All three must outlive it. Throws ModelError where units look at their inputs from several places.
    /// `dataset` has been through build() or prepare().
    Tracer(const Network& network, const ModelSpec& model, const Dataset& dataset);
    ~Tracer();

    /// One row per matrix of the view: the presented sample; of the view current, membrane, emitted and step
    /// are there. A population's steps come in order; populations that send trains to each other take turns
    /// at them.
    using Sink = std::function<void(std::size_t population, std::int64_t step, const StepView& view)>;

    /// Bytes that it holds while it presents, and keeps for the next time.
    static std::size_t memory(const Network& network, const ModelSpec& model, const Dataset& dataset);

    /// Presents `sample` under `label`; a negative label is the neutral one (a tenth on all labels).
    void present(std::uint32_t sample, std::int32_t label, const Sink& sink);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace snnff
