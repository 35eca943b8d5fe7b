#include <cmath>

#include "kernels/dispatch.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

enum class Measure { mean_square, sum_square, mean_abs };

/// For a response r of n units, times −1 where goodness is minimised:
///
///   mean_square   G = Σ r²/n    dG/dr = 2 r/n
///   sum_square    G = Σ r²      dG/dr = 2 r
///   mean_abs      G = Σ |r|/n   dG/dr = sign(r)/n, with sign(0) = 0
///
/// Source: Hinton, The Forward-Forward Algorithm, arXiv:2212.13345 (sum of squares, and its
/// minimised form in section 3).
template <Measure measure>
class Activity final : public Goodness {
  public:
    explicit Activity(bool minimise) : direction_(minimise ? -1.0 : 1.0) {}

    double sum(std::span<const float> response) const noexcept override {
        const auto& kernels = kernels::active();
        return measure == Measure::mean_abs ? kernels.sum_abs(response.data(), response.size())
                                            : kernels.sum_squares(response.data(), response.size());
    }

    Finished finish(double sum, std::size_t n_units) const noexcept override {
        const double factor =
            measure == Measure::sum_square ? direction_ : direction_ / static_cast<double>(n_units);
        return {factor * sum, factor};
    }

    void differentiate(std::span<const float> response, double slope,
                       std::span<float> gradient) const noexcept override {
        const auto& kernels = kernels::active();
        if constexpr (measure == Measure::mean_abs) {
            kernels.scaled_sign(response.data(), static_cast<float>(slope), response.size(), gradient.data());
        } else {
            kernels.scale(response.data(), static_cast<float>(2.0 * slope), response.size(), gradient.data());
        }
    }

  private:
    double direction_;  // -1 where real data should have low goodness
};

template <Measure measure>
std::unique_ptr<Goodness> make(Options& options) {
    const Key key{"minimise", "", "whether real data should have little activity, and wrong data much"};
    return std::make_unique<Activity<measure>>(options.flag(key, false));
}

}  // namespace

std::unique_ptr<Goodness> make_goodness_mean_square(Options& options, const Context&) {
    return make<Measure::mean_square>(options);
}
std::unique_ptr<Goodness> make_goodness_sum_square(Options& options, const Context&) {
    return make<Measure::sum_square>(options);
}
std::unique_ptr<Goodness> make_goodness_mean_abs(Options& options, const Context&) {
    return make<Measure::mean_abs>(options);
}

}  // namespace snnff
