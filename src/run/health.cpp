#include "run/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Of the rate at which every unit fires as often as it can.
constexpr double saturated_from = 0.99;
/// Relative to the larger: closer than this, goodness tells positive from negative samples by rounding alone.
constexpr double collapsed_below = 1e-6;

bool is_dead(const PopulationEpoch& means, bool spiking) {
    if (spiking) return means.spike_rate == 0.0;
    return means.goodness_positive == 0.0 && means.goodness_negative == 0.0;
}

bool is_collapsed(const PopulationEpoch& means) {
    const double positive = std::abs(means.goodness_positive), negative = std::abs(means.goodness_negative);
    return std::abs(means.goodness_positive - means.goodness_negative) <
           collapsed_below * std::max(positive, negative);
}

}  // namespace

std::uint8_t troubles(const PopulationEpoch& means, const Population& population) {
    const bool spiking = population.neuron->spiking();
    std::uint8_t flags = 0;
    const auto set = [&](Trouble trouble, bool holds) {
        if (holds) flags = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(trouble));
    };
    set(Trouble::not_finite, means.n_not_finite > 0);
    set(Trouble::dead, is_dead(means, spiking));
    set(Trouble::saturated,
        spiking && means.spike_rate >= saturated_from * population.neuron->largest_rate());
    set(Trouble::collapsed, is_collapsed(means));
    return flags;
}

bool has(const PopulationEpoch& what, Trouble trouble) noexcept {
    return (what.trouble & static_cast<std::uint8_t>(trouble)) != 0;
}

std::string describe(Trouble trouble, const EpochReport& report, const Network& network, std::size_t k) {
    const PopulationEpoch& what = report.populations[k];
    const auto sentence = [&]() -> std::string {
        switch (trouble) {
            case Trouble::not_finite:
                return fmt::format(
                    "in {} of its updates the loss was not finite; a smaller learning.rate usually helps",
                    what.n_not_finite);
            case Trouble::dead:
                return "dead: no unit was active for any sample; a lower threshold or a larger init.gain "
                       "usually "
                       "helps";
            case Trouble::saturated:
                return fmt::format(
                    "saturated: {:.3g} spikes per unit and step; a higher threshold or a smaller "
                    "learning.rate usually helps",
                    what.spike_rate);
            case Trouble::collapsed:
                return fmt::format(
                    "goodness has collapsed: {:.6g} for {} and {:.6g} for {}, so that it tells nothing apart",
                    what.goodness_positive, report.words.positive, what.goodness_negative,
                    report.words.negative);
        }
        return "";
    };
    return fmt::format("epoch {}, population \"{}\": {}", report.epoch, network.populations[k].name,
                       sentence());
}

void stop_where_diverged(const Population& population, const Activity& activity, OnDivergence on_divergence,
                         UpdateAt at) {
    if (on_divergence == OnDivergence::warn) return;
    float largest = 0.0f;
    bool weights_are_finite = true;
    for (const Edge& edge : population.edges) {
        for (const float w : edge.weight.memory()) {
            weights_are_finite = weights_are_finite && std::isfinite(w);
            largest = std::max(largest, std::abs(w));
        }
    }
    if (weights_are_finite && on_divergence == OnDivergence::skip) return;
    bool goodness_is_finite = true;
    for (const auto& variant : activity.goodness) {
        for (const double g : variant) goodness_is_finite = goodness_is_finite && std::isfinite(g);
    }
    throw RunError(fmt::format(
        "epoch {}, batch {}, population \"{}\": {} is not finite, {}; a smaller learning.rate usually helps",
        at.epoch, at.batch, population.name, goodness_is_finite ? "loss" : "goodness",
        weights_are_finite ? fmt::format("largest weight {:.2g}", static_cast<double>(largest))
                           : "neither are the weights"));
}

void stop_where_troubled(const EpochReport& report, const Network& network) {
    for (std::size_t k = 0; k < report.populations.size(); ++k) {
        for (const Trouble trouble : all_troubles) {
            if (!has(report.populations[k], trouble)) continue;
            throw RunError(describe(trouble, report, network, k) +
                           "; learning.on_divergence = \"warn\" would go on");
        }
    }
}

}  // namespace snnff
