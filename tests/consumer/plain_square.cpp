// The mean square of a population's response, summed one after the other: mean_square but for the order of
// its sum.
#include <memory>
#include <snnff/learning.hpp>
#include <snnff/options.hpp>

using namespace snnff;

namespace {

struct PlainSquare final : Goodness {
    double sum(std::span<const float> response) const noexcept override {
        double squares = 0.0;
        for (const float r : response) squares += static_cast<double>(r) * static_cast<double>(r);
        return squares;
    }
    Finished finish(double sum, std::size_t n_units) const noexcept override {
        return {sum / static_cast<double>(n_units), 1.0 / static_cast<double>(n_units)};
    }
    void differentiate(std::span<const float> response, double slope,
                       std::span<float> gradient) const noexcept override {
        for (std::size_t i = 0; i < response.size(); ++i)
            gradient[i] = static_cast<float>(2.0 * slope) * response[i];
    }
};

}  // namespace

std::unique_ptr<Goodness> make_plain_square(Options&, const Context&) {
    return std::make_unique<PlainSquare>();
}
