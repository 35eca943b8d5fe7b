#include "run/epoch_sums.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "engine/update.hpp"
#include "run/health.hpp"

namespace snnff {

void EpochSums::add_loss(double batch_loss, std::size_t n_samples) {
    if (!std::isfinite(batch_loss)) {
        ++n_not_finite_;
        return;
    }
    loss_ += batch_loss * static_cast<double>(n_samples);
    n_losses_ += n_samples;
}

void EpochSums::add(const Activity& activity, const Loss* loss, std::size_t n_positive_variants,
                    std::span<const std::int32_t> label) {
    for (std::size_t v = 0; loss != nullptr && v < activity.goodness.size(); ++v) {
        const std::vector<double>& goodness = activity.goodness[v];
        const std::size_t n_scores = goodness.size() / label.size();
        for (std::size_t i = 0; i < goodness.size(); ++i) {
            if (!std::isfinite(goodness[i])) continue;
            const bool high =
                loss->should_be_high(v < n_positive_variants, i % n_scores, label[i / n_scores]);
            (high ? goodness_positive_ : goodness_negative_) += goodness[i];
            ++(high ? n_positive_ : n_negative_);
        }
    }
    for (const auto& variant : activity.rate) {
        for (const double r : variant) rate_ += r;
        n_rates_ += variant.size();
    }
}

PopulationEpoch EpochSums::means(const Population& population) const {
    PopulationEpoch epoch;
    epoch.loss = loss_ / static_cast<double>(n_losses_);
    epoch.goodness_positive = goodness_positive_ / static_cast<double>(n_positive_);
    epoch.goodness_negative = goodness_negative_ / static_cast<double>(n_negative_);
    if (population.neuron->spiking()) epoch.spike_rate = rate_ / static_cast<double>(n_rates_);
    epoch.weight_norm = weight_norm(population);
    epoch.n_not_finite = static_cast<std::int64_t>(n_not_finite_);
    epoch.trouble = troubles(epoch, population);
    return epoch;
}

void EpochSums::show(State& state) {
    for (auto& [name, value] : {std::pair<const char*, double&>{"loss", loss_},
                                {"goodness_positive", goodness_positive_},
                                {"goodness_negative", goodness_negative_},
                                {"rate", rate_}})
        state.show(name, value);
    for (auto& [name, count] : {std::pair<const char*, std::size_t&>{"n_losses", n_losses_},
                                {"n_positive", n_positive_},
                                {"n_negative", n_negative_},
                                {"n_rates", n_rates_},
                                {"n_not_finite", n_not_finite_}}) {
        auto value = static_cast<std::int64_t>(count);
        state.show(name, value, 0, std::numeric_limits<std::int64_t>::max());
        count = static_cast<std::size_t>(value);
    }
}

}  // namespace snnff
