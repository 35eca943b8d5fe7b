#include "run/ranking.hpp"

#include "run/evaluate.hpp"
#include "snnff/error.hpp"

namespace snnff {

void Ranking::begin_epoch(const Position& at) {
    const ModelSpec& model = experiment_.model;
    if (!model.data.negatives || !model.data.negatives->ranks(at.epoch(), at.begins_episode())) return;
    goodness_ = evaluate_by(PredictBy::goodness, experiment_.network, model, experiment_.train).goodness;
}

void Ranking::show(State& state) {
    state.show("ranking", goodness_);
    if (goodness_.empty()) return;
    if (goodness_.rows() != experiment_.train.size() ||
        goodness_.cols() != experiment_.model.data.overlay.n_labels)
        throw DataError("the checkpoint's ranking of labels is not of these samples");
}

}  // namespace snnff
