#include <algorithm>
#include <cstddef>

#include "core/sums.hpp"
#include "snnff/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// Mean over samples of −log softmax(α·g)[label], g being the goodness of each class: all other classes are
/// the negatives of a sample's own, within one presentation of it.
class ClassSoftmax final : public Loss {
  public:
    explicit ClassSoftmax(double alpha) : alpha_(alpha) {}

    Takes takes() const noexcept override { return Takes::classes; }

    double evaluate(const LayerShape&, const Scores& scores, std::size_t /*n_positive*/,
                    std::span<const std::int32_t> label, const ScoreSlopes& slope) const noexcept override {
        const std::size_t n_classes = scores.n_scores;
        const double share = 1.0 / static_cast<double>(scores.n_variants() * scores.n_samples());
        double sum = 0.0;
        for (std::size_t v = 0; v < scores.n_variants(); ++v) {
            for (std::size_t s = 0; s < scores.n_samples(); ++s) {
                const auto g = std::span(scores.of_variant[v]).subspan(s * n_classes, n_classes);
                const Normaliser normaliser = normaliser_of(g);
                const auto truth = static_cast<std::size_t>(label[s]);
                sum -= log_probability(g[truth], normaliser);
                for (std::size_t c = 0; c < n_classes; ++c) {
                    const double p = functions::exp(alpha_ * (g[c] - normaliser.largest)) / normaliser.sum;
                    slope.of_variant[v][s * n_classes + c] = share * alpha_ * (p - (c == truth ? 1.0 : 0.0));
                }
            }
        }
        return share * sum;
    }

    bool should_be_high(bool, std::size_t score, std::int32_t label) const noexcept override {
        return score == static_cast<std::size_t>(label);
    }

    void add_evidence(const Scores& scores, std::span<double> by_label) const noexcept override {
        const std::size_t n_classes = scores.n_scores;
        for (std::size_t s = 0; s < scores.n_samples(); ++s) {
            const auto g = std::span(scores.of_variant[0]).subspan(s * n_classes, n_classes);
            const Normaliser normaliser = normaliser_of(g);
            for (std::size_t c = 0; c < n_classes; ++c)
                by_label[s * n_classes + c] += log_probability(g[c], normaliser);
        }
    }

    Words words() const noexcept override {
        return {.positive = "the samples' own classes",
                .negative = "other classes",
                .evidence =
                    "log-probability of each class, log softmax(alpha goodness), summed over the "
                    "predicting populations"};
    }

  private:
    /// Σ exp(α·(g − largest)): subtracting the largest keeps every exponential at or below 1.
    struct Normaliser {
        double largest, sum, log_sum;
    };
    Normaliser normaliser_of(std::span<const double> g) const noexcept {
        const double largest = std::ranges::max(g);
        const double sum =
            sum_in_blocks(g.size(), [&](std::size_t c) { return functions::exp(alpha_ * (g[c] - largest)); });
        return {largest, sum, functions::log(sum)};
    }
    double log_probability(double g, const Normaliser& normaliser) const noexcept {
        return alpha_ * (g - normaliser.largest) - normaliser.log_sum;
    }

    double alpha_;
};

}  // namespace

std::unique_ptr<Loss> make_loss_class_softmax(Options& options, const Context&) {
    const Key alpha{"alpha", "", "sharpness: what a class's goodness is multiplied by to be a logit"};
    return std::make_unique<ClassSoftmax>(options.number(alpha, 50.0, Bounds::positive()));
}

}  // namespace snnff
