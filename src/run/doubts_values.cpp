// Doubts about what samples hold, against those that a network learns from: another scale, another offset.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/doubts.hpp"
#include "snnff/functions.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// From this ratio of root mean squares on, data are of another scale: sets of one kind differ by less.
constexpr double other_scale = 4.0;
/// Largest values that differ by less than this share of one are of one size.
constexpr double same_size = 0.05;
/// Share of values below 0 in training from which on samples without any are other data.
constexpr double many_below_0 = 0.01;
/// A mean that lies so many root mean squares away is one of other data.
constexpr double other_mean = 1.5;
/// Fewer samples than this may differ by chance.
constexpr std::uint64_t enough_samples = 10;
/// Chance leaves values below 0 out of training more rarely than this.
constexpr double rare_share = 0.01;

/// The least share of values below 0 that a set with these facts can have: each of them takes `smallest` from
/// the sum at most, and what the positive ones bring is at least what the squares say,
/// sum |x| >= sum x²/max |x|.
double least_share_below_0(const InputFacts& facts) {
    if (!(facts.smallest < 0.0) || std::isnan(facts.mean)) return 0.0;
    const double most = std::max(-facts.smallest, facts.largest);
    const double mean_of_sizes =
        std::max(facts.root_mean_square * facts.root_mean_square / most, std::abs(facts.mean));
    return (mean_of_sizes - facts.mean) / 2.0 / -facts.smallest;
}

}  // namespace

std::vector<std::string> doubts_about_scale(const std::string& where, NamedFacts samples,
                                            const InputFacts& trained_on) {
    const InputFacts& facts = samples.facts;
    if (facts.n_samples == 0 || trained_on.n_samples == 0) return {};
    const double now = facts.root_mean_square, then = trained_on.root_mean_square;
    const auto range = [](const InputFacts& f) {
        return fmt::format("{:.4g} to {:.4g} (root mean square {:.3g})", f.smallest, f.largest,
                           f.root_mean_square);
    };
    const double ratio = then > 0.0 && now > 0.0 ? std::max(now / then, then / now)
                         : then == now           ? 1.0
                                                 : INFINITY;
    const bool certain = facts.n_samples >= enough_samples || ratio > other_scale * other_scale;
    if (ratio > other_scale && certain) {
        // By the largest values, which for bytes against shares are 255 and 1. Values below 0 say that an
        // offset was taken off, which a factor alone does not mend; and what reaches as far as training is
        // rarer or more frequent, not of another scale.
        const bool below_0 = facts.smallest < 0.0 || trained_on.smallest < 0.0;
        const bool known = std::isfinite(ratio) && facts.largest > 0.0 && trained_on.largest > 0.0;
        const double by = known ? facts.largest / trained_on.largest : 1.0;
        const std::string way_out = below_0 ? std::string("the same offset and scale")
                                    : known && std::abs(by - 1.0) > same_size
                                        ? fmt::format("the same scale, divided by {:.4g},", by)
                                        : std::string("data made in the same way");
        return {fmt::format("{}: {} inputs are {}, those of training {}: {}; {} would do", where,
                            samples.name, range(facts), range(trained_on),
                            std::isfinite(ratio) ? fmt::format("another scale, by a factor of {:.3g}", ratio)
                                                 : "nothing to compare",
                            way_out)};
    }
    const double spread = std::sqrt(std::max(then * then - trained_on.mean * trained_on.mean, 0.0));
    if (facts.n_samples >= enough_samples && std::abs(facts.mean - trained_on.mean) > other_mean * spread) {
        return {
            fmt::format("{}: {} inputs have the mean {:.3g}, those of training {:.3g} with a deviation of "
                        "{:.3g}; data made in the same way (offset, scale, black on white) would do",
                        where, samples.name, facts.mean, trained_on.mean, spread)};
    }
    return {};
}

std::vector<std::string> doubts_about_signs(const std::string& where, std::string_view name,
                                            const Dataset& dataset, const InputFacts& trained_on) {
    if (dataset.size() == 0 || trained_on.n_samples == 0) return {};
    const InputFacts& facts = dataset.facts;
    const std::string tell =
        fmt::format("inputs are {:.4g} to {:.4g}, those of training {:.4g} to {:.4g}", facts.smallest,
                    facts.largest, trained_on.smallest, trained_on.largest);
    constexpr std::string_view way_out =
        "are one of both standardised or shifted? The same offset and scale would do";
    if (facts.smallest < 0.0 && trained_on.smallest >= 0.0) {
        if (dataset.series)
            return {fmt::format("{}: {} {}: below 0 in one alone; {}", where, name, tell, way_out)};
        std::size_t n_values = 0, n_samples = 0;
        for (std::size_t s = 0; s < dataset.size(); ++s) {
            const auto n = static_cast<std::size_t>(
                std::ranges::count_if(dataset.x.row(s), [](float x) { return x < 0.0f; }));
            n_values += n;
            n_samples += n > 0 ? 1 : 0;
        }
        // Training may lack by chance what few samples have.
        const double share = static_cast<double>(n_samples) / static_cast<double>(dataset.size());
        if (functions::exp(-share * static_cast<double>(trained_on.n_samples)) >= rare_share) return {};
        // Inputs that were appended for labels are none.
        const std::size_t n_inputs =
            dataset.first_label_input > 0 ? dataset.first_label_input : dataset.n_inputs();
        const std::size_t all = dataset.size() * n_inputs;
        return {fmt::format("{}: {} of {} {} values ({:.3g} %) are below 0, and none in training: {}; {}",
                            where, n_values, all, name,
                            100.0 * static_cast<double>(n_values) / static_cast<double>(all), tell, way_out)};
    }
    const double share = least_share_below_0(trained_on);
    if (facts.smallest >= 0.0 && share >= many_below_0 && facts.n_samples >= enough_samples) {
        return {fmt::format("{}: none of the {} values is below 0, and {:.3g} % or more in training: {}; {}",
                            where, name, 100.0 * share, tell, way_out)};
    }
    return {};
}

std::vector<std::string> doubts_about_values(const std::string& where, std::string_view name,
                                             const Dataset& dataset, const InputFacts& trained_on) {
    std::vector<std::string> doubts = doubts_about_signs(where, name, dataset, trained_on);
    const NamedFacts samples{name, dataset.facts};
    std::vector<std::string> more = doubts_about_scale(where, samples, trained_on);
    if (doubts.empty() && (more.empty() || only_some_inputs_differ(dataset.facts, trained_on)))
        more = doubts_about_inputs(where, samples, trained_on);
    for (std::string& doubt : more) doubts.push_back(std::move(doubt));
    return doubts;
}

}  // namespace snnff
