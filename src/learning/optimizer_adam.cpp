#include <cassert>
#include <cmath>

#include "kernels/dispatch.hpp"
#include "snnff/functions.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,
/// w ← w − rate·m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ).
/// Weight decay joins the gradient, or, decoupled, shrinks w by the factor 1 − rate·decay.
/// Source: Kingma & Ba, arXiv:1412.6980, as in torch.optim.Adam; decoupled: Loshchilov & Hutter,
/// arXiv:1711.05101, as in torch.optim.AdamW.
class Adam final : public Optimizer {
  public:
    struct Parameters {
        double beta1, beta2, epsilon;
        bool decoupled_decay;
    };
    explicit Adam(const Parameters& parameters) : p_(parameters) {}

    std::size_t n_moments() const noexcept override { return 2; }

    void apply(const Step& step, std::span<const float> gradient, std::span<float> parameter,
               std::span<float> moment1, std::span<float> moment2) const noexcept override {
        assert(step.t >= 1 && gradient.size() == parameter.size());
        assert(moment1.size() == parameter.size() && moment2.size() == parameter.size());
        const auto t = static_cast<std::uint64_t>(step.t);
        // 1 − β₂ᵗ is 0.001 at first, where float would keep five digits of it.
        const double mean_correction = 1.0 - functions::pow_whole(p_.beta1, t);
        const double square_correction = 1.0 - functions::pow_whole(p_.beta2, t);
        kernels::active().adam(
            {.n = parameter.size(),
             .gradient = gradient.data(),
             .parameter = parameter.data(),
             .mean = moment1.data(),
             .square = moment2.data(),
             .beta1 = static_cast<float>(p_.beta1),
             .one_minus_beta1 = static_cast<float>(1.0 - p_.beta1),
             .beta2 = static_cast<float>(p_.beta2),
             .one_minus_beta2 = static_cast<float>(1.0 - p_.beta2),
             .step_size = static_cast<float>(step.rate / mean_correction),
             .inverse_root_correction = static_cast<float>(1.0 / std::sqrt(square_correction)),
             .epsilon = static_cast<float>(p_.epsilon),
             .weight_decay = p_.decoupled_decay ? 0.0f : static_cast<float>(step.weight_decay),
             .keep = p_.decoupled_decay ? static_cast<float>(1.0 - step.rate * step.weight_decay) : 1.0f});
    }

  private:
    Parameters p_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer_adam(Options& options, const Context&) {
    const Key beta1{"beta1", "", "decay of the gradient's running mean per update"};
    const Key beta2{"beta2", "", "decay of the squared gradient's running mean per update"};
    const Key epsilon{"epsilon", "", "keeps the step finite where gradients are 0"};
    const Key decoupled{"decoupled_decay", "",
                        "whether weight_decay shrinks the weights by itself (AdamW) or joins the gradient"};
    const Bounds bounds{.least = 0.0, .most = 1.0, .most_is_allowed = false};
    Adam::Parameters p{};
    p.beta1 = options.number(beta1, 0.9, bounds);
    p.beta2 = options.number(beta2, 0.999, bounds);
    // Below the smallest float it would be 0, and 0/0 where a gradient has always been 0.
    p.epsilon = options.number(epsilon, 1e-8, Bounds{.least = 1e-30, .most = 1.0});
    p.decoupled_decay = options.flag(decoupled, false);
    return std::make_unique<Adam>(p);
}

}  // namespace snnff
