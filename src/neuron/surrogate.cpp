#include "snnff/surrogate.hpp"

#include <memory>

#include "kernels/dispatch.hpp"
#include "neuron/built_in_surrogate.hpp"
#include "snnff/options.hpp"

namespace snnff {

using kernels::SurrogateKind;

void BuiltInSurrogate::slopes(std::span<const float> z, std::span<float> slope) const noexcept {
    kernels::active().surrogate(which_, sharpness_, z.data(), z.size(), slope.data());
}

std::unique_ptr<Surrogate> make_surrogate_atan(Options& options, const Context&) {
    const Key alpha{"alpha", "", "sharpness: the slope is alpha/2 at the threshold"};
    return std::make_unique<BuiltInSurrogate>(SurrogateKind::atan,
                                              options.number(alpha, 2.0, Bounds::positive()));
}

std::unique_ptr<Surrogate> make_surrogate_fast_sigmoid(Options& options, const Context&) {
    const Key k{"k", "", "sharpness: the slope falls to a quarter 1/k away from the threshold"};
    return std::make_unique<BuiltInSurrogate>(SurrogateKind::fast_sigmoid,
                                              options.number(k, 25.0, Bounds::positive()));
}

std::unique_ptr<Surrogate> make_surrogate_sigmoid(Options& options, const Context&) {
    const Key k{"k", "", "sharpness: the slope is k/4 at the threshold"};
    return std::make_unique<BuiltInSurrogate>(SurrogateKind::sigmoid,
                                              options.number(k, 25.0, Bounds::positive()));
}

std::unique_ptr<Surrogate> make_surrogate_triangular(Options& options, const Context&) {
    const Key width{"width", "membrane", "distance from the threshold at which the slope reaches 0"};
    return std::make_unique<BuiltInSurrogate>(SurrogateKind::triangular,
                                              options.number(width, 1.0, Bounds::positive()));
}

std::unique_ptr<Surrogate> make_surrogate_straight_through(Options&, const Context&) {
    return std::make_unique<BuiltInSurrogate>(SurrogateKind::straight_through, 1.0);
}

}  // namespace snnff
