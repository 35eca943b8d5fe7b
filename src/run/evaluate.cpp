#include "run/evaluate.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "core/float_environment.hpp"
#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "engine/softmax_head.hpp"
#include "run/class_words.hpp"
#include "run/present_samples.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Samples evaluated at a time: tasks enough for many cores, and, with ten labels each, activity within tens
/// of megabytes.
constexpr std::size_t chunk_size = 1024;

bool carries_spikes(const Population& population) {
    return population.output == Reading::rate || population.output == Reading::count ||
           population.output == Reading::spikes;
}

/// The presentations that a prediction takes, as labels to write: each of them for goodness, then none at all
/// (-1) for logits and read-outs.
std::vector<std::int32_t> presented_labels(const ModelSpec& model, PredictBy by) {
    std::vector<std::int32_t> labels;
    if (model.data.overlay.enabled && by != PredictBy::head) {
        labels.resize(model.data.overlay.n_labels);
        std::iota(labels.begin(), labels.end(), 0);
    }
    if (by != PredictBy::goodness || !model.data.overlay.enabled) labels.push_back(-1);
    return labels;
}

/// Goodness of classes is told of every population, whichever of them predict.
bool tells_classes(const ModelSpec& model) {
    return model.learning.loss && model.learning.takes() == Loss::Takes::classes;
}

/// What a prediction asks of each population.
std::vector<ForwardRequest> requests_of(const ModelSpec& model, PredictBy by) {
    const std::size_t n_populations = model.network.populations.size();
    const bool by_head = by != PredictBy::goodness, by_logits = !model.learning.local();
    std::vector<ForwardRequest> requests;
    for (std::size_t k = 0; k < n_populations; ++k) {
        const bool predicts = by != PredictBy::head && !by_logits && k >= model.prediction.first_population;
        requests.push_back(
            {.goodness = predicts || tells_classes(model) ? model.learning.goodness.get() : nullptr,
             .output = k + 1 < n_populations || by_head || by_logits});
    }
    return requests;
}

/// Goodness of one population by class, as samples come.
class ByClass {
  public:
    explicit ByClass(std::size_t n_classes)
        : n_classes_(n_classes), sums_(n_classes * n_classes), n_samples_(n_classes) {}

    /// `evidence` [sample·n_classes + class]; the samples' labels are those from `first` on.
    void add(const Scores& scores, std::span<const double> evidence, std::span<const std::int32_t> label,
             std::size_t first) {
        for (std::size_t s = 0; s < scores.n_samples(); ++s) {
            const auto truth = static_cast<std::size_t>(label[first + s]);
            const auto of_sample = evidence.subspan(s * n_classes_, n_classes_);
            const auto best =
                static_cast<std::size_t>(std::ranges::max_element(of_sample) - of_sample.begin());
            n_wrong_ += best != truth ? 1 : 0;
            ++n_samples_[truth];
            for (std::size_t c = 0; c < n_classes_; ++c)
                sums_[truth * n_classes_ + c] += scores.of_variant[0][s * n_classes_ + c];
        }
    }

    Evaluation::OfPopulation result(const std::string& name) const {
        Evaluation::OfPopulation found{.name = name, .mean_goodness = Matrix(n_classes_, n_classes_)};
        std::size_t n_all = 0;
        for (std::size_t truth = 0; truth < n_classes_; ++truth) {
            n_all += n_samples_[truth];
            const auto n = static_cast<double>(std::max<std::size_t>(n_samples_[truth], 1));
            for (std::size_t c = 0; c < n_classes_; ++c)
                found.mean_goodness(truth, c) = static_cast<float>(sums_[truth * n_classes_ + c] / n);
        }
        if (n_all > 0) found.error = 100.0 * static_cast<double>(n_wrong_) / static_cast<double>(n_all);
        return found;
    }

  private:
    std::size_t n_classes_, n_wrong_ = 0;
    std::vector<double> sums_;            // [true class x class]
    std::vector<std::size_t> n_samples_;  // [true class]
};

}  // namespace

double Evaluation::error() const noexcept {
    if (label.empty()) return not_evaluated;
    std::size_t n_wrong = 0;
    for (std::size_t s = 0; s < label.size(); ++s) n_wrong += prediction[s] != label[s] ? 1 : 0;
    return 100.0 * static_cast<double>(n_wrong) / static_cast<double>(label.size());
}

std::vector<std::uint64_t> Evaluation::confusion() const {
    std::vector<std::uint64_t> counts(n_labels() * n_labels());
    for (std::size_t s = 0; s < label.size(); ++s) {
        ++counts[static_cast<std::size_t>(label[s]) * n_labels() + static_cast<std::size_t>(prediction[s])];
    }
    return counts;
}

EvaluationMemory evaluation_memory(PredictBy by, const Network& network, const ModelSpec& model,
                                   const Dataset& dataset, std::size_t limit) {
    const std::size_t n_samples = limit == 0 ? dataset.size() : std::min(limit, dataset.size());
    const std::size_t n_labels = model.data.overlay.n_labels;
    const std::size_t chunk = std::min(chunk_size, n_samples), rest = n_samples % chunk_size;
    Batch::Size size{presented_labels(model, by).size(), chunk, model.data.overlay.enabled ? n_labels : 0,
                     !comes_constant(model.data, dataset)};
    const std::vector<ForwardRequest> requests = requests_of(model, by);
    const Batch::Held held = Batch::memory(network, size, requests);
    EvaluationMemory memory;
    memory.shared = held.kept + held.meanwhile;
    for (std::size_t k = 0; k < requests.size(); ++k)
        memory.of_thread = std::max(memory.of_thread, Batch::scratch_memory(network, k, size));
    // A last, smaller chunk may need places of its own.
    if (rest > 0 && rest < chunk) {
        size.n_samples = rest;
        memory.shared += Batch::memory(network, size, requests).kept;
    }
    if (by != PredictBy::goodness) memory.shared += chunk * make_head(model).n_features() * sizeof(float);
    const std::size_t n_scores = by == PredictBy::both ? 2 : 1;
    memory.shared += n_samples * (n_scores * n_labels * sizeof(float) + 2 * sizeof(std::int32_t));
    return memory;
}

Evaluation evaluate(const Network& network, const ModelSpec& model, const Dataset& dataset,
                    std::size_t limit) {
    const FloatEnvironment environment;
    return evaluate_by(model.prediction.by, network, model, dataset, limit);
}

Evaluation evaluate_by(PredictBy by, const Network& network, const ModelSpec& model, const Dataset& dataset,
                       std::size_t limit) {
    const bool by_head = by != PredictBy::goodness, by_logits = !model.learning.local();
    const bool by_goodness = by != PredictBy::head && !by_logits;
    const bool of_classes = tells_classes(model);
    if (by_head && !network.head) {
        throw RunError(
            "evaluation: the model predicts by its read-out, which was not trained; a run that was not "
            "interrupted has one, and prediction.by = \"goodness\" needs none");
    }
    const std::size_t n_samples = limit == 0 ? dataset.size() : std::min(limit, dataset.size());
    const std::size_t n_labels = model.data.overlay.n_labels, n_populations = network.populations.size();
    const std::vector<std::int32_t> presented = presented_labels(model, by);
    Evaluation result;
    result.goodness_meaning = by_logits ? "logits: what the last population answers"
                                        : std::string(model.learning.loss->words().evidence);
    if (by_goodness || by_logits) result.goodness.resize(n_samples, n_labels);
    if (by_head) result.log_probability.resize(n_samples, n_labels);
    result.prediction.resize(n_samples);
    result.class_names = class_words(model, dataset.class_names);
    result.label.assign(dataset.label.begin(),
                        dataset.label.begin() + static_cast<std::ptrdiff_t>(n_samples));
    result.spike_rate.assign(n_populations, 0.0);
    const bool under_labels = model.data.overlay.enabled && by_goodness;
    std::vector<double> spikes(n_populations, 0.0);  // in all presentations
    double input_spikes = 0.0;                       // likewise, where the input is made of them

    const LabelWriter writer(model.data, network.time, dataset,
                             network.populations.front().below().normalisation);
    Batch batch(network);
    Matrix unused, features;
    // A read-out's presentation without a label comes last.
    const std::size_t n_with_labels = presented.size() > n_labels ? n_labels : presented.size();
    const std::vector<ForwardRequest> requests = requests_of(model, by);
    std::vector<ByClass> by_class(of_classes ? n_populations : 0, ByClass(n_labels));
    for (std::size_t first = 0; first < n_samples; first += chunk_size) {
        const std::size_t count = std::min(chunk_size, n_samples - first);
        std::vector<std::uint32_t> samples(count);
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(first));
        const ConstMatrixView images = images_of(dataset, samples, unused);
        const std::vector<double> sum_of_squares =
            input_squares(*model.data.encoding, network.time, dataset, samples, images);
        std::vector<Variant> variants;
        for (const std::int32_t label : presented) {
            variants.push_back(writer.write(images, sum_of_squares, std::vector<std::int32_t>(count, label)));
        }
        present_samples({model.data, model.seed, network.time, dataset, samples, evaluation_presentation},
                        std::move(variants), nullptr, 1, batch);
        if (by_head) features.resize(count, network.head->n_features());
        std::vector<double> sum(count * n_labels, 0.0), own(sum.size());
        batch.climb(requests);
        for (std::size_t k = 0; k < n_populations; ++k) {
            const bool predicts = by_goodness && k >= model.prediction.first_population;
            if (predicts || of_classes) {
                const Scores scores{
                    std::span<const std::vector<double>>(batch.activity(k).goodness).first(n_with_labels),
                    network.populations[k].n_groups};
                std::ranges::fill(own, 0.0);
                model.learning.loss->add_evidence(scores, own);
                if (of_classes) by_class[k].add(scores, own, dataset.label, first);
            }
            for (std::size_t i = 0; predicts && i < sum.size(); ++i) sum[i] += own[i];
            if (by_head) take_features(*network.head, network, batch, k, presented.size() - 1, features);
        }
        if (by_logits) {
            const auto logits = batch.activity(n_populations - 1).output.front().values();
            std::ranges::copy(logits.first(sum.size()), sum.begin());
        }
        if (by_head) {
            standardise(network.head->mean, network.head->deviation, features);
            log_probabilities(*network.head, features, result.log_probability.view().rows(first, count));
        }
        for (std::size_t s = 0; s < count; ++s) {
            const auto goodness = std::span(sum).subspan(s * n_labels, n_labels);
            std::vector<double> score(goodness.begin(), goodness.end());
            if (by_goodness || by_logits) {
                std::ranges::transform(goodness, result.goodness.row(first + s).begin(),
                                       [](double g) { return static_cast<float>(g); });
            }
            if (by_head) {
                // log softmax of evidence is sharpness·evidence but for a constant, which changes no order
                for (std::size_t l = 0; l < n_labels; ++l) {
                    score[l] = model.learning.loss->sharpness() * score[l] +
                               static_cast<double>(result.log_probability(first + s, l));
                }
            }
            const auto best = static_cast<std::size_t>(std::ranges::max_element(score) - score.begin());
            result.prediction[first + s] = static_cast<std::int32_t>(best);
            for (std::size_t k = 0; k < n_populations; ++k) {
                const auto& rate = batch.activity(k).rate;
                result.spike_rate[k] += rate[under_labels ? best : 0][s];
                for (const auto& of_presentation : rate) spikes[k] += of_presentation[s];
            }
            for (const auto& received : batch.activity(0).spikes_received) input_spikes += received[s];
        }
    }

    if (by_logits && n_samples > 0) {
        std::vector<double> loss(n_samples);
        softmax_cross_entropy(result.goodness, result.label, loss, {});
        result.loss = std::accumulate(loss.begin(), loss.end(), 0.0) / static_cast<double>(n_samples);
    }
    for (std::size_t k = 0; k < by_class.size(); ++k)
        result.populations.push_back(by_class[k].result(network.populations[k].name));
    const auto n = static_cast<double>(std::max<std::size_t>(n_samples, 1));
    result.accumulates.assign(n_populations, 0.0);
    result.multiply_accumulates.assign(n_populations, 0.0);
    for (std::size_t k = 0; k < n_populations; ++k) {
        const Population& population = network.populations[k];
        const auto n_units = static_cast<double>(population.n_units());
        const auto n_places =
            static_cast<double>(population.below().projection->shape(population.below().n_received).n_places);
        if (k > 0 && carries_spikes(network.populations[k - 1])) {
            const auto n_below = static_cast<double>(network.populations[k - 1].n_sent());
            // Of a spike the units see as many copies, on average, as there are weights at all places for an
            // input.
            const double n_seen = population.below().projection->dense()
                                      ? 1.0
                                      : n_places * static_cast<double>(population.n_inputs()) / n_below;
            result.accumulates[k] =
                spikes[k - 1] / n * n_below * static_cast<double>(network.time.steps) * n_units * n_seen;
        } else if (k == 0 && input_spikes > 0.0) {
            result.accumulates[k] = input_spikes / n * n_units;
        } else {
            const bool every_step = k == 0 && !comes_constant(model.data, dataset);
            const std::size_t n_times =
                presented.size() * (every_step ? static_cast<std::size_t>(network.time.steps) : 1);
            result.multiply_accumulates[k] =
                n_places * static_cast<double>(n_times * population.n_inputs()) * n_units;
        }
        result.spike_rate[k] = population.neuron->spiking() ? result.spike_rate[k] / n : not_evaluated;
    }
    return result;
}

}  // namespace snnff
