#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/batch.hpp"
#include "sim/presentations.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// Samples evaluated at a time: with ten labels each, activity stays within tens of megabytes.
constexpr std::size_t chunk_size = 512;

bool carries_spikes(const Population& population) {
    return population.output == Readout::rate || population.output == Readout::count ||
           population.output == Readout::spikes;
}

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

Evaluation evaluate(const Network& network, const ModelSpec& model, const Dataset& dataset,
                    std::size_t limit) {
    const std::size_t n_samples = limit == 0 ? dataset.size() : std::min(limit, dataset.size());
    const std::size_t n_labels = model.overlay.n_labels, n_populations = network.populations.size();
    Evaluation result;
    result.goodness.resize(n_samples, n_labels);
    result.prediction.resize(n_samples);
    result.label.assign(dataset.label.begin(),
                        dataset.label.begin() + static_cast<std::ptrdiff_t>(n_samples));
    result.spike_rate.assign(n_populations, 0.0);
    std::vector<double> spikes(n_populations, 0.0);  // under all labels
    double input_spikes = 0.0;                       // likewise, where the input is made of them

    const LabelWriter writer(model, dataset, network.populations.front().normalisation);
    Batch batch(network);
    Matrix unused;
    for (std::size_t first = 0; first < n_samples; first += chunk_size) {
        const std::size_t count = std::min(chunk_size, n_samples - first);
        std::vector<std::uint32_t> samples(count);
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(first));
        const ConstMatrixView images = images_of(dataset, samples, unused);
        const std::vector<double> sum_of_squares = input_squares(model, dataset, samples, images);
        std::vector<Variant> variants;
        for (std::size_t label = 0; label < n_labels; ++label) {
            const std::vector<std::int32_t> labels(count, static_cast<std::int32_t>(label));
            variants.push_back(writer.write(images, sum_of_squares, labels));
        }
        enter({model, dataset, samples, evaluation_presentation}, std::move(variants), nullptr, batch);
        std::vector<double> sum(count * n_labels, 0.0);
        for (std::size_t k = 0; k < n_populations; ++k) {
            const bool predicts = k >= model.first_predicting_population, last = k + 1 == n_populations;
            batch.forward(k, *model.goodness, {.goodness = predicts, .signal = false, .output = !last});
            for (std::size_t v = 0; predicts && v < n_labels; ++v) {
                for (std::size_t s = 0; s < count; ++s)
                    sum[s * n_labels + v] += batch.activity(k).goodness[v][s];
            }
            if (!last) batch.ascend(k);
        }
        for (std::size_t s = 0; s < count; ++s) {
            const auto goodness = std::span(sum).subspan(s * n_labels, n_labels);
            const auto best = static_cast<std::size_t>(std::ranges::max_element(goodness) - goodness.begin());
            result.prediction[first + s] = static_cast<std::int32_t>(best);
            std::ranges::transform(goodness, result.goodness.row(first + s).begin(),
                                   [](double g) { return static_cast<float>(g); });
            for (std::size_t k = 0; k < n_populations; ++k) {
                const auto& rate = batch.activity(k).rate;
                result.spike_rate[k] += rate[best][s];
                for (std::size_t v = 0; v < n_labels; ++v) spikes[k] += rate[v][s];
            }
            for (const auto& received : batch.activity(0).spikes_received) input_spikes += received[s];
        }
    }

    const auto n = static_cast<double>(std::max<std::size_t>(n_samples, 1));
    result.accumulates.assign(n_populations, 0.0);
    result.multiply_accumulates.assign(n_populations, 0.0);
    for (std::size_t k = 0; k < n_populations; ++k) {
        const Population& population = network.populations[k];
        const auto n_units = static_cast<double>(population.n_units());
        if (k > 0 && carries_spikes(network.populations[k - 1])) {
            const auto n_below = static_cast<double>(network.populations[k - 1].n_units());
            result.accumulates[k] =
                spikes[k - 1] / n * n_below * static_cast<double>(network.time.steps) * n_units;
        } else if (k == 0 && input_spikes > 0.0) {
            result.accumulates[k] = input_spikes / n * n_units;
        } else {
            const bool every_step = k == 0 && !comes_constant(model, dataset);
            const std::size_t n_times =
                n_labels * (every_step ? static_cast<std::size_t>(network.time.steps) : 1);
            result.multiply_accumulates[k] = static_cast<double>(n_times * population.n_inputs()) * n_units;
        }
        result.spike_rate[k] = population.neuron->spiking() ? result.spike_rate[k] / n : not_evaluated;
    }
    return result;
}

}  // namespace snnff
