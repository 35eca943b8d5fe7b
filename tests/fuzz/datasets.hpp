#pragma once
// Readers of data sets, made as a model file makes them, and what holds of whatever they accept.
#include <algorithm>
#include <cmath>

#include "fuzz.hpp"
#include "kinds.hpp"
#include "snnff/stimulus.hpp"

namespace fuzz {

inline void check(const snnff::Dataset& dataset, std::size_t limit) {
    require(dataset.size() > 0 && (limit == 0 || dataset.size() <= limit), "as many samples as asked for");
    require(dataset.label.size() == dataset.size(), "a label for every sample");
    require(dataset.negative_label.empty() || dataset.negative_label.size() == dataset.size(),
            "a negative label for every sample, or for none");
    const auto is_label = [](std::int32_t label) { return label >= 0 && label <= 255; };
    require(std::ranges::all_of(dataset.label, is_label), "labels are in range");
    require(std::ranges::all_of(dataset.negative_label, is_label), "negative labels are in range");
    const auto finite = [](float x) { return std::isfinite(x); };
    require(std::ranges::all_of(dataset.x.values(), finite), "inputs are finite");
    if (!dataset.series) return;
    snnff::Matrix steps(2, dataset.series->n_inputs());
    for (std::size_t s = 0; s < dataset.size(); ++s) {
        dataset.series->fill(s, 0, steps.view());
        require(std::ranges::all_of(steps.values(), finite), "inputs over time are finite");
        require(std::isfinite(dataset.series->sum_of_squares(s)), "samples have a length");
    }
}

inline void read_dataset(const char* kind, snnff::Keys keys, std::size_t limit = 0,
                         const snnff::TimeGrid& time = {.dt_ms = 1.0, .steps = 4}) {
    reads_or_refuses([&] {
        const auto reader =
            snnff::made<snnff::DatasetReader>(kind, std::move(keys), {.time = time, .n_units = 0});
        check(reader->read(snnff::DatasetReader::Split::train, limit), limit);
    });
}

}  // namespace fuzz
