#include "data/input_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "core/sums.hpp"
#include "data/input_spreads.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

[[noreturn]] void refuse_sample(const Dataset& dataset, std::size_t sample) {
    const std::string where = dataset.files.empty() ? "x" : dataset.files.front().path.string();
    if (dataset.series) {
        throw DataError(fmt::format("{}: sample {} holds a value that is no finite number", where, sample));
    }
    const std::span<const float> x = dataset.x.row(sample);
    const auto found = std::ranges::find_if(x, [](float value) { return !std::isfinite(value); });
    throw DataError(
        fmt::format("{}: input {} of sample {} is {}; finite numbers are what a network takes, and 0 in "
                    "place of a missing value would do",
                    where, found - x.begin(), sample, *found));
}

double sum_of_squares(std::span<const float> x) {
    return sum_in_blocks(
        x.size(), [&](std::size_t i) { return static_cast<double>(x[i]) * static_cast<double>(x[i]); });
}

}  // namespace

InputFacts input_facts(const Dataset& dataset, std::size_t n_labels, std::int64_t n_steps) {
    InputFacts facts{.n_samples = dataset.size(), .names = dataset.input_names};
    facts.samples_per_label.resize(n_labels);
    for (const std::int32_t label : dataset.label) ++facts.samples_per_label[static_cast<std::size_t>(label)];
    if (dataset.size() == 0) return facts;
    double squares = 0.0, sum = 0.0;
    for (std::size_t s = 0; s < dataset.size(); ++s) {
        // Squares of any float are finite in double precision: what is not comes from the input.
        const double of_sample = dataset.series ? dataset.series->sum_of_squares(dataset.first_in_series + s)
                                                : sum_of_squares(dataset.x.row(s));
        if (!std::isfinite(of_sample)) refuse_sample(dataset, s);
        squares += of_sample;
    }
    const auto n_inputs = static_cast<double>(dataset.n_inputs());
    const auto n_samples = static_cast<double>(dataset.size());
    if (dataset.series) {
        facts.smallest = static_cast<double>(dataset.series->smallest());
        facts.largest = static_cast<double>(dataset.series->largest());
    } else {
        const auto [smallest, largest] = std::ranges::minmax_element(dataset.x.values());
        facts.smallest = static_cast<double>(*smallest);
        facts.largest = static_cast<double>(*largest);
        for (std::size_t s = 0; s < dataset.size(); ++s) {
            const std::span<const float> x = dataset.x.row(s);
            sum += sum_in_blocks(x.size(), [&](std::size_t i) { return static_cast<double>(x[i]); });
        }
        facts.mean = sum / (n_samples * n_inputs);
    }
    facts.root_mean_square = std::sqrt(squares / (n_samples * n_inputs));
    facts.spreads = input_spreads(dataset, n_steps);
    return facts;
}

}  // namespace snnff
