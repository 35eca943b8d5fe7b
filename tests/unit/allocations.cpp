// How often an update asks for memory once its memory is there.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "rules/rule.hpp"
#include "run/plan.hpp"
#include "run/present_samples.hpp"
#include "snnff/training.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> n_allocations{0};

void* memory(std::size_t size, std::size_t alignment) {
    if (counting) ++n_allocations;
    // aligned_alloc takes whole multiples of the alignment, and no less than one
    const std::size_t whole = (size + alignment) / alignment * alignment;
    void* place = std::aligned_alloc(alignment, whole);
    if (place == nullptr) throw std::bad_alloc();
    return place;
}

}  // namespace

// All of them, for the address sanitizer has its own of those that are left out, and compares.
void* operator new(std::size_t size) { return memory(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return memory(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return memory(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return memory(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return memory(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return memory(size, alignof(std::max_align_t));
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete[](void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t) noexcept { std::free(place); }
void operator delete(void* place, std::align_val_t) noexcept { std::free(place); }
void operator delete[](void* place, std::align_val_t) noexcept { std::free(place); }
void operator delete(void* place, std::size_t, std::align_val_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t, std::align_val_t) noexcept { std::free(place); }

using namespace snnff;

namespace {

using Change = std::function<void(Network&)>;

/// Allocations of an update of all populations, `change` made to the network before. On one thread the most
/// of five updates after the first three; on two the fewest of 30, for a thread takes its own memory with its
/// first task, whenever that comes.
std::size_t allocations(const std::string& populations, const std::string& keys, std::size_t n_threads,
                        const Change& change = {}) {
    const std::string model =
        "[data]\nfolder = \"" SNNFF_ROOT
        "/data/mnist-sample\"\nn_train = 80\nn_test = 5\n[time]\nsteps = 5\n[plan]\nbatch_size = 80\n" +
        keys + "\n" + populations;
    Experiment e = build(read_model_text(model, "test", SNNFF_ROOT, {}));
    if (change) change(e.network);
    const ThreadLimit limit(n_threads);
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                e.network.populations[0].below().normalisation);
    presentations.begin_epoch(0, {});
    const auto learning_rule = e.model.learning.rule->start(e.model.learning, e.network);
    Rule& rule = *learning_rule;
    const Stage stage = make_plan(e.model.plan, e.network.populations.size()).front();
    const std::vector<Rule::Part> parts = rule.parts(stage);
    const std::vector<double> progress(e.network.populations.size());
    const Dropout dropout{e.model.seed, e.model.learning.dropout, 0};
    const Dropout* leaves_out = e.model.learning.dropout > 0.0 ? &dropout : nullptr;
    Batch batch(e.network);
    Matrix images;
    const auto samples = presentations.samples(0);
    std::vector<std::size_t> found;
    for (std::size_t update = 0; update < (n_threads == 1 ? 8 : 30); ++update) {
        present_samples(presentations.presented(samples), presentations.variants(samples, images, leaves_out),
                        leaves_out, 1, batch);
        n_allocations = 0;
        counting = true;
        for (const Rule::Part& part : parts) {
            rule.learn(batch, {stage, progress, e.train.label, leaves_out}, part);
        }
        counting = false;
        found.push_back(n_allocations);
    }
    return n_threads == 1 ? *std::max_element(found.begin() + 3, found.end()) : std::ranges::min(found);
}

std::string two_of(const std::string& keys) {
    std::string text;
    for (const char* name : {"one", "two"}) {
        text += "[population." + std::string(name) + "]\n" + keys + "\n";
    }
    return text;
}

const std::string readout = "[population.readout]\nneuron = \"linear\"\nsize = 10\n";
const std::string lif = "neuron = \"lif\"\nsize = 70", relu = "neuron = \"relu\"\nsize = 70";

}  // namespace

TEST_CASE("an update under a constant drive takes no memory") {
    for (const std::size_t n_threads : {1u, 2u}) {
        CAPTURE(n_threads);
        CHECK(allocations(two_of(relu), "", n_threads) == 0);
        CHECK(allocations(two_of(lif), "", n_threads) == 0);
        CHECK(allocations(two_of(lif + "\nrefractory_steps = 2\nreset = \"zero\""), "", n_threads) == 0);
        CHECK(allocations(two_of(relu), "[learning]\ndropout = 0.25", n_threads) == 0);
        CHECK(allocations(two_of(relu), "order = \"per_batch\"\nupdates_per_batch = 2", n_threads) == 0);
        const std::string backprop = "[learning]\nrule = \"backprop\"\ndropout = 0.25";
        CHECK(allocations(two_of(relu) + readout, backprop, n_threads) == 0);
        CHECK(allocations(two_of(lif) + readout, backprop, n_threads) == 0);
        const std::string groups = "[learning]\ngoodness = \"class_groups\"\nloss = \"class_softmax\"";
        CHECK(allocations(two_of(lif), groups, n_threads) == 0);
        CHECK(allocations(two_of(relu), groups + "\ndropout = 0.25", n_threads) == 0);
        CHECK(allocations(two_of(relu), "phases = \"separated\"\n[learning]\nloss = \"softplus\"",
                          n_threads) == 0);
    }
}

// At a rate that changes no spike: lists of spikes grow where more come than ever before.
TEST_CASE("an update from spike trains that have come before takes no memory") {
    const std::string still = "[learning]\nrate = 1e-12\n";
    const std::string sends = lif + "\noutput = \"spikes\"";
    const std::string alone = "\nnormalisation = \"none\"";
    for (const std::size_t n_threads : {1u, 2u}) {
        CAPTURE(n_threads);
        CHECK(allocations(two_of(lif), still + "[encoding]\nkind = \"poisson\"", n_threads) == 0);
        CHECK(allocations(two_of(sends), still, n_threads) == 0);
        CHECK(allocations(two_of(sends + alone) + readout.substr(0, readout.size() - 1) + alone + "\n",
                          still + "rule = \"backprop\"", n_threads) == 0);
        CHECK(allocations(two_of(sends), still, n_threads, [](Network& network) {
                  connect(network, 0, {.from = 0, .delay_steps = 1, .weight = Panels(70, 70)});
                  connect(network, 0, {.from = 1, .delay_steps = 1, .weight = Panels(70, 70)});
              }) == 0);
    }
}
