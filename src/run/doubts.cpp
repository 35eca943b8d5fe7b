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
#include "snnff/functions.hpp"

namespace snnff {
namespace {

/// A finding that chance would bring about more rarely than this is no chance.
constexpr double rare = 0.01;
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

/// "3", "3 and 4", "3, 4 and 6 more".
std::string listed(const std::vector<std::size_t>& labels) {
    constexpr std::size_t most = 6;
    if (labels.size() == 1) return fmt::format("{}", labels.front());
    const auto first = std::span(labels).first(std::min(labels.size() - 1, most));
    const std::string rest = labels.size() - first.size() == 1
                                 ? fmt::format("{}", labels.back())
                                 : fmt::format("{} more", labels.size() - first.size());
    return fmt::format("{} and {}", fmt::join(first, ", "), rest);
}

std::string classes(const std::vector<std::size_t>& labels) {
    return (labels.size() == 1 ? "class " : "classes ") + listed(labels);
}

/// Whether labels come one after the other, at least two of them.
bool sorted(std::span<const std::int32_t> first, std::span<const std::int32_t> then) {
    if (!std::ranges::is_sorted(first) || !std::ranges::is_sorted(then) || first.empty()) return false;
    if (!then.empty() && then.front() < first.back()) return false;
    return (then.empty() ? first.back() : then.back()) != first.front();
}

/// How many sets of k there are among n.
double ways_to_choose(double k, double n) {
    double ways = 1.0;
    for (double i = 0.0; i < k; i += 1.0) ways *= (n - i) / (i + 1.0);
    return ways;
}

Sentences doubts_about_classes(const std::string& where, NamedFacts samples, const InputFacts& trained_on) {
    Sentences doubts;
    const auto n_trained = static_cast<double>(trained_on.n_samples);
    const auto n = static_cast<double>(samples.facts.n_samples);
    std::vector<std::size_t> missing, unknown;
    std::uint64_t n_unknown = 0;
    double by_chance = 0.0, share_of_missing = 0.0, n_trained_classes = 0.0;
    const std::size_t n_labels =
        std::min(trained_on.samples_per_label.size(), samples.facts.samples_per_label.size());
    for (std::size_t label = 0; label < n_labels; ++label) {
        const std::uint64_t of_trained = trained_on.samples_per_label[label],
                            of_samples = samples.facts.samples_per_label[label];
        n_trained_classes += of_trained > 0 ? 1.0 : 0.0;
        if (of_trained > 0 && of_samples == 0) {
            missing.push_back(label);
            by_chance += functions::exp(-n * static_cast<double>(of_trained) / n_trained);
            share_of_missing += static_cast<double>(of_trained) / n_trained;
        }
        if (of_trained == 0 && of_samples > 0) {
            unknown.push_back(label);
            n_unknown += of_samples;
        }
    }
    // One of them missing may be chance where all of them at once, of so many classes, hardly are.
    by_chance = std::min(by_chance, ways_to_choose(static_cast<double>(missing.size()), n_trained_classes) *
                                        functions::exp(-n * share_of_missing));
    if (!missing.empty() && by_chance < rare) {
        doubts.push_back(fmt::format(
            "{}: none of the {} {} samples is of {}, though training has them; a file that is sorted by "
            "label leaves classes out where only part of it is read: shuffled samples would do",
            where, samples.facts.n_samples, samples.name, classes(missing)));
    }
    if (!unknown.empty()) {
        doubts.push_back(fmt::format(
            "{}: {} of the {} {} samples are of {}, of which training has none; samples in which all "
            "classes are mixed would do",
            where, n_unknown, samples.facts.n_samples, samples.name, classes(unknown)));
    }
    return doubts;
}

Sentences doubts_about_training_classes(const Experiment& experiment) {
    const Dataset &train = experiment.train, &validation = experiment.validation;
    const std::size_t n_labels = experiment.model.data.overlay.n_labels;
    std::vector<std::size_t> missing;
    for (std::size_t label = 0; label < n_labels; ++label) {
        if (train.facts.samples_per_label[label] == 0) missing.push_back(label);
    }
    const bool in_order = sorted(train.label, validation.label);
    const double by_chance =
        static_cast<double>(missing.size()) *
        functions::exp(-static_cast<double>(train.size()) / static_cast<double>(n_labels));
    Sentences doubts;
    if (!missing.empty() && (by_chance < rare || in_order)) {
        const std::size_t n_there = n_labels - missing.size();
        const bool last_ones = missing.front() == n_there;
        doubts.push_back(fmt::format(
            "{}: none of the {} training samples is of {}, and overlay.n_labels = {}; {}{}", place_of(train),
            train.size(), classes(missing), n_labels,
            last_ones && n_there > 1 ? fmt::format("overlay.n_labels = {} would do", n_there)
                                     : "samples of all classes would do",
            in_order
                ? fmt::format(", or a file that is not sorted by label, as this one is ({}data.n_train "
                              "and data.n_validation take its first and last samples)",
                              train.label.front() == train.label.back() ? "one class alone is left; " : "")
                : ""));
    } else if (in_order && !experiment.model.plan.shuffle) {
        doubts.push_back(
            fmt::format("{}: samples are sorted by label, and plan.shuffle = false learns one "
                        "class after the other; plan.shuffle = true would do",
                        place_of(train)));
    }
    return doubts;
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

std::vector<std::string> doubts_about_samples(const std::string& where, NamedFacts samples,
                                              const InputFacts& trained_on) {
    if (samples.facts.n_samples == 0 || trained_on.n_samples == 0) return {};
    Sentences doubts = doubts_about_scale(where, samples, trained_on);
    append(doubts, doubts_about_classes(where, samples, trained_on));
    return doubts;
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
    const auto hold = [&](std::string_view name, const Dataset& dataset) {
        if (dataset.size() == 0) return;
        append(doubts, doubts_about_signs(place_of(dataset), name, dataset, experiment.train.facts));
        append(doubts,
               doubts_about_samples(place_of(dataset), {name, dataset.facts}, experiment.train.facts));
    };
    hold("validation", experiment.validation);
    hold("test", experiment.test);
    append(doubts, doubts_about_shared_samples(experiment));
    return doubts;
}

}  // namespace snnff
