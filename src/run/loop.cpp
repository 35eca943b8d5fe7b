#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>

#include "core/float_environment.hpp"
#include "data/encoded_input.hpp"
#include "data/presentations.hpp"
#include "parallel/parallel.hpp"
#include "rules/rule.hpp"
#include "run/batch_on_its_way.hpp"
#include "run/frozen.hpp"
#include "run/position.hpp"
#include "run/ranking.hpp"
#include "run/saving.hpp"
#include "run/watch.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// For each stage, epoch and batch: present; for each part of the rule: learn and hand on; then observe.
class Loop {
  public:
    Loop(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop,
         Checkpoints* checkpoints)
        : model_(experiment.model),
          train_(experiment.train),
          network_(experiment.network),
          shall_stop_(shall_stop),
          presentations_(model_.data, model_.plan, model_.seed, network_.time, train_,
                         network_.populations.front().below().normalisation),
          ranking_(experiment),
          rule_(model_.learning.rule->start(model_.learning, network_)),
          watch_(experiment, observers, shall_stop),
          saving_(checkpoints, [this](State& state) { show(state); }),
          at_(model_.plan, network_.populations.size(), presentations_.n_batches()) {}

    Ending run() {
        saving_.begin();
        const bool complete = go_through_plan() && watch_.end();
        if (!complete) saving_.save();
        return complete ? Ending::complete : Ending::interrupted;
    }

  private:
    /// From where the run is; whether it came to the end.
    bool go_through_plan() {
        for (; at_.in_plan(); at_.next_stage()) {
            FrozenLayers frozen(network_, at_.stage().learning.front(), presentations_);
            while (at_.in_stage()) {
                begin_epoch();
                while (at_.in_epoch()) {
                    learn_batches(frozen);
                    if (shall_stop_()) return false;
                    saving_.save_where_due();
                }
                // Until observers heard of it, the run stands behind its last batch: that is what is saved.
                if (!watch_.end_epoch(at_)) return false;
                at_.next_epoch();
                if (watch_.gives_up()) {
                    at_.end_plan();  // also for who is stopped from here on
                } else {
                    saving_.after_epoch(at_.epoch());
                }
            }
        }
        return true;
    }

    /// In the middle of an epoch all but the order of samples is as it was left.
    void begin_epoch() {
        watch_.begin_epoch(at_);
        if (at_.begins_epoch()) ranking_.begin_epoch(at_);
        presentations_.begin_epoch(at_.epoch(), ranking_.goodness());
    }

    /// Batches of the epoch, up to its end, to a checkpoint, or to where the run is stopped. Parts of the
    /// rule work at the same time, on batches that follow one another.
    void learn_batches(FrozenLayers& frozen) {
        const std::vector<Rule::Part> parts = rule_->parts(at_.stage());
        const std::size_t n_slots =
            std::min(presentations_.n_batches(), parts.size() == 1 ? 1 : parts.size() + 1);
        while (items_.size() < n_slots) items_.emplace_back(network_);
        const std::size_t begun = at_.batch();
        run_pipeline({.n_parts = parts.size(),
                      .n_slots = n_slots,
                      .begin =
                          [&](std::size_t slot) {
                              const bool goes_on = at_.in_epoch() && !shall_stop_() && !rests(begun);
                              if (goes_on) present(items_[slot], frozen);
                              return goes_on;
                          },
                      .work = [&](std::size_t part, std::size_t slot) { learn(items_[slot], parts[part]); },
                      .end = [&](std::size_t slot) { watch_.tell(items_[slot]); }});
    }

    /// Whether batches since that one are to come to their end first.
    bool rests(std::size_t begun) { return at_.batch() > begun && saving_.is_due(at_.epoch()); }

    void present(BatchOnItsWay& item, FrozenLayers& frozen) {
        const std::span<const std::uint32_t> samples = presentations_.samples(at_.batch());
        item.number = at_.batch();
        item.fraction = at_.fraction();
        at_.progress(item.progress);
        item.dropout = {model_.seed, model_.learning.dropout, at_.n_begun()};
        item.label.clear();
        for (const std::uint32_t sample : samples) item.label.push_back(train_.label[sample]);
        item.losses.clear();
        frozen.present(samples, at_.side(), dropout_of(item), item.memory, item.batch);
        at_.next_batch();
    }

    void learn(BatchOnItsWay& item, Rule::Part part) {
        const Rule::Turn turn{at_.stage(), item.progress, item.label, dropout_of(item)};
        const std::span<const Rule::Loss> losses = rule_->learn(item.batch, turn, part);
        item.losses.insert(item.losses.end(), losses.begin(), losses.end());
        watch_.learnt(item, losses, at_, part);
    }

    const Dropout* dropout_of(const BatchOnItsWay& item) const {
        return model_.learning.dropout > 0.0 ? &item.dropout : nullptr;
    }

    /// Everything that the rest of the run follows from, but for the model and the data.
    void show(State& state) {
        at_.show(state);
        ranking_.show(state);
        presentations_.show(state);
        for (std::size_t k = 0; k < network_.populations.size(); ++k) {
            Population& population = network_.populations[k];
            const State::Section section(state, "population_" + population.name);
            for (std::size_t e = 0; e < population.edges.size(); ++e)
                state.show(name_of_edge("weight", e), population.edges[e].weight);
            state.show("bias", std::span<float>(population.bias));
            watch_.show(state, k);
        }
        rule_->show(state);
        watch_.show(state);
    }

    const ModelSpec& model_;
    const Dataset& train_;
    Network& network_;
    const ShallStop& shall_stop_;
    Presentations presentations_;
    Ranking ranking_;
    std::unique_ptr<Rule> rule_;
    Watch watch_;
    Saving saving_;
    Position at_;
    std::deque<BatchOnItsWay> items_;
};

}  // namespace

Ending train(Experiment& experiment, std::span<Observer* const> observers, const ShallStop& shall_stop,
             Checkpoints* checkpoints) {
    const FloatEnvironment environment;
    return Loop(experiment, observers, shall_stop, checkpoints).run();
}

Ending train(Experiment& experiment, std::span<Observer* const> observers, const std::atomic<int>& stop,
             Checkpoints* checkpoints) {
    const ShallStop shall_stop = [&stop] { return stop.load(std::memory_order_relaxed) != 0; };
    return train(experiment, observers, shall_stop, checkpoints);
}

}  // namespace snnff
