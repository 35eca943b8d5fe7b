// Membranes and spikes of every reset under a random current, against snnTorch's Leaky.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "h5.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "snnff/neuron_model.hpp"

using namespace snnff;

TEST_CASE("LIF units follow snnTorch's Leaky for 50 steps under every reset") {
    const h5::File golden(SNNFF_TESTS "/golden/lif_dynamics.h5");
    const auto shape = golden.shape("current");
    REQUIRE(shape.size() == 3);
    const std::size_t n_steps = shape[0], n_samples = shape[1], n_units = shape[2];
    const std::vector<float> current = golden.floats("current"), beta = golden.floats("beta");
    const double threshold = golden.number("/", "v_threshold");

    for (const kernels::Kernels* variant : kernels::available()) {
        const kernels::Use use(*variant);
        for (const std::string reset : {"subtract", "zero", "none"}) {
            for (const bool delayed : {true, false}) {
                const std::string name = reset + (delayed ? "_delayed" : "_immediate");
                CAPTURE(variant->name, name);
                const std::vector<float> membranes = golden.floats(name + "/membrane");
                const std::vector<float> spikes = golden.floats(name + "/spikes");
                const auto units = made<NeuronModel>(
                    "lif",
                    {key("beta", numbers(std::vector<double>(beta.begin(), beta.end()))),
                     key("threshold", threshold), key("reset", reset), key("reset_delay", delayed)},
                    {{}, n_units});

                std::vector<Matrix> state(units->n_state(), Matrix(n_samples, n_units));
                std::vector<MatrixView> views(state.begin(), state.end());
                Matrix u(n_samples, n_units), s(n_samples, n_units), left(n_samples, n_units);
                double worst = 0.0;
                std::size_t n_wrong_spikes = 0;
                for (std::size_t t = 0; t < n_steps; ++t) {
                    const std::size_t first = t * n_samples * n_units;
                    units->step({{current.data() + first, n_samples, n_units}, views, u, s, {}, {}, {}});
                    for (std::size_t i = 0; i < u.size(); ++i) {
                        // snnTorch returns what an immediate reset leaves behind, this library what
                        // was compared with the threshold; V = U + (R − S)·V_th leads from here to there.
                        double expected_here = u.data()[i];
                        if (!delayed && reset == "zero" && s.data()[i] == 1.0f) expected_here = 0.0;
                        if (!delayed && reset == "subtract") {
                            const double r = left.data()[i] > threshold ? 1.0 : 0.0;
                            expected_here += (r - s.data()[i]) * threshold;
                            left.data()[i] = static_cast<float>(expected_here);
                        }
                        const double expected = membranes[first + i];
                        worst = std::max(worst, std::abs(expected_here - expected) /
                                                    std::max(std::abs(expected), threshold));
                        n_wrong_spikes += s.data()[i] != spikes[first + i];
                    }
                }
                CHECK(worst <= 1e-5);
                CHECK(n_wrong_spikes == 0);
            }
        }
    }
}
