#include <algorithm>
#include <cassert>
#include <limits>

#include "core/functions.hpp"
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
class Pairwise final : public Loss {
  public:
    explicit Pairwise(double alpha) : alpha_(alpha) {}

    double threshold(const LayerShape&) const noexcept override {
        return std::numeric_limits<double>::quiet_NaN();
    }

    double sharpness() const noexcept override { return alpha_; }

    double evaluate(const LayerShape&, std::span<const double> positive, std::span<const double> negative,
                    std::span<double> positive_slope,
                    std::span<double> negative_slope) const noexcept override {
        assert(positive_slope.size() == positive.size() && negative_slope.size() == negative.size());
        assert(!positive.empty() && negative.size() % positive.size() == 0);
        const double n = static_cast<double>(negative.size());
        std::ranges::fill(positive_slope, 0.0);
        double sum = 0.0;
        for (std::size_t k = 0; k < negative.size(); ++k) {
            const std::size_t i = k % positive.size();
            const ValueAndSlope loss = f(-alpha_ * (positive[i] - negative[k]));
            sum += loss.value;
            positive_slope[i] -= alpha_ * loss.slope / n;
            negative_slope[k] = alpha_ * loss.slope / n;
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
