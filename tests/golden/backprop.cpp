// Loss and gradients of the golden back-propagation cases before their first update, against PyTorch
// autograd. Losses over all epochs and final parameters are checked through the command line by
// through_cli.py.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "h5.hpp"
#include "kinds.hpp"
#include "taught.hpp"

using namespace snnff;

namespace {

Population population(const h5::File& golden, const std::string& number, const std::string& neuron) {
    Population p;
    const auto shape = golden.shape("init_weight" + number);
    p.neuron = made<NeuronModel>(neuron);
    p.below().weight.resize(shape[0], shape[1]);
    p.below().weight.copy_in(golden.floats("init_weight" + number));
    const std::vector<float> bias = golden.floats("init_bias" + number);
    p.bias.assign(bias.begin(), bias.end());
    return p;
}

/// Every element within 1e-5 of the largest expected one.
void check_close(std::span<const float> found, const std::vector<float>& expected) {
    REQUIRE(found.size() == expected.size());
    float scale = 0.0f, worst = 0.0f;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        scale = std::max(scale, std::abs(expected[i]));
        worst = std::max(worst, std::abs(found[i] - expected[i]));
    }
    CHECK(scale > 0.0f);
    CHECK(worst <= 1e-5f * scale);
}

}  // namespace

TEST_CASE("loss and gradients of a network of two layers are PyTorch's") {
    for (const std::string kind : {"relu", "sigmoid"}) {
        CAPTURE(kind);
        const h5::File golden(SNNFF_TESTS "/golden/backprop_" + kind + ".h5");
        const auto spec = nlohmann::json::parse(golden.text("/", "spec"));
        REQUIRE(spec["layers"] == std::vector<std::string>{"linear", kind, "linear"});
        Network network;
        network.populations.push_back(population(golden, "1", kind));
        network.populations.push_back(population(golden, "2", "linear"));
        network.populations[1].below().from = 0;
        const auto shape = golden.shape("images");
        Matrix images(shape[0], shape[1]);
        std::ranges::copy(golden.floats("images"), images.values().begin());
        const auto labels = golden.integers("labels");

        Variant variant;
        variant.base = images;
        variant.gain.assign(images.rows(), 1.0f);
        const Taught taught(network, variant, std::vector<std::int32_t>(labels.begin(), labels.end()));
        CHECK(taught.loss == Approx(double(golden.floats("loss").front())).epsilon(1e-5));
        for (const std::size_t k : {0u, 1u}) {
            const std::string number = std::to_string(k + 1);
            check_close(taught.weight(k).values(), golden.floats("first_gradient_weight" + number));
            const auto bias = taught.bias(k);
            check_close(std::vector<float>(bias.begin(), bias.end()),
                        golden.floats("first_gradient_bias" + number));
        }
    }
}
