#include "rules/forward_forward.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include "snnff/options.hpp"

namespace snnff {

ForwardForward::ForwardForward(const LearningSpec& learning, Network& network)
    : learning_(learning), network_(network) {
    for (const Population& population : network.populations)
        moments_.emplace_back(population, *learning.optimizer);
    steps_.resize(network.populations.size());
    gradients_.resize(network.populations.size());
    losses_.resize(network.populations.size());
    scores_.resize(network.populations.size());
}

std::vector<Rule::Part> ForwardForward::parts(const Stage& stage) const {
    std::vector<Part> parts;
    for (const std::size_t k : stage.learning) {
        const bool tied = !parts.empty() && network_.populations[k - 1].output == Readout::spikes;
        if (tied) {
            parts.back().last = k;
        } else {
            parts.push_back({k, k});
        }
    }
    return parts;
}

std::span<const Rule::Loss> ForwardForward::learn(Batch& batch, const Turn& turn, Part part) {
    const Stage& stage = turn.stage;
    const std::size_t last = stage.learning.back();
    for (std::size_t k = part.first; k <= part.last; ++k) {
        losses_[k] = {k, 0.0};
        for (std::int64_t u = 0; u < stage.updates_per_batch; ++u) {
            const bool keep_output = k < last && !stage.output_after_update;
            losses_[k].loss = update(batch, k, turn, keep_output);
        }
        if (k == last) break;
        if (stage.output_after_update) {
            // What is told of the batch belongs to the weights that were scored.
            scores_[k].rate.swap(batch.activity(k).rate);
            batch.forward(k, {.output = true});
            batch.activity(k).rate.swap(scores_[k].rate);
        }
        batch.ascend(k, turn.dropout);
    }
    return std::span(losses_).subspan(part.first, std::min(part.last, last) + 1 - part.first);
}

double ForwardForward::update(Batch& batch, std::size_t k, const Turn& turn, bool keep_output) {
    const Optimizer::Step step{.t = moments_[k].n_updates + 1,
                               .rate = learning_.rate * learning_.schedule->factor(turn.progress[k]),
                               .weight_decay = learning_.weight_decay};
    return batch.drive(k).constant() ? update_constant(batch, k, turn.label, step, keep_output)
                                     : update_from_steps(batch, k, turn.label, step, keep_output);
}

double ForwardForward::score(std::size_t k, const std::vector<std::vector<double>>& goodness,
                             std::size_t n_positive, std::span<const std::int32_t> label) {
    const std::size_t n_scores = network_.populations[k].n_groups;
    Scores& memory = scores_[k];
    shape(memory.slope, goodness.size(), goodness.front().size());
    return learning_.loss->evaluate(network_.populations[k].shape(), {goodness, n_scores}, n_positive, label,
                                    {memory.slope, n_scores});
}

double ForwardForward::update_constant(Batch& batch, std::size_t k, std::span<const std::int32_t> label,
                                       const Optimizer::Step& step, bool keep_output) {
    Population& population = network_.populations[k];
    batch.forward(k, {.goodness = learning_.goodness.get(), .signal = true, .output = keep_output});
    Activity& activity = batch.activity(k);
    const double loss = score(k, activity.goodness, batch.n_positive(), label);
    if (!learning_.takes_update(loss)) return loss;
    const ConstantGradient gradient(population, batch.drive(k).variants, activity.signal, scores_[k].slope,
                                    gradients_[k]);
    apply_update(*learning_.optimizer, step, gradient, population, moments_[k]);
    return loss;
}

double ForwardForward::update_from_steps(Batch& batch, std::size_t k, std::span<const std::int32_t> label,
                                         const Optimizer::Step& step, bool keep_output) {
    Population& population = network_.populations[k];
    const std::size_t n = batch.n_samples(), n_variants = batch.n_variants();
    Activity& activity = batch.activity(k);
    if (keep_output) shape(activity.output, n_variants, n, population.n_units());
    TrainPass pass(population, network_.time, batch.drive(k), steps_[k]);
    const std::size_t wave =
        TrainPass::wave_size(population, network_.time, batch.drive(k), stored_steps_budget);
    double loss = 0.0;
    const std::size_t n_scores = population.n_groups;
    Scores& scores = scores_[k];
    scores.of_wave.resize(n_variants);
    for (std::size_t first = 0, end; first < n; first = end) {
        end = TrainPass::wave_end(first, wave, n);
        pass.forward(first, end - first,
                     {.goodness = learning_.goodness.get(), .signal = true, .output = keep_output}, activity);
        // The slope of a sample's loss depends on that sample alone, and on the size of the batch: those
        // whose turn has not come may count as 0. The last wave's loss is that of the batch.
        scores.whole_batch = activity.goodness;
        for (auto& of_variant : scores.whole_batch) of_variant.resize(n * n_scores, 0.0);
        loss = score(k, scores.whole_batch, batch.n_positive(), label);
        for (std::size_t v = 0; v < n_variants; ++v) {
            const std::vector<double>& slope = scores.slope[v];
            scores.of_wave[v].assign(slope.begin() + static_cast<std::ptrdiff_t>(first * n_scores),
                                     slope.begin() + static_cast<std::ptrdiff_t>(end * n_scores));
        }
        pass.backward(scores.of_wave);
    }
    if (!learning_.takes_update(loss)) return loss;
    pass.finish();
    apply_update(*learning_.optimizer, step, pass, population, moments_[k]);
    return loss;
}

namespace {

class ForwardForwardKind final : public LearningRule {
  public:
    std::string_view kind() const noexcept override { return "forward_forward"; }
    bool local() const noexcept override { return true; }
    std::unique_ptr<Rule> start(const LearningSpec& learning, Network& network,
                                bool /*input_varies*/) const override {
        return std::make_unique<ForwardForward>(learning, network);
    }
};

}  // namespace

std::unique_ptr<LearningRule> make_rule_forward_forward(Options&, const Context&) {
    return std::make_unique<ForwardForwardKind>();
}

}  // namespace snnff
