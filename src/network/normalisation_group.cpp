#include <cmath>

#include "core/sums.hpp"
#include "snnff/learning.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// Of each group of units (r − mean)/√(variance + 1e-5), the variance being the mean square of the
/// deviations; mean and variance in double, in the order of sum_in_blocks(). What the next population sees
/// tells nothing of the goodness of any group.
class ByGroup final : public Normalisation {
  public:
    std::string_view kind() const noexcept override { return "group"; }
    bool replaces() const noexcept override { return true; }
    void replace(std::span<float> sent, std::size_t n_groups) const noexcept override {
        for (std::size_t g = 0; g < n_groups; ++g) {
            const std::size_t first = first_of_group(g, n_groups, sent.size());
            scale(sent.subspan(first, first_of_group(g + 1, n_groups, sent.size()) - first));
        }
    }

  private:
    static void scale(std::span<float> group) noexcept {
        const auto n = static_cast<double>(group.size());
        const double mean =
            sum_in_blocks(group.size(), [&](std::size_t i) { return static_cast<double>(group[i]); }) / n;
        const auto square = [&](std::size_t i) {
            const double deviation = static_cast<double>(group[i]) - mean;
            return deviation * deviation;
        };
        const double factor = 1.0 / std::sqrt(sum_in_blocks(group.size(), square) / n + 1e-5);
        for (float& r : group) r = static_cast<float>(factor * (static_cast<double>(r) - mean));
    }
};

}  // namespace

std::unique_ptr<Normalisation> make_normalisation_group(Options&, const Context&) {
    return std::make_unique<ByGroup>();
}

}  // namespace snnff
