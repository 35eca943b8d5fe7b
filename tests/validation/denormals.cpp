// What decays is 0 after 64 steps where it is a denormal, with every instruction set there is.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "kernels/dispatch.hpp"

using namespace snnff;
using kernels::Kernels;

namespace {

constexpr std::size_t n = 37;  // neither a whole number of vectors nor fewer than one

bool any_denormal(const std::vector<float>& values) {
    for (const float x : values) {
        if (std::fpclassify(x) == FP_SUBNORMAL) return true;
    }
    return false;
}

/// Membranes that start at 1e-36 of the threshold and get no current, with a beta of 0.9.
struct Decay {
    std::vector<float> beta = std::vector<float>(n, 0.9f), threshold = std::vector<float>(n, 1.0f);
    std::vector<float> current = std::vector<float>(n, 0.0f), v = std::vector<float>(n, 1e-36f);
    std::vector<float> membrane = std::vector<float>(n), emitted = std::vector<float>(n);

    void step(const Kernels& kernels, kernels::LifReset reset, bool cuts = false) {
        kernels::LifStep job;
        job.units = {n, beta.data(), threshold.data(), reset};
        job.rows = 1;
        job.current = {current.data(), n};
        job.potential = {v.data(), n};
        job.membrane = {membrane.data(), n};
        job.emitted = {emitted.data(), n};
        job.cuts = cuts;
        kernels.lif_step(job);
    }
};

}  // namespace

TEST_CASE("a membrane that nothing drives is 0 after 64 steps, and a denormal before") {
    for (const Kernels* kernels : kernels::available()) {
        for (const auto reset :
             {kernels::LifReset::none, kernels::LifReset::zero, kernels::LifReset::subtract_delayed,
              kernels::LifReset::subtract_immediate}) {
            CAPTURE(kernels->name, static_cast<int>(reset));
            Decay decay;
            for (int step = 1; step <= 64; ++step) decay.step(*kernels, reset, step == 64);
            for (const float u : decay.membrane) CHECK(std::fpclassify(u) == FP_SUBNORMAL);
            for (const float v : decay.v) CHECK(std::fpclassify(v) == FP_ZERO);
        }
    }
}

TEST_CASE("under a current below the normal range a membrane begins anew after 64 steps") {
    for (const Kernels* kernels : kernels::available()) {
        CAPTURE(kernels->name);
        const Decay decay;
        const std::vector<float> current(n, 1e-40f);
        std::vector<float> last(n, -1.0f);
        const kernels::LifOutput output{kernels::LifMeasure::last_membrane, 1.0f, {last.data(), n}, {}};
        kernels::LifRespond job;
        job.units = {n, decay.beta.data(), decay.threshold.data()};
        job.rows = 1;
        job.current = {current.data(), n};
        job.outputs = &output;
        job.n_outputs = 1;
        job.steps = 64;
        kernels->lif_respond(job);
        for (const float u : last) CHECK(u > 9e-40f);
        job.steps = 65;
        kernels->lif_respond(job);
        for (const float u : last) CHECK(u == 1e-40f);
    }
}

TEST_CASE("moments of parameters that no longer learn decay to 0") {
    for (const Kernels* kernels : kernels::available()) {
        CAPTURE(kernels->name);
        const std::vector<float> none(n, 0.0f);
        std::vector<float> w(n, 1.0f), mean(n, 1e-36f), square(n, 1e-36f), velocity(n, 1e-36f);
        kernels::AdamStep adam{n,    none.data(), w.data(), mean.data(), square.data(), 0.5f, 0.5f,
                               0.5f, 0.5f,        1e-3f,    1.0f,        1e-8f,         0.0f, 1.0f};
        kernels::SgdStep sgd{n, none.data(), w.data(), velocity.data(), 1e-3f, 0.5f, 0.0f};
        bool passed = false;
        for (int step = 0; step < 100; ++step) {
            kernels->adam(adam);
            kernels->sgd(sgd);
            for (const auto* values : {&mean, &square, &velocity}) passed = passed || any_denormal(*values);
        }
        CHECK_FALSE(passed);
        for (const auto* values : {&mean, &square, &velocity}) CHECK(values->front() == 0.0f);
    }
}

TEST_CASE("a signal walked back that is a denormal after 64 steps is none then") {
    for (const Kernels* kernels : kernels::available()) {
        CAPTURE(kernels->name);
        constexpr std::size_t n_steps = 100;  // nothing arrives but in the last
        const std::vector<float> one(n, 1.0f), carry(n, 0.9f);
        std::vector<float> arriving(n_steps * n), signal(n_steps * n, -1.0f);
        std::fill(arriving.end() - n, arriving.end(), 1e-36f);
        kernels::WalkBack back;
        back.n_samples = 1;
        back.n_steps = n_steps;
        back.n = n;
        back.arriving = {arriving.data(), 0, n};
        back.psi = {one.data(), 0, 0};
        back.carry = {carry.data(), 0, 0};
        back.signal = {signal.data(), 0, n};
        kernels->walk_back(back);
        const float last_before = signal[(n_steps - 64) * n];  // 1e-36·0.9^63
        CHECK(std::fpclassify(last_before) == FP_SUBNORMAL);
        for (std::size_t i = 0; i < (n_steps - 64) * n; ++i) CHECK(signal[i] == 0.0f);
        for (std::size_t i = (n_steps - 1) * n; i < n_steps * n; ++i) CHECK(signal[i] == 1e-36f);
    }
}

TEST_CASE("a kernel leaves the caller's arithmetic as it was") {
    for (const Kernels* kernels : kernels::available()) {
        CAPTURE(kernels->name);
        Decay().step(*kernels, kernels::LifReset::none);
        volatile float smallest_normal = std::numeric_limits<float>::min();
        CHECK(smallest_normal * 0.5f > 0.0f);
    }
}
