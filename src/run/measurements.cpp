#include "run/measurements.hpp"

#include "run/head_training.hpp"

namespace snnff {
namespace {

bool is_due(const EvaluationSpec& spec, const EpochReport& report) {
    const std::int64_t n_done = report.epoch + 1, every = spec.every_n_epochs;
    return every > 0 && (n_done % every == 0 || n_done == report.n_epochs);
}

}  // namespace

bool Measurements::train_readout() {
    return train_head(experiment_.model, experiment_.network, experiment_.train, shall_stop_, &observer_);
}

bool Measurements::add_to(EpochReport& report) {
    const ModelSpec& model = experiment_.model;
    const Network& network = experiment_.network;
    if (!is_due(model.evaluation, report)) return true;
    if (model.prediction.by != PredictBy::goodness && !train_readout()) return false;
    report.train_error = evaluate(network, model, experiment_.train, model.evaluation.n_train).error();
    if (experiment_.validation.size() > 0)
        report.validation_error = evaluate(network, model, experiment_.validation).error();
    if (model.evaluation.test && experiment_.test.size() > 0) {
        const Evaluation test = evaluate(network, model, experiment_.test);
        report.test_error = test.error();
        report.test_loss = test.loss;
    }
    return true;
}

}  // namespace snnff
