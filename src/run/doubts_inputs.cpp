// Doubts about single inputs, held to the same inputs in training: another unit, another offset,
// standardised.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run/doubts.hpp"

namespace snnff {
namespace {

/// Fewer samples, or fewer values that are not 0, differ by chance; from `many_values` on by little.
constexpr std::uint64_t enough_values = 30, many_values = 100;
/// From this ratio on an input is of another scale; of fewer than `many_values` values, from the larger one
/// on. Of parts of MNIST and Fashion-MNIST against others, 1.6 and 4.2 were the largest.
constexpr double other_unit = 6.0, other_unit_of_few = 15.0;
/// An input that is the same in all training samples may differ from that by so many times its size.
constexpr double room_of_constants = 10.0;
/// Share of the inputs that are standardised in one set, and share of them that are not in the other.
constexpr double nearly_all = 0.9, most = 0.5;
/// Means and deviations of standardised inputs are 0 and 1 but for this and for chance, so many deviations
/// of it; what is not standardised differs by a multiple.
constexpr double near_standard = 0.05, deviations_of_chance = 3.0, clearly = 2.0;
/// More samples than this were not looked at.
constexpr std::uint64_t most_samples = 512;

/// The factor that lies between two pairs of numbers: the smaller one of both, where they agree about which
/// is larger; 1 where they do not, or where a number is 0. Values of two kinds, as dark and bright pixels,
/// move one quartile far and not the other.
double common_factor(std::array<double, 2> a, std::array<double, 2> b) {
    if (!(a[0] > 0.0 && a[1] > 0.0 && b[0] > 0.0 && b[1] > 0.0)) return 1.0;
    const double up = std::min(a[0] / b[0], a[1] / b[1]), down = std::min(b[0] / a[0], b[1] / a[1]);
    return std::max({up, down, 1.0});
}

std::array<double, 2> sizes(const InputSpread& s) {
    return {std::abs(static_cast<double>(s.lower)), std::abs(static_cast<double>(s.upper))};
}

/// Two measures of width: few far values make one of them large, and values of two kinds the other.
std::array<double, 2> widths(const InputSpread& s) {
    return {static_cast<double>(s.upper) - static_cast<double>(s.lower), static_cast<double>(s.deviation)};
}

/// By which factor an input's quartiles, or its widths, differ from those of training; infinite where
/// three quarters of them lie farther outside of their range than that is wide; 1 where it is no doubtful
/// one.
double strangeness(const InputSpread& now, const InputSpread& then) {
    const std::uint64_t n = std::min(now.n_not_0, then.n_not_0);
    if (n < enough_values) return 1.0;
    const auto largest = static_cast<double>(then.largest), smallest = static_cast<double>(then.smallest);
    const double width = largest > smallest ? largest - smallest : room_of_constants * std::abs(smallest);
    if (static_cast<double>(now.lower) > largest + width || static_cast<double>(now.upper) < smallest - width)
        return INFINITY;
    if (largest == smallest) return 1.0;
    const double by =
        std::max(common_factor(sizes(now), sizes(then)), common_factor(widths(now), widths(then)));
    return by >= (n < many_values ? other_unit_of_few : other_unit) ? by : 1.0;
}

/// How far an input is from mean 0 and deviation 1.
double from_standard(const InputSpread& spread) {
    return std::max(std::abs(static_cast<double>(spread.mean)),
                    std::abs(static_cast<double>(spread.deviation) - 1.0));
}

std::string name_of_input(const InputFacts& trained_on, std::size_t i) {
    return trained_on.names.empty() ? fmt::format("input {}", i)
                                    : fmt::format("input {} (\"{}\")", i, trained_on.names[i]);
}

/// Inputs that vary in both sets, of which nearly all are standardised in one and most are not in the other.
std::string standardised_in_one(std::string_view name, const InputFacts& now, const InputFacts& then) {
    const auto share = [](const InputFacts& facts) {
        return 1.0 / static_cast<double>(std::min(facts.n_samples, most_samples));
    };
    const double room = near_standard + deviations_of_chance * std::sqrt(share(now) + share(then));
    double n_vary = 0.0, n_now = 0.0, n_then = 0.0, n_far_now = 0.0, n_far_then = 0.0, farthest = 0.0;
    std::size_t example = 0;
    for (std::size_t i = 0; i < now.spreads.size(); ++i) {
        if (!(now.spreads[i].deviation > 0.0f) || !(then.spreads[i].deviation > 0.0f)) continue;
        const double of_now = from_standard(now.spreads[i]), of_then = from_standard(then.spreads[i]);
        n_vary += 1.0;
        n_now += of_now <= room ? 1.0 : 0.0;
        n_then += of_then <= room ? 1.0 : 0.0;
        n_far_now += of_now > clearly * room ? 1.0 : 0.0;
        n_far_then += of_then > clearly * room ? 1.0 : 0.0;
        if (std::max(of_now, of_then) > farthest) {
            farthest = std::max(of_now, of_then);
            example = i;
        }
    }
    const bool in_now = n_now >= nearly_all * n_vary && n_far_then >= most * n_vary;
    const bool in_then = n_then >= nearly_all * n_vary && n_far_now >= most * n_vary;
    if (n_vary == 0.0 || in_now == in_then) return {};
    const InputSpread &a = now.spreads[example], &b = then.spreads[example];
    return fmt::format(
        "{} inputs have {} near 0 and {} near 1, those of training {}, as {}: mean {:.3g} and deviation "
        "{:.3g}, in training {:.3g} and {:.3g}; is one of both standardised? The same offset and scale would "
        "do",
        name, in_now ? "means" : "no means", in_now ? "deviations" : "deviations not",
        in_now ? "do not" : "do", name_of_input(then, example), a.mean, a.deviation, b.mean, b.deviation);
}

struct Strange {
    std::size_t n = 0, strangest = 0;
};

/// How many inputs differ, and which of them most.
Strange strange_inputs(const InputFacts& facts, const InputFacts& trained_on) {
    Strange found;
    if (facts.spreads.size() != trained_on.spreads.size() || facts.n_samples < enough_values ||
        trained_on.n_samples < enough_values)
        return found;
    double strangest_by = 0.0;
    for (std::size_t i = 0; i < facts.spreads.size(); ++i) {
        const double by = strangeness(facts.spreads[i], trained_on.spreads[i]);
        if (by == 1.0) continue;
        ++found.n;
        if (by <= strangest_by) continue;
        strangest_by = by;
        found.strangest = i;
    }
    return found;
}

}  // namespace

bool only_some_inputs_differ(const InputFacts& facts, const InputFacts& trained_on) {
    const std::size_t n = strange_inputs(facts, trained_on).n;
    return n > 0 && 2 * n < facts.spreads.size();
}

std::vector<std::string> doubts_about_inputs(const std::string& where, NamedFacts samples,
                                             const InputFacts& trained_on) {
    const InputFacts& facts = samples.facts;
    if (facts.spreads.size() != trained_on.spreads.size() || facts.n_samples < enough_values ||
        trained_on.n_samples < enough_values)
        return {};
    const std::string standard = standardised_in_one(samples.name, facts, trained_on);
    if (!standard.empty()) return {fmt::format("{}: {}", where, standard)};
    const auto [n, strangest] = strange_inputs(facts, trained_on);
    if (n == 0) return {};
    const InputSpread &now = facts.spreads[strangest], &then = trained_on.spreads[strangest];
    const auto range = [](const InputSpread& s) { return fmt::format("{:.4g} to {:.4g}", s.lower, s.upper); };
    return {
        fmt::format("{}: {} of {} {} inputs {} of another scale or place than in training{} {}: its middle "
                    "half is {}, in "
                    "training {}; the same unit, offset and scale would do",
                    where, n, facts.spreads.size(), samples.name, n == 1 ? "is" : "are",
                    n == 1 ? "," : ", as", name_of_input(trained_on, strangest), range(now), range(then))};
}

}  // namespace snnff
