#include "data/label_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "snnff/error.hpp"

namespace snnff {
namespace {

using Where = LabelOverlay::Where;

std::string name_of(const Dataset& dataset) {
    return dataset.files.empty() ? "data" : dataset.files.front().path.string();
}

}  // namespace

LabelOverlay::Where label_place(const Dataset& train, const LabelOverlay& overlay) {
    const bool images = !train.series && train.image_rows > 0;
    if (!images || train.n_inputs() < overlay.n_labels) return Where::appended;
    const float dark = std::ranges::min(train.x.values());
    for (std::size_t s = 0; s < train.size(); ++s) {
        const auto border = train.x.row(s).subspan(0, overlay.n_labels);
        if (std::ranges::any_of(border, [dark](float x) { return x != dark; })) return Where::appended;
    }
    return Where::first;
}

bool overwrites(const Dataset& dataset, const LabelOverlay& overlay) {
    return overlay.enabled && !dataset.series && overlay.where != Where::appended;
}

double variance_of_first(const Dataset& dataset, std::size_t n) {
    if (dataset.series || dataset.size() == 0) return 0.0;
    const std::size_t n_inputs = dataset.n_inputs();
    const auto n_samples = static_cast<double>(dataset.size());
    std::vector<double> mean(n_inputs), squares(n_inputs);
    // Counted from the first sample, inputs that are the same in all of them have a mean of 0 and no
    // rounding.
    const std::span<const float> from = dataset.x.row(0);
    const auto counted = [&](std::span<const float> x, std::size_t i) {
        return static_cast<double>(x[i]) - static_cast<double>(from[i]);
    };
    for (std::size_t s = 0; s < dataset.size(); ++s) {
        const std::span<const float> x = dataset.x.row(s);
        for (std::size_t i = 0; i < n_inputs; ++i) mean[i] += counted(x, i) / n_samples;
    }
    // Deviations, not squares less the square of the mean: inputs may lie far from 0.
    for (std::size_t s = 0; s < dataset.size(); ++s) {
        const std::span<const float> x = dataset.x.row(s);
        for (std::size_t i = 0; i < n_inputs; ++i) {
            const double deviation = counted(x, i) - mean[i];
            squares[i] += deviation * deviation;
        }
    }
    double first = 0.0, all = 0.0;
    for (std::size_t i = 0; i < n_inputs; ++i) {
        all += squares[i];
        if (i < n) first += squares[i];
    }
    return all > 0.0 ? 100.0 * first / all : 0.0;
}

void make_label_field(Dataset& dataset, const LabelOverlay& overlay) {
    const std::size_t n_labels = overlay.n_labels, n_inputs = dataset.n_inputs();
    const bool by_time = overlay.where == Where::automatic || overlay.where == Where::by_time;
    if (overlay.where == Where::appended || (by_time && dataset.series)) {
        dataset.first_label_input = n_inputs;
        if (dataset.series) {
            dataset.n_label_inputs = n_labels;
            return;
        }
        Matrix wider(dataset.size(), n_inputs + n_labels);
        for (std::size_t s = 0; s < dataset.size(); ++s)
            std::ranges::copy(dataset.x.row(s), wider.row(s).begin());
        dataset.x = std::move(wider);
        return;
    }
    if (dataset.series) {
        throw DataError(fmt::format(
            "{}: inputs vary in time, and overlay.where = \"first\" would take the first {} away; "
            "\"appended\", the default for such data, keeps them",
            name_of(dataset), n_labels));
    }
    if (n_inputs < n_labels) {
        throw DataError(
            fmt::format("{}: samples have {} inputs, fewer than overlay.n_labels = {}; "
                        "overlay.where = \"appended\" adds inputs for labels",
                        name_of(dataset), n_inputs, n_labels));
    }
    for (std::size_t s = 0; s < dataset.size(); ++s)
        std::ranges::fill(dataset.x.row(s).subspan(0, n_labels), 0.0f);
}

}  // namespace snnff
