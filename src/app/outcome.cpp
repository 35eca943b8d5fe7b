#include "app/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "app/far_keys.hpp"

namespace snnff::app {
namespace {

/// Deviations of a binomial number of right answers above chance that still count as chance.
constexpr double deviations = 2.0;
/// The same below chance from which on it is none: once in some 30000 sets.
constexpr double far_deviations = 4.0;
/// Fewer samples say nothing.
constexpr std::size_t enough_samples = 20;
/// By this factor larger, weights have been thrown about.
constexpr double blown_up = 100.0;
/// Less change than this, relative to the value, is none.
constexpr double no_change = 1e-3;
/// Fewer updates than this teach little.
constexpr double few_updates = 20.0;

double norm_of(const Population& population) {
    double sum = 0.0;
    for (const Edge& edge : population.edges) {
        for (const float w : edge.weight.memory()) sum += static_cast<double>(w) * static_cast<double>(w);
    }
    return std::sqrt(sum);
}

/// Shares of the samples that are of the rarest class that there is, and of the commonest.
std::pair<double, double> rarest_and_commonest(const Evaluation& evaluation) {
    std::vector<std::size_t> n(evaluation.n_labels());
    for (const std::int32_t label : evaluation.label) ++n[static_cast<std::size_t>(label)];
    std::erase(n, std::size_t{0});
    const auto [least, most] = std::ranges::minmax(n);
    const auto n_samples = static_cast<double>(evaluation.label.size());
    return {static_cast<double>(least) / n_samples, static_cast<double>(most) / n_samples};
}

double n_right_of(const Evaluation& evaluation) {
    return static_cast<double>(evaluation.label.size()) * (1.0 - evaluation.error() / 100.0);
}

/// Whether fewer answers are right than where the rarest class is always named: whatever knows nothing of the
/// labels does better.
bool worse_than_chance(const Evaluation& evaluation) {
    const double chance = rarest_and_commonest(evaluation).first,
                 expected = chance * static_cast<double>(evaluation.label.size());
    return n_right_of(evaluation) < expected - far_deviations * std::sqrt(expected * (1.0 - chance));
}

bool flag(std::uint8_t flags, Trouble trouble) { return (flags & static_cast<std::uint8_t>(trouble)) != 0; }

}  // namespace

bool at_chance(const Evaluation& evaluation) {
    const std::size_t n = evaluation.label.size();
    if (n < enough_samples) return false;
    const double chance = rarest_and_commonest(evaluation).second;
    if (chance == 1.0) return false;  // one class alone: nothing was to be told apart
    const auto n_samples = static_cast<double>(n);
    return n_right_of(evaluation) <=
           n_samples * chance + deviations * std::sqrt(n_samples * chance * (1.0 - chance));
}

std::string describe_chance(std::string_view split, const Evaluation& evaluation) {
    const auto [rarest, commonest] = rarest_and_commonest(evaluation);
    // A network cannot have learnt the training samples' labels otherwise than they are.
    if (split != "train" && worse_than_chance(evaluation)) {
        return fmt::format(
            "the {} error, {:.1f} % of {} samples, is worse than chance by more than chance explains: naming "
            "the rarest class always gives {:.1f} %; labels that were exchanged, or count from another "
            "first label, do that (data.first_label, data.classes)",
            split, evaluation.error(), evaluation.label.size(), 100.0 * (1.0 - rarest));
    }
    return fmt::format(
        "the {} error, {:.1f} % of {} samples, cannot be told from chance: naming the commonest "
        "class always gives {:.1f} %",
        split, evaluation.error(), evaluation.label.size(), 100.0 * (1.0 - commonest));
}

Outcome::Outcome(const Experiment& experiment) {
    for (const Population& population : experiment.network.populations)
        seen_.push_back({.norm_before = norm_of(population)});
}

void Outcome::on_epoch(const EpochReport& report, const Network&) {
    for (std::size_t k = 0; k < seen_.size(); ++k) {
        const PopulationEpoch& means = report.populations[k];
        if (!std::isnan(means.loss)) {
            if (std::isnan(seen_[k].first_loss)) seen_[k].first_loss = means.loss;
            seen_[k].last_loss = means.loss;
        }
        if (!std::isnan(means.weight_norm) || means.trouble != 0) seen_[k].trouble = means.trouble;
    }
}

void Outcome::on_evaluation(std::string_view split, const Evaluation& evaluation) {
    if (split == "train") train_error_ = evaluation.error();
    if (!at_chance(evaluation)) return;
    if (split == "train") train_at_chance_ = true;
    // Where training samples are told apart, only a wide gap speaks of other data and not of few samples.
    const bool learnt = !std::isnan(train_error_) && !train_at_chance_;
    if (learnt && train_error_ > evaluation.error() / 2.0) return;
    at_chance_.push_back(describe_chance(split, evaluation));
}

std::string Outcome::likely_reason(const Experiment& experiment) const {
    const ModelSpec& model = experiment.model;
    const auto& populations = experiment.network.populations;
    double most_grown = 0.0;
    std::size_t grown = 0, n_still = 0, n_unmoved = 0;
    for (std::size_t k = 0; k < populations.size(); ++k) {
        const double now = norm_of(populations[k]), before = seen_[k].norm_before;
        const std::string& name = populations[k].name;
        if (!std::isfinite(now)) {
            return fmt::format(
                "weights of population \"{}\" are not finite; a learning.rate smaller than {:g} "
                "usually helps",
                name, model.learning.rate);
        }
        if (now == 0.0) {
            return fmt::format(
                "all weights of population \"{0}\" are 0; population.{0}.init is the key, or a "
                "smaller learning.weight_decay",
                name);
        }
        if (before > 0.0 && now / before > most_grown) {
            most_grown = now / before;
            grown = k;
        }
        const bool same_loss =
            std::isnan(seen_[k].first_loss) ||
            std::abs(seen_[k].last_loss - seen_[k].first_loss) <= no_change * std::abs(seen_[k].first_loss);
        if (now == before) ++n_unmoved;
        if (std::abs(now - before) <= no_change * before && same_loss) ++n_still;
    }
    if (most_grown > blown_up) {
        return fmt::format(
            "weights of population \"{}\" grew {:.2g}-fold; a learning.rate smaller than {:g} "
            "usually helps",
            populations[grown].name, most_grown, model.learning.rate);
    }
    for (std::size_t k = 0; k < populations.size(); ++k) {
        const std::string& name = populations[k].name;
        if (flag(seen_[k].trouble, Trouble::dead)) {
            return fmt::format(
                "population \"{0}\" is silent: population.{0}.threshold smaller or "
                "population.{0}.init with a larger gain usually helps",
                name);
        }
        if (flag(seen_[k].trouble, Trouble::saturated)) {
            return fmt::format(
                "population \"{0}\" is saturated: population.{0}.threshold larger or a smaller "
                "learning.rate usually helps",
                name);
        }
    }
    const std::size_t n = experiment.train.size();
    const std::size_t batch = model.plan.batch_size == 0 ? n : std::min(model.plan.batch_size, n);
    const std::size_t n_batches = (n + batch - 1) / batch;
    const double n_updates =
        static_cast<double>(n_batches) *
        static_cast<double>(model.plan.epochs * model.plan.episodes * model.plan.updates_per_batch);
    if (n_updates < few_updates) {
        return fmt::format(
            "plan.batch_size = {} and {} samples make {:g} update{} in all; more plan.epochs or a "
            "smaller plan.batch_size usually helps",
            model.plan.batch_size, n, n_updates, n_updates == 1.0 ? "" : "s");
    }
    if (n_unmoved == populations.size()) {
        return fmt::format("weights did not change; a larger learning.rate than {:g} usually helps",
                           model.learning.rate);
    }
    if (n_still == populations.size()) {
        return fmt::format(
            "neither weights nor losses changed by {:g} %; a larger learning.rate than {:g} "
            "usually helps",
            100.0 * no_change, model.learning.rate);
    }
    for (std::size_t k = 0; k < populations.size(); ++k) {
        if (!flag(seen_[k].trouble, Trouble::collapsed)) continue;
        return fmt::format(
            "goodness of population \"{}\" tells nothing apart; another learning.rate, "
            "learning.loss or init usually helps",
            populations[k].name);
    }
    return "learning.rate, plan.epochs and the scale of the data are the first to try";
}

std::vector<std::string> Outcome::doubts(const Experiment& experiment) const {
    if (at_chance_.empty()) return {};
    const bool learnt = !std::isnan(train_error_) && !train_at_chance_;
    // What was seen may have its reason in a key that nobody would set so: weights that grow in a large gain.
    std::string reason = likely_reason(experiment);
    const std::optional<FarKey> key = farthest_key(experiment.model);
    if (key && reason.find(key->path) == std::string::npos) reason = key->sentence;
    // One sentence: the other sets have the same reason.
    return {
        fmt::format("{}; {}", at_chance_.front(),
                    learnt ? fmt::format("of training samples it takes {:.1f} % for another class: these are "
                                         "other data, have other labels, or were not learnt in general",
                                         train_error_)
                           : reason)};
}

}  // namespace snnff::app
