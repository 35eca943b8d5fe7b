#include "data/input_spreads.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>

namespace snnff {
namespace {

/// Samples that are looked at: so many, fewer of wide ones, so that this takes milliseconds.
constexpr std::size_t most_samples = 512, fewest_samples = 64, most_values = 4'000'000;
/// Inputs whose values are gathered in one walk through the samples: a cache line of them.
constexpr std::size_t n_together = 16;
/// Steps of consecutive samples lie so far apart; a prime, so that all steps of a series are met.
constexpr std::int64_t stride = 7919;

/// The value below which `share` of the values lie; orders them.
float quantile(std::span<float> values, double share) {
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

InputSpread spread_of(std::span<float> values) {
    const auto n = static_cast<double>(values.size());
    const auto [smallest, largest] = std::ranges::minmax(values);
    double sum = 0.0, squares = 0.0;
    for (const float x : values) sum += static_cast<double>(x);
    const double mean = sum / n;
    for (const float x : values) squares += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
    InputSpread spread{.smallest = smallest, .largest = largest, .mean = static_cast<float>(mean)};
    spread.deviation = static_cast<float>(std::sqrt(squares / n));
    const std::span<float> rest(values.begin(), std::remove(values.begin(), values.end(), 0.0f));
    spread.n_not_0 = rest.size();
    if (rest.empty()) return spread;
    spread.lower = quantile(rest, 0.25);
    spread.upper = quantile(rest, 0.75);
    return spread;
}

/// Samples at even distances.
std::vector<std::size_t> looked_at(std::size_t n_samples, std::size_t n_inputs) {
    const std::size_t n = std::min(n_samples, std::clamp(most_values / std::max<std::size_t>(n_inputs, 1),
                                                         fewest_samples, most_samples));
    std::vector<std::size_t> samples(n);
    for (std::size_t k = 0; k < n; ++k) samples[k] = k * n_samples / n;
    return samples;
}

}  // namespace

std::vector<InputSpread> input_spreads(const Dataset& dataset, std::int64_t n_steps) {
    if (dataset.size() == 0 || (dataset.series && dataset.series->events())) return {};
    const std::size_t n_inputs = dataset.series ? dataset.series->n_inputs() : dataset.x.cols();
    std::vector<std::size_t> samples = looked_at(dataset.size(), n_inputs);
    Matrix of_series;
    if (dataset.series) {
        of_series.resize(samples.size(), n_inputs);
        for (std::size_t k = 0; k < samples.size(); ++k) {
            dataset.series->fill(dataset.first_in_series + samples[k],
                                 static_cast<std::int64_t>(k) * stride % n_steps,
                                 MatrixView(of_series.row(k).data(), 1, n_inputs));
        }
        std::iota(samples.begin(), samples.end(), std::size_t{0});
    }
    const Matrix& x = dataset.series ? of_series : dataset.x;
    std::vector<InputSpread> spreads(n_inputs);
    std::vector<float> values(n_together * samples.size());
    for (std::size_t first = 0; first < n_inputs; first += n_together) {
        const std::size_t n = std::min(n_together, n_inputs - first);
        for (std::size_t k = 0; k < samples.size(); ++k) {
            const auto row = x.row(samples[k]).subspan(first, n);
            for (std::size_t i = 0; i < n; ++i) values[i * samples.size() + k] = row[i];
        }
        for (std::size_t i = 0; i < n; ++i)
            spreads[first + i] = spread_of(std::span(values).subspan(i * samples.size(), samples.size()));
    }
    return spreads;
}

}  // namespace snnff
