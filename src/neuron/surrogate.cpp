#include "snnff/surrogate.hpp"

#include <memory>

#include "snnff/options.hpp"

namespace snnff {

std::unique_ptr<Surrogate> make_surrogate_atan(Options& options, const Context&) {
    const Key alpha{"alpha", "", "sharpness: the slope is alpha/2 at the threshold"};
    return std::make_unique<Surrogate>(
        Surrogate{Surrogate::Kind::atan, options.number(alpha, 2.0, Bounds::positive())});
}

std::unique_ptr<Surrogate> make_surrogate_fast_sigmoid(Options& options, const Context&) {
    const Key k{"k", "", "sharpness: the slope falls to a quarter 1/k away from the threshold"};
    return std::make_unique<Surrogate>(
        Surrogate{Surrogate::Kind::fast_sigmoid, options.number(k, 25.0, Bounds::positive())});
}

std::unique_ptr<Surrogate> make_surrogate_sigmoid(Options& options, const Context&) {
    const Key k{"k", "", "sharpness: the slope is k/4 at the threshold"};
    return std::make_unique<Surrogate>(
        Surrogate{Surrogate::Kind::sigmoid, options.number(k, 25.0, Bounds::positive())});
}

std::unique_ptr<Surrogate> make_surrogate_triangular(Options& options, const Context&) {
    const Key width{"width", "membrane", "distance from the threshold at which the slope reaches 0"};
    return std::make_unique<Surrogate>(
        Surrogate{Surrogate::Kind::triangular, options.number(width, 1.0, Bounds::positive())});
}

std::unique_ptr<Surrogate> make_surrogate_straight_through(Options&, const Context&) {
    return std::make_unique<Surrogate>(Surrogate{Surrogate::Kind::straight_through, 1.0});
}

}  // namespace snnff
