#include "kernels/dispatch.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

/// A score for each class: a group of units stands for it. For the responses r of the n units of a group:
///
///   power 2   g = Σ r²/n    dg/dr = 2 r/n
///   power 1   g = Σ r/n     dg/dr = 1/n
///
/// Sources: Papachristodoulou et al., AAAI 2024 ("CwComp"), of squares; "DeeperForward", of plain means.
class ClassGroups final : public Goodness {
  public:
    explicit ClassGroups(bool squares) : squares_(squares) {}

    std::size_t n_scores(std::size_t n_classes) const noexcept override { return n_classes; }

    double sum(std::span<const float> response) const noexcept override {
        const auto& kernels = kernels::active();
        return squares_ ? kernels.sum_squares(response.data(), response.size())
                        : kernels.sum(response.data(), response.size());
    }

    Finished finish(double sum, std::size_t n_units) const noexcept override {
        const double share = 1.0 / static_cast<double>(n_units);
        return {share * sum, share};
    }

    void differentiate(std::span<const float> response, double slope,
                       std::span<float> gradient) const noexcept override {
        if (squares_) {
            kernels::active().scale(response.data(), static_cast<float>(2.0 * slope), response.size(),
                                    gradient.data());
        } else {
            for (float& g : gradient) g = static_cast<float>(slope);
        }
    }

  private:
    bool squares_;
};

}  // namespace

std::unique_ptr<Goodness> make_goodness_class_groups(Options& options, const Context&) {
    const Key power{"power", "", "2: the mean square of a group's responses; 1: their mean"};
    return std::make_unique<ClassGroups>(options.integer(power, 2, Bounds::between(1, 2)) == 2);
}

}  // namespace snnff
