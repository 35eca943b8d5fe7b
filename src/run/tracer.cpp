#include <fmt/format.h>

#include <span>

#include "core/float_environment.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "run/present_samples.hpp"
#include "snnff/error.hpp"
#include "snnff/trace.hpp"

namespace snnff {

struct Tracer::State {
    const Network& network;
    const ModelSpec& model;
    const Dataset& dataset;
    LabelWriter writer;
    Batch batch;
    Matrix images;
};

Tracer::Tracer(const Network& network, const ModelSpec& model, const Dataset& dataset)
    : state_(new State{
          network,
          model,
          dataset,
          LabelWriter(model.data, network.time, dataset, network.populations.front().below().normalisation),
          Batch(network),
          {}}) {
    for (const Population& population : network.populations) {
        if (population.below().projection->dense()) continue;
        throw ModelError(
            fmt::format("population.{}.projection = \"{}\": traces are of populations whose units see "
                        "their whole input, projection = \"dense\"",
                        population.name, population.below().projection->kind()));
    }
}

Tracer::~Tracer() = default;

std::size_t Tracer::memory(const Network& network, const ModelSpec& model, const Dataset& dataset) {
    const Watcher watcher;
    const std::vector<ForwardRequest> requests(network.populations.size(),
                                               {.output = true, .watch = &watcher});
    const std::size_t n_changed = model.data.overlay.enabled ? model.data.overlay.n_labels : 0;
    const Batch::Held held =
        Batch::memory(network, {1, 1, n_changed, !comes_constant(model.data, dataset)}, requests);
    return held.kept + held.meanwhile;
}

void Tracer::present(std::uint32_t sample, std::int32_t label, const Sink& sink) {
    const FloatEnvironment environment;
    const Network& network = state_->network;
    Batch& batch = state_->batch;
    const std::span samples(&sample, 1);
    const ConstMatrixView image = images_of(state_->dataset, samples, state_->images);
    const std::vector<double> squares =
        input_squares(*state_->model.data.encoding, network.time, state_->dataset, samples, image);
    present_samples({state_->model.data, state_->model.seed, network.time, state_->dataset, samples,
                     evaluation_presentation},
                    {state_->writer.write(image, squares, std::span(&label, 1))}, nullptr, 1, batch);
    std::vector<Watcher> watchers;
    for (std::size_t k = 0; k < network.populations.size(); ++k)
        watchers.emplace_back(
            [&sink, k](std::size_t, std::size_t, const StepView& view) { sink(k, view.step, view); });
    std::vector<ForwardRequest> requests;
    for (const Watcher& watcher : watchers) requests.push_back({.output = true, .watch = &watcher});
    batch.climb(requests);
}

}  // namespace snnff
