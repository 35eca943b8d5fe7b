#include <algorithm>
#include <cassert>

#include "learning/loss_of_pairs.hpp"
#include "snnff/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

struct ValueAndSlope {
    double value, slope;
};

/// log(1 + e^x). Source: Lee & Song, SymBa, arXiv:2303.08418.
ValueAndSlope symba(double x) noexcept { return {functions::softplus(x), functions::logistic(x)}; }

/// x·σ(x), whose derivative is σ(x)·(1 + x·σ(−x)). Source: Ramachandran et al., arXiv:1710.05941.
ValueAndSlope swish(double x) noexcept {
    const double s = functions::logistic(x);
    return {x * s, s * (1.0 + x * functions::logistic(-x))};
}

/// Mean over pairs of f(−α·Δ), where Δ = G⁺ − G⁻ is what sets a pair's goodness apart.
template <ValueAndSlope (*f)(double) noexcept>
class Pairwise final : public LossOfPairs {
  public:
    explicit Pairwise(double alpha) : alpha_(alpha) {}

    double sharpness() const noexcept override { return alpha_; }

    double evaluate(const LayerShape&, const Scores& scores, std::size_t n_positive,
                    std::span<const std::int32_t> /*label*/,
                    const ScoreSlopes& slope) const noexcept override {
        assert(n_positive == 1 && scores.n_variants() > 1);
        const std::size_t n_samples = scores.n_samples();
        const double n = static_cast<double>((scores.n_variants() - 1) * n_samples);
        const std::vector<double>& positive = scores.of_variant[0];
        std::vector<double>& positive_slope = slope.of_variant[0];
        std::ranges::fill(positive_slope, 0.0);
        double sum = 0.0;
        for (std::size_t set = n_positive; set < scores.n_variants(); ++set) {
            for (std::size_t i = 0; i < n_samples; ++i) {
                const ValueAndSlope loss = f(-alpha_ * (positive[i] - scores.of_variant[set][i]));
                sum += loss.value;
                positive_slope[i] -= alpha_ * loss.slope / n;
                slope.of_variant[set][i] = alpha_ * loss.slope / n;
            }
        }
        return sum / n;
    }

  private:
    double alpha_;
};

}  // namespace

std::unique_ptr<Loss> make_loss_symba(Options& options, const Context&) {
    const Key alpha{"alpha", "", "sharpness: a pair counts as told apart once D is several times 1/alpha"};
    return std::make_unique<Pairwise<symba>>(options.number(alpha, 4.0, Bounds::positive()));
}

std::unique_ptr<Loss> make_loss_swish(Options& options, const Context&) {
    const Key alpha{"alpha", "", "sharpness: pairs several times 1/alpha apart, either way, change little"};
    return std::make_unique<Pairwise<swish>>(options.number(alpha, 20.0, Bounds::positive()));
}

}  // namespace snnff
