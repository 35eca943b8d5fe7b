#include "run/doubts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <span>

#include "data/label_field.hpp"
#include "run/class_words.hpp"

namespace snnff {
namespace {

/// Percent of variance below which labels take nothing that counts.
constexpr double negligible_variance = 0.1;
/// Share of an input's sum of squares below which a label is drowned in it.
constexpr double drowned_label = 1e-5;
/// Share of events after the last step that is said, and share of the steps that hold all events.
constexpr double many_dropped = 0.5, all_early = 0.02;

using Sentences = std::vector<std::string>;

void append(Sentences& to, Sentences more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Groups that differ in size are means over different numbers of units.
Sentences doubts_about_groups(const Network& network) {
    Sentences doubts;
    for (const Population& population : network.populations) {
        const std::size_t n = population.n_units(), rest = n % population.n_groups;
        if (rest == 0) continue;
        const std::size_t least = n / population.n_groups;
        doubts.push_back(fmt::format(
            "population \"{}\": its {} units form {} groups, {} of {} and {} of {}; population.{}.size = {} "
            "would make them alike",
            population.name, n, population.n_groups, population.n_groups - rest, least, rest, least + 1,
            population.name, n - rest));
    }
    return doubts;
}

Sentences doubts_about_negatives(const Dataset& train, const ModelSpec& model) {
    // y_negative may be there without being used.
    if (!model.data.negatives || model.data.negatives->makes_images() || train.negative_label.empty())
        return {};
    std::size_t n_own = 0, first = 0;
    for (std::size_t s = 0; s < train.size(); ++s) {
        if (train.negative_label[s] != train.label[s]) continue;
        if (n_own++ == 0) first = s;
    }
    const Node* kind = model.resolved.find("negatives");
    kind = kind != nullptr ? kind->find("kind") : nullptr;
    if (n_own == 0 || kind == nullptr || value_text(*kind) != "\"given\"") return {};
    return {
        fmt::format("{}: {} of {} negative labels (y_negative) are the sample's own label, the first that of "
                    "sample {}, so "
                    "that a right label is learnt as a wrong one; others, or negatives.kind = "
                    "\"uniform_wrong\", would do",
                    place_of(train), n_own, train.size(), first)};
}

Sentences doubts_about_label_value(const Experiment& experiment) {
    const LabelOverlay& overlay = experiment.model.data.overlay;
    if (!overlay.enabled || experiment.model.data.overlay_value_is_max) return {};
    const InputFacts& facts = experiment.train.facts;
    const double squares =
        facts.root_mean_square * facts.root_mean_square * static_cast<double>(experiment.train.n_inputs());
    const double value = static_cast<double>(overlay.value),
                 steps = static_cast<double>(experiment.train.series ? experiment.network.time.steps : 1);
    if (!(value * value * steps < drowned_label * squares)) return {};
    return {
        fmt::format("{}: overlay.value = {} is {:.2g} of a sample's sum of squares, whose inputs reach "
                    "{:.4g}: the label hardly counts; overlay.value = \"max\" or a larger data.scale "
                    "would do",
                    place_of(experiment.train), value, value * value * steps / squares, facts.largest)};
}

}  // namespace

std::string place_of(const Dataset& dataset) {
    return dataset.files.empty() ? "data" : dataset.files.front().path.string();
}

std::vector<std::string> doubts_about_set(const Dataset& dataset) {
    Sentences doubts = dataset.remarks;
    if (dataset.series || dataset.size() < 2) return doubts;
    const auto first = dataset.x.row(0);
    for (std::size_t s = 1; s < dataset.size(); ++s) {
        if (!std::ranges::equal(dataset.x.row(s), first)) return doubts;
    }
    doubts.push_back(
        fmt::format("{}: all {} samples have the same inputs, so that nothing tells classes "
                    "apart; other data would do",
                    place_of(dataset), dataset.size()));
    return doubts;
}

std::vector<std::string> doubts_about_events(const Dataset& dataset, const TimeGrid& time) {
    if (!dataset.series) return {};
    const InputSeries::EventCount count = dataset.series->event_count();
    const auto n = static_cast<double>(count.n_kept + count.n_dropped);
    const double span_ms = time.time_ms(time.steps);
    if (n > 0.0 && static_cast<double>(count.n_dropped) >= many_dropped * n) {
        const double thousandth = count.latest_ms / 1000.0;
        const bool fits = thousandth <= 10.0 * span_ms;
        const double n_steps = std::ceil(count.latest_ms / time.dt_ms);
        return {fmt::format(
            "{}: {} of {} events ({:.3g} %) come after the {:g} ms of {} steps, the latest at {:.6g} ms; {}",
            place_of(dataset), count.n_dropped, count.n_kept + count.n_dropped,
            100.0 * static_cast<double>(count.n_dropped) / n, span_ms, time.steps, count.latest_ms,
            fits && thousandth >= all_early * span_ms
                ? fmt::format("times a thousandth of these would fit (are they ms in place of s?); else "
                              "time.steps or time.dt_ms larger would do, {:.0f} steps in all",
                              n_steps)
                : fmt::format("time.steps or time.dt_ms larger would do, {:.0f} steps in all", n_steps))};
    }
    if (count.n_kept > 0 && count.latest_ms < all_early * span_ms) {
        return {
            fmt::format("{}: all {} events come in the first {:.3g} of the {:g} ms of {} steps; times in "
                        "the unit that the format has (s for \"shd\"), or a smaller time.dt_ms or "
                        "time.steps, would do",
                        place_of(dataset), count.n_kept, count.latest_ms, span_ms, time.steps)};
    }
    return {};
}

std::vector<std::string> doubts_about_overlay(const ModelSpec& model, const Dataset& train) {
    if (!overwrites(train, model.data.overlay)) return {};
    const double percent = variance_of_first(train, model.data.overlay.n_labels);
    if (!(percent >= negligible_variance)) return {};
    return {
        fmt::format("{}: overlay.where = \"first\" writes labels over {} of {} inputs, which vary: they hold "
                    "{:.3g} % of the variance of the training samples; overlay.where = \"appended\" keeps "
                    "them",
                    place_of(train), model.data.overlay.n_labels, train.n_inputs(), percent)};
}

std::vector<std::string> doubts_about_data(const Experiment& experiment) {
    const ModelSpec& model = experiment.model;
    Sentences doubts = doubts_about_training_classes(experiment);
    append(doubts, doubts_about_negatives(experiment.train, model));
    append(doubts, doubts_about_groups(experiment.network));
    append(doubts, doubts_about_label_value(experiment));
    append(doubts, doubts_about_events(experiment.train, model.network.time));
    append(doubts, doubts_about_events(experiment.test, model.network.time));
    const std::vector<std::string> words = class_words(model, experiment.train.class_names);
    const auto hold = [&](std::string_view name, const Dataset& dataset) {
        if (dataset.size() == 0) return;
        append(doubts, doubts_about_values(place_of(dataset), name, dataset, experiment.train.facts));
        append(doubts,
               doubts_about_classes(place_of(dataset), {name, dataset.facts}, experiment.train.facts, words));
    };
    hold("validation", experiment.validation);
    hold("test", experiment.test);
    return doubts;
}

}  // namespace snnff
