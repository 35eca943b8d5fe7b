#include <cmath>

#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

class None final : public Normalisation {
  public:
    std::string_view kind() const noexcept override { return "none"; }
};

/// x/(‖x‖ + 1e-4), with d‖x‖/dx = x/‖x‖.
class L2 final : public Normalisation {
  public:
    std::string_view kind() const noexcept override { return "l2"; }
    bool scales() const noexcept override { return true; }
    float gain(double sum_of_squares, std::size_t) const noexcept override {
        return static_cast<float>(1.0 / (std::sqrt(sum_of_squares) + 1e-4));
    }
    double length(double sum_of_squares, std::size_t) const noexcept override {
        return std::sqrt(sum_of_squares);
    }
};

/// x/(√mean(x²) + 1e-6), with d√mean(x²)/dx = x/(n·√mean(x²)).
class Rms final : public Normalisation {
  public:
    std::string_view kind() const noexcept override { return "rms"; }
    bool scales() const noexcept override { return true; }
    float gain(double sum_of_squares, std::size_t n_inputs) const noexcept override {
        return static_cast<float>(1.0 / (std::sqrt(sum_of_squares / static_cast<double>(n_inputs)) + 1e-6));
    }
    double length(double sum_of_squares, std::size_t n_inputs) const noexcept override {
        const auto n = static_cast<double>(n_inputs);
        return n * std::sqrt(sum_of_squares / n);
    }
};

}  // namespace

std::shared_ptr<const Normalisation> no_normalisation() {
    static const auto none = std::make_shared<const None>();
    return none;
}

std::unique_ptr<Normalisation> make_normalisation_none(Options&, const Context&) {
    return std::make_unique<None>();
}
std::unique_ptr<Normalisation> make_normalisation_l2(Options&, const Context&) {
    return std::make_unique<L2>();
}
std::unique_ptr<Normalisation> make_normalisation_rms(Options&, const Context&) {
    return std::make_unique<Rms>();
}

}  // namespace snnff
