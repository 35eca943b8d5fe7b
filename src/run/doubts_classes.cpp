// Doubts about which classes samples are of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "run/class_words.hpp"
#include "run/doubts.hpp"
#include "snnff/functions.hpp"

namespace snnff {
namespace {

/// A finding that chance would bring about more rarely than this is no chance.
constexpr double rare = 0.01;

using Sentences = std::vector<std::string>;

/// "3", "3 and 4", "3, 4 and 6 more".
std::string listed(const std::vector<std::size_t>& labels, const std::vector<std::string>& words) {
    constexpr std::size_t most = 6;
    if (labels.size() == 1) return class_word(words, labels.front());
    const auto first = std::span(labels).first(std::min(labels.size() - 1, most));
    const std::string rest = labels.size() - first.size() == 1
                                 ? class_word(words, labels.back())
                                 : fmt::format("{} more", labels.size() - first.size());
    std::vector<std::string> called;
    for (const std::size_t label : first) called.push_back(class_word(words, label));
    return fmt::format("{} and {}", fmt::join(called, ", "), rest);
}

std::string classes(const std::vector<std::size_t>& labels, const std::vector<std::string>& words) {
    return (labels.size() == 1 ? "class " : "classes ") + listed(labels, words);
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

std::vector<std::size_t> labels_there(const InputFacts& facts) {
    std::vector<std::size_t> labels;
    for (std::size_t label = 0; label < facts.samples_per_label.size(); ++label) {
        if (facts.samples_per_label[label] > 0) labels.push_back(label);
    }
    return labels;
}

bool has_gaps(const std::vector<std::size_t>& labels) {
    return labels.size() > 1 && labels.back() - labels.front() >= labels.size();
}

/// Whether each label is as far from the one before as the second from the first.
bool evenly_spaced(const std::vector<std::size_t>& labels) {
    const auto uneven = [&](std::size_t a, std::size_t b) { return b - a != labels[1] - labels[0]; };
    return labels.size() > 2 && std::ranges::adjacent_find(labels, uneven) == labels.end();
}

}  // namespace

std::string names_for(std::span<const std::size_t> labels, const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (const std::size_t label : labels) names.push_back(fmt::format("\"{}\"", class_word(words, label)));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> doubts_about_classes(const std::string& where, NamedFacts samples,
                                              const InputFacts& trained_on,
                                              const std::vector<std::string>& words) {
    if (samples.facts.n_samples == 0 || trained_on.n_samples == 0) return {};
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
            where, samples.facts.n_samples, samples.name, classes(missing, words)));
    }
    if (!unknown.empty()) {
        doubts.push_back(fmt::format(
            "{}: {} of the {} {} samples are of {}, of which training has none; samples in which all "
            "classes are mixed would do",
            where, n_unknown, samples.facts.n_samples, samples.name, classes(unknown, words)));
    }
    return doubts;
}

std::vector<std::string> doubts_about_training_classes(const Experiment& experiment) {
    const Dataset &train = experiment.train, &validation = experiment.validation;
    const std::size_t n_labels = experiment.model.data.overlay.n_labels;
    const std::vector<std::string> words = class_words(experiment.model, train.class_names);
    std::vector<std::size_t> missing;
    for (std::size_t label = 0; label < n_labels; ++label) {
        if (train.facts.samples_per_label[label] == 0) missing.push_back(label);
    }
    const bool in_order = sorted(train.label, validation.label);
    const std::size_t n_there = n_labels - missing.size();
    const auto n_missing = static_cast<double>(missing.size()), n_train = static_cast<double>(train.size()),
               n_all = static_cast<double>(n_labels);
    const double by_chance =
        std::min(n_missing * functions::exp(-n_train / n_all),
                 ways_to_choose(n_missing, n_all) * functions::exp(-n_train * n_missing / n_all));
    Sentences doubts;
    const std::vector<std::size_t> labels = labels_there(train.facts);
    if (train.class_names.empty() && has_gaps(labels) && n_there < missing.size() &&
        (by_chance < rare || evenly_spaced(labels))) {
        doubts.push_back(fmt::format(
            "{}: {} of {} classes have no training sample: labels are {}; data.classes = [{}] with "
            "overlay.n_labels = {}, or labels counted 0, 1, 2, would do",
            place_of(train), missing.size(), n_labels, listed(labels, words), names_for(labels, words),
            n_there));
    } else if (!missing.empty() && (by_chance < rare || in_order)) {
        const bool last_ones = missing.front() == n_there;
        doubts.push_back(fmt::format(
            "{}: none of the {} training samples is of {}, and overlay.n_labels = {}; {}{}", place_of(train),
            train.size(), classes(missing, words), n_labels,
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

}  // namespace snnff
