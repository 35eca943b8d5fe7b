#pragma once
// LIF units in every combination of their options, as the library makes them and as smooth_twin.hpp does.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "kinds.hpp"
#include "smooth_twin.hpp"
#include "snnff/neuron_model.hpp"

namespace snnff {

inline std::vector<twin::Lif> lif_options() {
    std::vector<twin::Lif> all;
    const std::pair<const char*, double> surrogates[] = {{"atan", 2.0},
                                                         {"fast_sigmoid", 25.0},
                                                         {"sigmoid", 25.0},
                                                         {"triangular", 1.0},
                                                         {"straight_through", 1.0}};
    for (const char* reset : {"subtract", "zero", "none"}) {
        for (const bool delayed : {true, false}) {
            for (const int refractory : {0, 2}) {
                for (const auto& [surrogate, sharpness] : surrogates) {
                    all.push_back({0.9, 1.0, reset, delayed, refractory, surrogate, sharpness});
                }
            }
        }
    }
    return all;
}

inline std::unique_ptr<NeuronModel> made_lif(const twin::Lif& unit, std::size_t n_units) {
    Keys surrogate{key("kind", unit.surrogate)};
    const char* sharpness = unit.surrogate == "atan"         ? "alpha"
                            : unit.surrogate == "triangular" ? "width"
                                                             : "k";
    if (unit.surrogate != "straight_through") surrogate.push_back(key(sharpness, unit.sharpness));
    return made<NeuronModel>(
        "lif",
        {key("beta", unit.beta), key("threshold", unit.threshold), key("reset", unit.reset),
         key("reset_delay", unit.delayed), key("refractory_steps", std::int64_t{unit.refractory_steps}),
         key("surrogate", surrogate)},
        {{}, n_units});
}

inline void describe(const twin::Lif& unit) {
    UNSCOPED_INFO("lif: " << unit.reset << (unit.delayed ? ", delayed, " : ", immediate, ") << unit.surrogate
                          << ", refractory " << unit.refractory_steps);
}

}  // namespace snnff
