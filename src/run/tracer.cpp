#include <span>

#include "core/float_environment.hpp"
#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "engine/steps.hpp"
#include "run/present_samples.hpp"
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
    : state_(new State{network,
                       model,
                       dataset,
                       LabelWriter(model.data, dataset, network.populations.front().normalisation),
                       Batch(network),
                       {}}) {}

Tracer::~Tracer() = default;

void Tracer::present(std::uint32_t sample, std::int32_t label, const Sink& sink) {
    const FloatEnvironment environment;
    const Network& network = state_->network;
    Batch& batch = state_->batch;
    const std::span samples(&sample, 1);
    const ConstMatrixView image = images_of(state_->dataset, samples, state_->images);
    const std::vector<double> squares = input_squares(
        *state_->model.data.encoding, state_->model.network.time.steps, state_->dataset, samples, image);
    present_samples(
        {state_->model.data, state_->model.seed, state_->dataset, samples, evaluation_presentation},
        {state_->writer.write(image, squares, std::span(&label, 1))}, nullptr, 1, batch);
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const SteppedPopulation stepped(network.populations[k], network.time, batch.drive(k));
        SteppedBlock(stepped, 0, 1).run({}, [&](std::size_t, std::int64_t step, const StepView& view) {
            sink(k, step, view);
        });
        if (k + 1 == network.populations.size()) break;
        batch.forward(k, {.output = true});
        batch.ascend(k);
    }
}

}  // namespace snnff
