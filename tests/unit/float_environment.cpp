// Whoever calls the library may round and flush as they like: results do not change, nor does their mode.
#include "core/float_environment.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "parallel/parallel.hpp"
#include "snnff/trace.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

#if defined(__x86_64__)
std::uint64_t mode() { return __builtin_ia32_stmxcsr() & ~0x3fu; }  // without the flags of what has happened
void set_mode(std::uint64_t mode) { __builtin_ia32_ldmxcsr(static_cast<unsigned>(mode)); }
constexpr std::uint64_t awkward = 0x1f80 | 0x8000 | 0x0040 | 0x4000;  // FTZ, DAZ, up
#elif defined(__aarch64__)
std::uint64_t mode() {
    std::uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}
void set_mode(std::uint64_t mode) { asm volatile("msr fpcr, %0" ::"r"(mode)); }
constexpr std::uint64_t awkward = 1u << 24 | 1u << 22;  // FZ, up
#endif

/// The processor's mode for as long as it lives.
class Mode {
  public:
    explicit Mode(std::uint64_t wanted) { set_mode(wanted); }
    ~Mode() { set_mode(before_); }
    Mode(const Mode&) = delete;
    Mode& operator=(const Mode&) = delete;

  private:
    std::uint64_t before_ = mode();
};

/// Whether this thread keeps denormals and rounds to nearest, both ways.
bool is_exact() {
    volatile float small = std::numeric_limits<float>::min(), third = 1.0f / 3.0f, one = 1.0f,
                   tiny = 0x1p-30f;
    const float half = small * 0.5f, doubled = half * 2.0f;
    return half > 0.0f && doubled == small && one + tiny == 1.0f && -one - tiny == -1.0f &&
           third * 3.0f == 1.0f;
}

ModelSpec model(const std::string& neuron) {
    return read_model_text(
        "seed = 3\n[data]\nfolder = \"" SNNFF_ROOT
        "/data/mnist-sample\"\nn_train = 200\nn_test = 50\nwarp_pixels = 1.0\n[time]\nsteps = 4\n"
        "[population.only]\nneuron = \"" +
            neuron + "\"\nsize = 30\n[plan]\nepochs = 2\nbatch_size = 70\n",
        "test", SNNFF_ROOT, {});
}

/// All that a run leaves: weights, biases, goodness, and one presentation step by step.
std::vector<float> results(const std::string& neuron) {
    const ThreadLimit threads(2);
    Experiment experiment = build(model(neuron));
    const std::atomic<int> stop{0};
    train(experiment, {}, stop);
    const Population& population = experiment.network.populations.front();
    const auto weights = population.below().weight.memory();
    std::vector<float> all(weights.begin(), weights.end());
    all.insert(all.end(), population.bias.begin(), population.bias.end());
    const Evaluation evaluation = evaluate(experiment.network, experiment.model, experiment.test);
    const auto goodness = evaluation.goodness.values();
    all.insert(all.end(), goodness.begin(), goodness.end());
    Tracer tracer(experiment.network, experiment.model, experiment.test);
    tracer.present(0, 1, [&](std::size_t, std::int64_t, const StepView& view) {
        const auto current = view.current.row(0);
        all.insert(all.end(), current.begin(), current.end());
    });
    return all;
}

}  // namespace

TEST_CASE("a run has the same bits from whatever mode it is called, and leaves the mode") {
    for (const char* neuron : {"lif", "relu", "silu"}) {
        CAPTURE(neuron);
        const std::vector<float> usual = results(neuron);
        const Mode set(awkward);
        REQUIRE_FALSE(is_exact());
        const std::vector<float> from_awkward = results(neuron);
        CHECK(mode() == awkward);
        CHECK(usual == from_awkward);
    }
}

TEST_CASE("the mode is set while the guard lives, and is back after") {
    const Mode set(awkward);
    CHECK_FALSE(is_exact());
    {
        const FloatEnvironment outer;
        CHECK(is_exact());
        {
            const FloatEnvironment inner;
            CHECK(is_exact());
        }
        CHECK(is_exact());
    }
    CHECK(mode() == awkward);
}

TEST_CASE("the mode is back after an exception") {
    const Mode set(awkward);
    try {
        const FloatEnvironment environment;
        throw 1;
    } catch (int) {
    }
    CHECK(mode() == awkward);
}

TEST_CASE("tasks and stages of a pipeline are exact on every thread") {
    const Mode set(awkward);
    const ThreadLimit threads(4);
    std::atomic<int> n_exact{0};
    for (const std::size_t n : {std::size_t{1}, std::size_t{200}}) {
        n_exact = 0;
        for_blocks(n, 1, [&](std::size_t, std::size_t) { n_exact += is_exact() ? 1 : 0; });
        CHECK(n_exact == static_cast<int>(n));
    }
    for (const std::size_t n_slots : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(n_slots);
        n_exact = 0;
        int n_begun = 0;
        run_pipeline({.n_parts = 2,
                      .n_slots = n_slots,
                      .begin =
                          [&](std::size_t) {
                              n_exact += is_exact() ? 1 : 0;
                              return ++n_begun <= 10;
                          },
                      .work = [&](std::size_t, std::size_t) { n_exact += is_exact() ? 1 : 0; },
                      .end = [&](std::size_t) { n_exact += is_exact() ? 1 : 0; }});
        CHECK(n_exact == 11 + 20 + 10);
    }
    CHECK(mode() == awkward);
}
