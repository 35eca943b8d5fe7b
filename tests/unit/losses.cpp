#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kinds.hpp"
#include "pairs.hpp"
#include "snnff/learning.hpp"

using namespace snnff;

namespace {

constexpr LayerShape shape{784, 500};

struct Result {
    double loss;
    std::vector<double> positive, negative;
};

Result evaluated(const Loss& loss, const std::vector<double>& positive, const std::vector<double>& negative) {
    Result r{0.0, std::vector<double>(positive.size()), std::vector<double>(negative.size())};
    r.loss = loss_of_pairs(loss, shape, positive, negative, r.positive, r.negative);
    return r;
}

double sigma(double x) { return 1.0 / (1.0 + std::exp(-x)); }

const std::vector<double> positives{0.3, 2.5, -1.0}, negatives{1.1, 2.0, 0.2, -0.4, 3.0, 1.0};

}  // namespace

TEST_CASE("softplus: a sample at the threshold costs log 2 and pulls with half a unit") {
    const Result r = evaluated(*made<Loss>("softplus", {key("theta", 2.0)}), {2.0}, {2.0});
    CHECK(r.loss == Approx(std::numbers::ln2));
    CHECK(r.positive[0] == Approx(-0.25));  // a half, over the two samples
    CHECK(r.negative[0] == Approx(0.25));
}

TEST_CASE("softplus is the mean of its formula over positives and all sets of negatives") {
    const Result r = evaluated(*made<Loss>("softplus", {key("theta", 1.5)}), positives, negatives);
    double expected = 0.0;
    for (const double g : positives) expected += std::log(1.0 + std::exp(1.5 - g)) / 9.0;
    for (const double g : negatives) expected += std::log(1.0 + std::exp(g - 1.5)) / 9.0;
    CHECK(r.loss == Approx(expected).epsilon(1e-13));
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(r.positive[i] == Approx(-sigma(1.5 - positives[i]) / 9.0).epsilon(1e-13));
    }
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(r.negative[i] == Approx(sigma(negatives[i] - 1.5) / 9.0).epsilon(1e-13));
    }
}

TEST_CASE("softplus: theta may count per input or per unit") {
    const auto threshold = [](const char* per) {
        return made<Loss>("softplus", {key("theta", 0.5), key("theta_per", per)})->threshold(shape);
    };
    CHECK(threshold("none") == 0.5);
    CHECK(threshold("input") == 0.5 * 784);
    CHECK(threshold("unit") == 0.5 * 500);
    const auto loss = made<Loss>("softplus", {key("theta", 0.5), key("theta_per", "unit")});
    CHECK(evaluated(*loss, {250.0}, {250.0}).loss == Approx(std::numbers::ln2));
}

TEST_CASE("pairwise losses are means of their formulas over pairs, set after set") {
    for (const std::string kind : {"symba", "swish"}) {
        CAPTURE(kind);
        const double alpha = 1.7;
        const auto loss = made<Loss>(kind, {key("alpha", alpha)});
        CHECK(std::isnan(loss->threshold(shape)));
        const Result r = evaluated(*loss, positives, negatives);
        double expected = 0.0;
        std::vector<double> expected_positive(3), expected_negative(6);
        for (std::size_t k = 0; k < 6; ++k) {
            const double x = -alpha * (positives[k % 3] - negatives[k]), s = sigma(x);
            const double value = kind == "symba" ? std::log(1.0 + std::exp(x)) : x * s;
            const double slope = kind == "symba" ? s : s + x * s * (1.0 - s);
            expected += value / 6.0;
            expected_positive[k % 3] += -alpha * slope / 6.0;
            expected_negative[k] = alpha * slope / 6.0;
        }
        CHECK(r.loss == Approx(expected).epsilon(1e-13));
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(r.positive[i] == Approx(expected_positive[i]).epsilon(1e-13));
        for (std::size_t i = 0; i < 6; ++i)
            CHECK(r.negative[i] == Approx(expected_negative[i]).epsilon(1e-13));
    }
}

TEST_CASE("defaults are those of the literature") {
    const double log_1_e = std::log(1.0 + std::exp(1.0));
    CHECK(evaluated(*made<Loss>("softplus"), {1.0}, {3.0}).loss == Approx(log_1_e));         // theta 2
    CHECK(evaluated(*made<Loss>("symba"), {0.0}, {0.25}).loss == Approx(log_1_e));           // alpha 4
    CHECK(evaluated(*made<Loss>("swish"), {0.0}, {1.0 / 20.0}).loss == Approx(sigma(1.0)));  // alpha 20
}

TEST_CASE("losses and slopes stay finite and right for goodness up to 1e30") {
    for (const double huge : {800.0, 1e10, 1e30}) {
        CAPTURE(huge);
        const double rounding = 1e-12;
        {
            const auto loss = made<Loss>("softplus");
            const Result wrong = evaluated(*loss, {-huge}, {huge});
            CHECK(wrong.loss == Approx(huge).epsilon(0.01));  // ((huge + 2) + (huge − 2))/2
            CHECK(wrong.positive[0] == Approx(-0.5).epsilon(rounding));
            CHECK(wrong.negative[0] == Approx(0.5).epsilon(rounding));
            const Result right = evaluated(*loss, {huge}, {-huge});
            CHECK(right.loss == 0.0);
            CHECK(right.positive[0] == 0.0);
            CHECK(right.negative[0] == 0.0);
        }
        for (const auto& [kind, alpha] : {std::pair{"symba", 4.0}, {"swish", 20.0}}) {
            const auto loss = made<Loss>(kind);
            const Result wrong = evaluated(*loss, {-huge}, {huge});
            CHECK(wrong.loss == Approx(2.0 * alpha * huge).epsilon(rounding));
            CHECK(wrong.positive[0] == Approx(-alpha).epsilon(rounding));
            CHECK(wrong.negative[0] == Approx(alpha).epsilon(rounding));
            const Result right = evaluated(*loss, {huge}, {-huge});
            CHECK(right.loss == 0.0);
            CHECK(right.positive[0] == 0.0);
            CHECK(right.negative[0] == 0.0);
        }
    }
}

TEST_CASE("a small loss keeps its digits") {
    // log(1 + e^−40) is 0 when the sum is rounded first.
    const Result r = evaluated(*made<Loss>("softplus", {key("theta", 0.0)}), {40.0}, {-40.0});
    CHECK(r.loss == Approx(std::exp(-40.0)).epsilon(1e-12));
}

TEST_CASE("goodness that is no number shows in the loss") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const auto kind : losses_of_pairs()) {
        CHECK(std::isnan(evaluated(*made<Loss>(kind), {nan}, {1.0}).loss));
        CHECK(std::isnan(evaluated(*made<Loss>(kind), {1.0}, {nan}).loss));
    }
}
