// The read-out against PyTorch: 30 full-batch updates from the same start on the same features,
// standardised by the batch's overall mean and unbiased standard deviation (linear_classifier.h5).
#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "engine/softmax_head.hpp"
#include "h5.hpp"
#include "kinds.hpp"

using namespace snnff;

TEST_CASE("losses and parameters of the read-out are PyTorch's") {
    const h5::File golden(SNNFF_TESTS "/golden/linear_classifier.h5");
    const auto representation = golden.floats("representation"), losses = golden.floats("loss");
    const auto wide_labels = golden.integers("labels");
    const std::vector<std::int32_t> labels(wide_labels.begin(), wide_labels.end());
    const std::size_t n = labels.size(), n_features = representation.size() / n;

    ReadoutSpec spec;
    spec.softmax = true;
    spec.rate = 0.005;
    spec.optimizer = made<Optimizer>("adam");
    spec.schedule = made<Schedule>("constant");
    SoftmaxHead head;
    head.weight.resize(10, n_features);
    std::ranges::copy(golden.floats("init_weight"), head.weight.values().begin());
    const auto bias = golden.floats("init_bias");
    head.bias.assign(bias.begin(), bias.end());

    HeadTrainer trainer(spec, head);
    Matrix features(n, n_features);
    REQUIRE(losses.size() == 30);
    for (const float expected : losses) {
        std::ranges::copy(representation, features.values().begin());
        CHECK(trainer.update(features, labels, 0.0) == Approx(expected).epsilon(1e-5));
    }
    const auto distance = [](std::span<const float> found, const std::vector<float>& expected) {
        REQUIRE(found.size() == expected.size());
        double apart = 0.0, norm = 0.0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            apart += std::pow(static_cast<double>(found[i]) - static_cast<double>(expected[i]), 2);
            norm += std::pow(static_cast<double>(expected[i]), 2);
        }
        return std::sqrt(apart / norm);
    };
    // Adam divides by the root of a mean of squares, which makes 1e-7 of a small gradient larger.
    CHECK(distance(head.weight.values(), golden.floats("final_weight")) < 1e-4);
    CHECK(distance(head.bias, golden.floats("final_bias")) < 1e-4);
    CHECK(distance(head.weight.values(), golden.floats("init_weight")) > 0.1);
}
