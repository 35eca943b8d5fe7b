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
    passes_.resize(network.populations.size());
    sums_.resize(network.populations.size());
    told_.resize(network.populations.size());
    requests_.resize(network.populations.size());
    gradients_.resize(network.populations.size());
    losses_.resize(network.populations.size());
    scores_.resize(network.populations.size());
}

namespace {

/// A part takes what learns of a section, and what of it rests below.
std::vector<Rule::Part> parts_of(const Network& network, const Stage& stage) {
    std::vector<Rule::Part> parts;
    for (const std::size_t k : stage.learning) {
        const Section section = section_of(network, k);
        if (parts.empty() || parts.back().first != section.first)
            parts.push_back({section.first, section.last});
        parts.back().last = std::min(section.last, stage.learning.back());
    }
    return parts;
}

}  // namespace

std::vector<Rule::Part> ForwardForward::parts(const Stage& stage) const { return parts_of(network_, stage); }

std::span<const Rule::Loss> ForwardForward::learn(Batch& batch, const Turn& turn, Part part) {
    const Stage& stage = turn.stage;
    const std::size_t last = stage.learning.back();
    std::vector<Loss>& told = told_[part.first];
    told.clear();
    for (std::int64_t u = 0; u < stage.updates_per_batch; ++u)
        update(batch, turn, part, part.last < last && !stage.output_after_update);
    for (std::size_t k = part.first; k <= part.last; ++k) {
        if (std::ranges::find(stage.learning, k) != stage.learning.end()) told.push_back(losses_[k]);
    }
    if (part.last == last) return told;
    const Section section{part.first, part.last};
    if (stage.output_after_update) {
        // What is told of the batch belongs to the weights that were scored.
        for (std::size_t k = part.first; k <= part.last; ++k) scores_[k].rate.swap(batch.activity(k).rate);
        std::vector<ForwardRequest>& requests = requests_[part.first];
        requests.assign(section.size(), {});
        requests.back().output = true;
        batch.forward(section, requests);
        for (std::size_t k = part.first; k <= part.last; ++k) batch.activity(k).rate.swap(scores_[k].rate);
    }
    batch.ascend(section, turn.dropout);
    return told;
}

void ForwardForward::update(Batch& batch, const Turn& turn, Part part, bool keep_output) {
    const Section section{part.first, part.last};
    const auto& learning = turn.stage.learning;
    const auto learns = [&](std::size_t k) { return std::ranges::find(learning, k) != learning.end(); };
    std::vector<ForwardRequest>& requests = requests_[part.first];
    requests.assign(section.size(), {});
    for (std::size_t k = part.first; k <= part.last; ++k) {
        if (learns(k)) requests[k - part.first] = {.goodness = learning_.goodness.get(), .signal = true};
    }
    requests.back().output = keep_output;
    SectionPass pass = batch.pass(section, passes_[part.first]);
    pass.request(requests);
    for (std::size_t first = 0, end; first < batch.n_samples(); first = end) {
        end = pass.wave_end(first);
        pass.forward({first, end - first});
        for (std::size_t k = part.first; k <= part.last; ++k) {
            if (learns(k) && pass.walks_back(k))
                losses_[k] = {k, score_wave(batch, pass, k, {first, end - first}, turn.label)};
        }
    }
    for (std::size_t k = part.first; k <= part.last; ++k) {
        if (!learns(k)) continue;
        if (!pass.walks_back(k))
            losses_[k] = {k, score(k, batch.activity(k).goodness, batch.n_positive(), turn.label)};
        if (learning_.takes_update(losses_[k].loss)) apply(batch, pass, k, turn);
    }
}

double ForwardForward::score(std::size_t k, const std::vector<std::vector<double>>& goodness,
                             std::size_t n_positive, std::span<const std::int32_t> label) {
    const std::size_t n_scores = network_.populations[k].n_groups;
    Scores& memory = scores_[k];
    shape(memory.slope, goodness.size(), goodness.front().size());
    return learning_.loss->evaluate(network_.populations[k].shape(), {goodness, n_scores}, n_positive, label,
                                    {memory.slope, n_scores});
}

double ForwardForward::score_wave(Batch& batch, SectionPass& pass, std::size_t k, Range samples,
                                  std::span<const std::int32_t> label) {
    // The slope of a sample's loss depends on that sample alone, and on the size of the batch: those whose
    // turn has not come may count as 0. The last wave's loss is that of the batch.
    const std::size_t n_scores = network_.populations[k].n_groups;
    Scores& scores = scores_[k];
    scores.whole_batch = batch.activity(k).goodness;
    for (auto& of_variant : scores.whole_batch) of_variant.resize(batch.n_samples() * n_scores, 0.0);
    const double loss = score(k, scores.whole_batch, batch.n_positive(), label);
    scores.of_wave.resize(batch.n_variants());
    for (std::size_t v = 0; v < batch.n_variants(); ++v) {
        const auto from = scores.slope[v].begin() + static_cast<std::ptrdiff_t>(samples.first * n_scores);
        scores.of_wave[v].assign(from, from + static_cast<std::ptrdiff_t>(samples.count * n_scores));
    }
    pass.backward(k, scores.of_wave);
    return loss;
}

void ForwardForward::apply(Batch& batch, SectionPass& pass, std::size_t k, const Turn& turn) {
    Population& population = network_.populations[k];
    const Optimizer::Step step{.t = moments_[k].n_updates + 1,
                               .rate = learning_.rate * learning_.schedule->factor(turn.progress[k]),
                               .weight_decay = learning_.weight_decay};
    if (pass.walks_back(k)) {
        apply_update(*learning_.optimizer, step, pass.finish(k), population, moments_[k]);
    } else {
        with_constant_gradient(population, batch.drive(k).variants, batch.activity(k), scores_[k].slope,
                               gradients_[k], sums_[k], [&](const Gradient& gradient) {
                                   apply_update(*learning_.optimizer, step, gradient, population,
                                                moments_[k]);
                               });
    }
}

namespace {

ConstantGradient::Size gradient_size(const Network& network, std::size_t k, const RuleWork& work) {
    const Population& population = network.populations[k];
    return {.n_units = population.n_units(),
            .n_variants = work.batch.n_variants,
            .n_bases = k == 0 ? work.n_bases : work.batch.n_variants,
            .n_samples = work.batch.n_samples,
            .n_inputs = population.n_inputs(),
            .n_changed = k == 0 ? work.batch.n_changed : 0,
            .n_groups = population.n_groups};
}

class ForwardForwardKind final : public LearningRule {
  public:
    std::string_view kind() const noexcept override { return "forward_forward"; }
    bool local() const noexcept override { return true; }
    std::unique_ptr<Rule> start(const LearningSpec& learning, Network& network) const override {
        return std::make_unique<ForwardForward>(learning, network);
    }
    RuleMemory memory(const LearningSpec& learning, const Network& network,
                      const RuleWork& work) const override {
        RuleMemory memory{.standing = Moments::memory(network, *learning.optimizer)};
        const Batch::Size& size = work.batch;
        for (std::size_t k = 0; k < network.populations.size(); ++k) {
            ForwardRequest request{.goodness = learning.goodness.get(), .signal = true};
            memory.standing += Batch::memory(network, k, size, request).meanwhile;
            const ConstantGradient::Size gradient = gradient_size(network, k, work);
            if (!network.populations[k].below().projection->dense()) {
                memory.standing +=
                    PatchGradient::memory(network.populations[k], size.n_variants, size.n_samples);
            } else if (!driven_by_step(network, k, size.input_varies)) {
                memory.standing += ConstantGradient::memory(gradient);
            }
            request.output = work.output_kept[k];
            memory.of_batch += Batch::memory(network, k, size, request).kept;
            if (k + 1 < network.populations.size() && learning.dropout > 0.0)  // a copy, some of it left out
                memory.of_batch +=
                    size.n_variants * size.n_samples * network.populations[k].n_sent() * sizeof(float);
            memory.of_thread = std::max(memory.of_thread, Batch::scratch_memory(network, k, size) +
                                                              ConstantGradient::scratch_memory(gradient));
        }
        for (const Stage& stage : work.plan)
            memory.n_parts = std::max(memory.n_parts, parts_of(network, stage).size());
        return memory;
    }
};

}  // namespace

std::unique_ptr<LearningRule> make_rule_forward_forward(Options&, const Context&) {
    return std::make_unique<ForwardForwardKind>();
}

}  // namespace snnff
