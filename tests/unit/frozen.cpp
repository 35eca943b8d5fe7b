// What rests below the population that learns: kept outputs are computed ones, bit by bit.
#include "run/frozen.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "kinds.hpp"
#include "run/present_samples.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_train = 70;

/// Three populations; `keys` of the model's own tables, `first` and `second` of the first two populations.
Experiment experiment(const std::string& keys, const std::string& first, const std::string& second) {
    return build(read_model_text(
        "[data]\nfolder = \"" SNNFF_ROOT "/data/mnist-sample\"\nn_train = " + std::to_string(n_train) +
            "\nn_test = 5\n" + keys + "\n[time]\nsteps = 4\n" + "[population.one]\nsize = 21\n" + first +
            "\n[population.two]\nsize = 18\n" + second +
            "\n[population.three]\nneuron = \"relu\"\nsize = 9\n",
        "test", SNNFF_ROOT, {}));
}

const std::string fixed = "[negatives]\nredraw = \"once\"";
const std::string relu = "neuron = \"relu\"", lif = "neuron = \"lif\"\nthreshold = 0.2\noutput = \"rate\"",
                  sends_train = "neuron = \"lif\"\nthreshold = 0.2\noutput = \"spikes\"";

/// The input of a population, as the rows that it sees and the gains that scale them.
struct Input {
    std::vector<std::vector<float>> rows, gains;
    friend bool operator==(const Input& a, const Input& b) {
        const auto same = [](const auto& x, const auto& y) {
            return std::ranges::equal(x, y, [](const std::vector<float>& p, const std::vector<float>& q) {
                return p.size() == q.size() && std::memcmp(p.data(), q.data(), 4 * p.size()) == 0;
            });
        };
        return same(a.rows, b.rows) && same(a.gains, b.gains);
    }
};
Input input_of(const Batch& batch, std::size_t k) {
    Input input;
    for (const Variant& variant : batch.drive(k).variants) {
        CHECK(variant.n_changes == 0);
        for (std::size_t s = 0; s < batch.n_samples(); ++s)
            input.rows.emplace_back(variant.base.row(s).begin(), variant.base.row(s).end());
        input.gains.emplace_back(variant.gain.begin(), variant.gain.end());
    }
    return input;
}

/// What drives `entry` where all below it is computed for the batch: its own variants alone.
Input computed(const Experiment& e, Presentations& presentations, std::span<const std::uint32_t> samples,
               std::size_t entry, Side side, const Dropout* dropout) {
    Batch batch(e.network);
    Matrix images;
    std::vector<Variant> variants = presentations.variants(samples, images);
    if (side == Side::positives) variants.resize(1);
    if (side == Side::negatives) variants.erase(variants.begin());
    present_samples(presentations.presented(samples), std::move(variants), nullptr,
                    side == Side::negatives ? 0 : 1, batch);
    batch.climb(std::vector<ForwardRequest>(entry, {.output = true}));
    batch.ascend(section_of(e.network, entry - 1), dropout);
    return input_of(batch, entry);
}

Presentations presentations_of(const Experiment& e) {
    return {e.model.data,   e.model.plan, e.model.seed,
            e.network.time, e.train,      e.network.populations[0].below().normalisation};
}

std::vector<std::uint32_t> samples_of(bool all) {
    std::vector<std::uint32_t> samples;
    for (std::uint32_t s = 0; s < n_train; ++s) samples.push_back(s);
    return all ? samples : std::vector<std::uint32_t>{69, 3, 3, 40, 17, 0, 1, 2, 68};
}

}  // namespace

TEST_CASE("what is kept of populations that rest is what they answer, bit by bit") {
    struct Case {
        std::string first, second;
        std::size_t first_learning, entry;
    };
    const Case cases[] = {{relu, relu, 2, 2},
                          {lif, relu, 1, 1},
                          {lif, lif, 2, 2},
                          {sends_train, lif, 2, 2},   // a section rests whole
                          {lif, sends_train, 2, 1}};  // a section rests in part: it takes its steps again
    for (const auto& [first, second, first_learning, entry] : cases) {
        for (const std::string normalisation : {"rms", "group"}) {
            for (const double dropout_share : {0.0, 0.25}) {
                CAPTURE(first, second, first_learning, normalisation, dropout_share);
                Experiment e = experiment(fixed, first, second);
                for (std::size_t k = 1; k < 3; ++k) {
                    e.network.populations[k].below().normalisation = made<Normalisation>(normalisation);
                    e.network.populations[k - 1].n_groups = 3;
                }
                Presentations presentations = presentations_of(e);
                REQUIRE(FrozenLayers::memory(e.network, first_learning, e.model.data, n_train).kept > 0);
                FrozenLayers frozen(e.network, first_learning, presentations);
                const Dropout dropout{Seed{4}, dropout_share, 11};
                const Dropout* given = dropout_share > 0.0 ? &dropout : nullptr;
                // Dropout is for the input of who learns; in part of a section that is another population's.
                const Dropout* of_entry = entry == first_learning ? given : nullptr;
                for (const bool all : {true, false}) {
                    const auto samples = samples_of(all);
                    FrozenLayers::Memory memory;
                    for (const Side side : {Side::both, Side::positives, Side::negatives, Side::both}) {
                        Batch batch(e.network);
                        frozen.present(samples, side, given, memory, batch);
                        CHECK(batch.n_positive() == (side == Side::negatives ? 0 : 1));
                        CHECK(batch.n_variants() == (side == Side::both ? 2 : 1));
                        const Input found = input_of(batch, entry);
                        CHECK(found == computed(e, presentations, samples, entry, side, of_entry));
                        CHECK(found.rows.size() == batch.n_variants() * samples.size());
                    }
                }
            }
        }
    }
}

TEST_CASE("outputs are kept where every epoch shows the same, else computed for each batch") {
    const auto sees_new_weights = [](const std::string& keys) {
        Experiment e = experiment(keys, relu, relu);
        Presentations presentations = presentations_of(e);
        FrozenLayers frozen(e.network, 1, presentations);
        presentations.begin_epoch(1, {});
        const auto samples = samples_of(false);
        FrozenLayers::Memory memory;
        Batch batch(e.network);
        frozen.present(samples, Side::both, nullptr, memory, batch);
        const Input before = input_of(batch, 1);
        for (float& weight : e.network.populations[0].below().weight.memory()) weight = -weight;
        frozen.present(samples, Side::both, nullptr, memory, batch);
        const bool keeps = FrozenLayers::memory(e.network, 1, e.model.data, n_train).kept > 0;
        const bool changed = !(input_of(batch, 1) == before);
        CHECK(changed == !keeps);
        return changed;
    };
    CHECK_FALSE(sees_new_weights(fixed));
    CHECK(sees_new_weights(""));
    CHECK(sees_new_weights("shift_pixels = 1\n" + fixed));
}

TEST_CASE("nothing is kept below the first population, nor below a section that begins with it") {
    const Experiment e = experiment(fixed, sends_train, lif);
    for (const std::size_t first_learning : {0u, 1u}) {
        CHECK(FrozenLayers::memory(e.network, first_learning, e.model.data, n_train).kept == 0);
        Presentations presentations = presentations_of(e);
        FrozenLayers frozen(e.network, first_learning, presentations);
        FrozenLayers::Memory memory;
        Batch batch(e.network);
        const auto samples = samples_of(false);
        presentations.begin_epoch(0, {});
        frozen.present(samples, Side::both, nullptr, memory, batch);
        CHECK(batch.drive(0).variants.size() == 2);
        CHECK(std::ranges::equal(batch.drive(0).variants[0].base.row(3), e.train.x.row(40)));
    }
}
