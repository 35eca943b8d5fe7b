#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"
#include "kinds.hpp"
#include "snnff/learning.hpp"
#include "snnff/random.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n = 37;  // no multiple of any vector's width

struct Parameters {
    std::vector<float> value = std::vector<float>(n), moment1, moment2;

    Parameters(const Optimizer& optimizer, float first) {
        std::ranges::fill(value, first);
        if (optimizer.n_moments() > 0) moment1.assign(n, 0.0f);
        if (optimizer.n_moments() > 1) moment2.assign(n, 0.0f);
    }
    void step(const Optimizer& optimizer, const Optimizer::Step& step, const std::vector<float>& gradient) {
        optimizer.apply(step, gradient, value, moment1, moment2);
    }
};

std::vector<float> gradient(std::int64_t t) {
    std::vector<float> g(n);
    for (std::uint32_t i = 0; i < n; ++i) {
        g[i] = 0.01f * static_cast<float>(i) * normal(Seed{3}, Stream::initial_weight, i, std::uint32_t(t));
    }
    return g;
}

/// PyTorch's update rules, in double, one parameter at a time.
struct Naive {
    double w, m = 0.0, v = 0.0;

    void sgd(double g, double rate, double momentum, double decay) {
        m = momentum * m + g + decay * w;
        w -= rate * m;
    }
    void adam(std::int64_t t, double g, double rate, double decay, bool decoupled) {
        if (decoupled) w *= 1.0 - rate * decay;
        if (!decoupled) g += decay * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const double m_hat = m / (1.0 - std::pow(0.9, double(t))),
                     v_hat = v / (1.0 - std::pow(0.999, double(t)));
        w -= rate * m_hat / (std::sqrt(v_hat) + 1e-8);
    }
};

/// 60 steps of the optimiser and of `naive(parameter, t, gradient)`, side by side.
template <class F>
void check_against(const Optimizer& optimizer, double rate, double decay, F naive) {
    for (const kernels::Kernels* variant : kernels::available()) {
        const kernels::Use use(*variant);
        Parameters parameters(optimizer, 0.5f);
        std::vector<Naive> expected(n, Naive{0.5});
        for (std::int64_t t = 1; t <= 60; ++t) {
            const std::vector<float> g = gradient(t);
            parameters.step(optimizer, {t, rate, decay}, g);
            for (std::size_t i = 0; i < n; ++i) naive(expected[i], t, double(g[i]));
        }
        double moved = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
            CAPTURE(variant->name, i);
            moved += std::abs(expected[i].w - 0.5);
            // Each of 60 steps rounds a parameter near 0.5 by 3e-8 and its own length by a few 1e-7.
            CHECK(std::abs(parameters.value[i] - expected[i].w) <= 60 * 6e-8);
        }
        CHECK(moved > 0.01 * n);
    }
}

}  // namespace

TEST_CASE("sgd follows PyTorch's rule, with and without momentum and decay") {
    for (const double momentum : {0.0, 0.9}) {
        for (const double decay : {0.0, 0.01}) {
            const auto sgd = made<Optimizer>("sgd", {key("momentum", momentum)});
            CHECK(sgd->n_moments() == (momentum > 0.0 ? 1 : 0));
            check_against(*sgd, 0.01, decay,
                          [&](Naive& p, std::int64_t, double g) { p.sgd(g, 0.01, momentum, decay); });
        }
    }
}

TEST_CASE("adam follows PyTorch's rule, with decay in the gradient or by itself") {
    for (const bool decoupled : {false, true}) {
        for (const double decay : {0.0, 0.1}) {
            const auto adam = made<Optimizer>("adam", {key("decoupled_decay", decoupled)});
            CHECK(adam->n_moments() == 2);
            check_against(*adam, 0.003, decay,
                          [&](Naive& p, std::int64_t t, double g) { p.adam(t, g, 0.003, decay, decoupled); });
        }
    }
}

TEST_CASE("adam's first step has the length of the rate, whatever the gradient's") {
    const auto adam = made<Optimizer>("adam");
    for (const float g : {1e-3f, 1.0f, -1e6f}) {
        Parameters p(*adam, 0.0f);
        p.step(*adam, {1, 0.03, 0.0}, std::vector<float>(n, g));
        for (const float w : p.value) CHECK(w == Approx(g > 0 ? -0.03 : 0.03).epsilon(2e-5));
    }
}

TEST_CASE("momentum adds up a constant gradient to g·(1 − mu^t)/(1 − mu)") {
    const auto sgd = made<Optimizer>("sgd", {key("momentum", 0.5)});
    Parameters p(*sgd, 0.0f);
    for (std::int64_t t = 1; t <= 4; ++t) p.step(*sgd, {t, 1.0, 0.0}, std::vector<float>(n, 1.0f));
    for (const float v : p.moment1) CHECK(v == 1.875f);
    for (const float w : p.value) CHECK(w == -(1.0f + 1.5f + 1.75f + 1.875f));
}

TEST_CASE("a gradient of zero moves nothing, and a huge one nothing to infinity") {
    for (const auto kind : names_of<Optimizer>()) {
        const auto optimizer = made<Optimizer>(kind);
        Parameters p(*optimizer, 0.25f);
        for (std::int64_t t = 1; t <= 3; ++t) p.step(*optimizer, {t, 0.1, 0.0}, std::vector<float>(n, 0.0f));
        for (const float w : p.value) CHECK(w == 0.25f);
        p.step(*optimizer, {4, 0.1, 0.0}, std::vector<float>(n, 1e30f));
        for (const float w : p.value) CHECK(std::isfinite(w));
    }
}

TEST_CASE("a block of parameters is the same however it is cut") {
    for (const auto kind : names_of<Optimizer>()) {
        for (const kernels::Kernels* variant : kernels::available()) {
            const kernels::Use use(*variant);
            const auto optimizer = made<Optimizer>(kind, kind == "sgd" ? Keys{key("momentum", 0.9)} : Keys{});
            Parameters whole(*optimizer, 0.5f), cut(*optimizer, 0.5f);
            for (std::int64_t t = 1; t <= 5; ++t) {
                const std::vector<float> g = gradient(t);
                whole.step(*optimizer, {t, 0.01, 0.1}, g);
                for (std::size_t first = 0; first < n; first += 5) {
                    const std::size_t count = std::min<std::size_t>(5, n - first);
                    const auto part = [&](std::vector<float>& all) {
                        return all.empty() ? std::span<float>{} : std::span{all}.subspan(first, count);
                    };
                    optimizer->apply({t, 0.01, 0.1}, std::span{g}.subspan(first, count), part(cut.value),
                                     part(cut.moment1), part(cut.moment2));
                }
            }
            CAPTURE(kind, variant->name);
            CHECK(whole.value == cut.value);
        }
    }
}

TEST_CASE("schedules start at 1, never rise, and end where they say") {
    const auto at = [](const char* kind, double progress) { return made<Schedule>(kind)->factor(progress); };
    for (const auto kind : names_of<Schedule>()) {
        const auto schedule = made<Schedule>(kind);
        CHECK(schedule->factor(0.0) == 1.0);
        double last = 1.0;
        for (int k = 1; k < 1000; ++k) {
            const double factor = schedule->factor(k / 1000.0);
            CHECK(factor > 0.0);
            CHECK(factor <= last);
            last = factor;
        }
    }
    CHECK(at("constant", 0.99) == 1.0);
    CHECK(at("half_then_linear", 0.5) == 1.0);
    CHECK(at("half_then_linear", 0.75) == 0.5);
    CHECK(at("cosine", 0.5) == Approx(0.5));
    CHECK(at("cosine", 1.0 / 3.0) == Approx(0.75));
}
