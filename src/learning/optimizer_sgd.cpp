#include <cassert>

#include "kernels/dispatch.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// g ← g + decay·w,  v ← μ·v + g,  w ← w − rate·v  (v = g without momentum).
/// Source: torch.optim.SGD, which differs from Sutskever et al. (2013) in that the rate stands
/// outside v.
class Sgd final : public Optimizer {
  public:
    explicit Sgd(double momentum) : momentum_(momentum) {}

    std::size_t n_moments() const noexcept override { return momentum_ > 0.0 ? 1 : 0; }

    void apply(const Step& step, std::span<const float> gradient, std::span<float> parameter,
               std::span<float> moment1, std::span<float>) const noexcept override {
        assert(gradient.size() == parameter.size());
        assert(momentum_ == 0.0 || moment1.size() == parameter.size());
        kernels::active().sgd({.n = parameter.size(),
                               .gradient = gradient.data(),
                               .parameter = parameter.data(),
                               .velocity = momentum_ > 0.0 ? moment1.data() : nullptr,
                               .rate = static_cast<float>(step.rate),
                               .momentum = static_cast<float>(momentum_),
                               .weight_decay = static_cast<float>(step.weight_decay)});
    }

  private:
    double momentum_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer_sgd(Options& options, const Context&) {
    const Key momentum{"momentum", "", "part of the last step's velocity that is kept"};
    const Bounds bounds{.least = 0.0, .most = 1.0, .most_is_allowed = false};
    return std::make_unique<Sgd>(options.number(momentum, 0.0, bounds));
}

}  // namespace snnff
