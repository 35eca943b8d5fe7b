#include <cassert>

#include "core/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// Mean over positives and negatives together of log(1 + e^(θ − G⁺)) and log(1 + e^(G⁻ − θ)): the
/// negative log-likelihood of telling the two apart with probability σ(G − θ).
/// θ may grow with the population, for goodness that does. Where only positives or only negatives are
/// there, it is the mean over them.
/// Source: Hinton, arXiv:2212.13345, equation 1.
class Softplus final : public Loss {
  public:
    enum class Per { none, input, unit };
    static constexpr std::string_view per_names[] = {"none", "input", "unit"};

    Softplus(double theta, Per per) : theta_(theta), per_(per) {}

    double threshold(const LayerShape& shape) const noexcept override {
        if (per_ == Per::input) return theta_ * static_cast<double>(shape.n_inputs);
        if (per_ == Per::unit) return theta_ * static_cast<double>(shape.n_units);
        return theta_;
    }

    bool one_sided() const noexcept override { return true; }

    double evaluate(const LayerShape& shape, std::span<const double> positive,
                    std::span<const double> negative, std::span<double> positive_slope,
                    std::span<double> negative_slope) const noexcept override {
        assert(positive_slope.size() == positive.size() && negative_slope.size() == negative.size());
        const double theta = threshold(shape);
        const double n = static_cast<double>(positive.size() + negative.size());
        double sum = 0.0;
        for (std::size_t i = 0; i < positive.size(); ++i) {
            sum += functions::softplus(theta - positive[i]);
            positive_slope[i] = -functions::logistic(theta - positive[i]) / n;
        }
        for (std::size_t i = 0; i < negative.size(); ++i) {
            sum += functions::softplus(negative[i] - theta);
            negative_slope[i] = functions::logistic(negative[i] - theta) / n;
        }
        return sum / n;
    }

  private:
    double theta_;
    Per per_;
};

}  // namespace

std::unique_ptr<Loss> make_loss_softplus(Options& options, const Context&) {
    const Key theta{"theta", "", "goodness at which positives and negatives part"};
    const Key per{"theta_per", "",
                  "whether theta is multiplied by the population's number of inputs or units"};
    const double value = options.number(theta, 2.0);
    return std::make_unique<Softplus>(
        value, static_cast<Softplus::Per>(options.choice(per, "none", Softplus::per_names)));
}

}  // namespace snnff
