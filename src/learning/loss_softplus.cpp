#include "learning/loss_of_pairs.hpp"
#include "snnff/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// Mean over positives and negatives together of log(1 + e^(θ − G⁺)) and log(1 + e^(G⁻ − θ)): the
/// negative log-likelihood of telling the two apart with probability σ(G − θ).
/// θ may grow with the population, for goodness that does. Where only positives or only negatives are
/// there, it is the mean over them.
/// Source: Hinton, arXiv:2212.13345, equation 1.
class Softplus final : public LossOfPairs {
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

    double evaluate(const LayerShape& shape, const Scores& scores, std::size_t n_positive,
                    std::span<const std::int32_t> /*label*/,
                    const ScoreSlopes& slope) const noexcept override {
        const double theta = threshold(shape);
        const double n = static_cast<double>(scores.n_variants() * scores.n_samples());
        double sum = 0.0;
        for (std::size_t v = 0; v < scores.n_variants(); ++v) {
            const double sign = v < n_positive ? -1.0 : 1.0;
            for (std::size_t i = 0; i < scores.n_samples(); ++i) {
                const double excess = sign * (scores.of_variant[v][i] - theta);
                sum += functions::softplus(excess);
                slope.of_variant[v][i] = sign * functions::logistic(excess) / n;
            }
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
