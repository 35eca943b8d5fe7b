// A batch on its way up through sections: climbing is what its parts are, and what a population sent stays as
// it is, whoever receives it.
#include "engine/batch.hpp"

#include <cstring>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "kinds.hpp"
#include "run/present_samples.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_train = 50;

/// Four populations, of which the second and third are joined by a train.
Experiment experiment(const std::string& encoding = "") {
    const std::string unit = "neuron = \"lif\"\nthreshold = 0.2\nsize = ";
    return build(read_model_text(
        "[data]\nfolder = \"" SNNFF_ROOT "/data/mnist-sample\"\nn_train = " + std::to_string(n_train) +
            "\nn_test = 5\n" + encoding + "\n[time]\nsteps = 4\n[population.one]\n" + unit +
            "24\noutput = \"membrane_mean\"\n[population.two]\n" + unit +
            "18\noutput = \"spikes\"\n[population.three]\n" + unit +
            "40\n[population.four]\nneuron = \"relu\"\nsize = 9\n",
        "test", SNNFF_ROOT, {}));
}

using Bits = std::vector<std::vector<float>>;
bool same(const Bits& a, const Bits& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].size() != b[i].size() || std::memcmp(a[i].data(), b[i].data(), 4 * a[i].size()) != 0)
            return false;
    }
    return true;
}
Bits bits(const std::vector<Matrix>& matrices) {
    Bits all;
    for (const Matrix& m : matrices) all.emplace_back(m.values().begin(), m.values().end());
    return all;
}
/// Rows and gains of what drives a population.
Bits bits(const Drive& drive) {
    Bits all;
    for (const Variant& variant : drive.variants) {
        for (std::size_t s = 0; s < variant.gain.size(); ++s)
            all.emplace_back(variant.base.row(s).begin(), variant.base.row(s).end());
        all.emplace_back(variant.gain.begin(), variant.gain.end());
    }
    return all;
}

/// All training samples and their negatives, before the first population.
struct Presentation {
    explicit Presentation(Experiment& e)
        : presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                        e.network.populations[0].below().normalisation),
          batch(e.network) {
        presentations.begin_epoch(0, {});
        for (std::uint32_t s = 0; s < n_train; ++s) samples.push_back(s);
        present_samples(presentations.presented(samples), presentations.variants(samples, images), nullptr, 1,
                        batch);
    }
    Presentations presentations;
    Matrix images;
    std::vector<std::uint32_t> samples;
    Batch batch;
};

std::vector<ForwardRequest> requests(std::size_t n, const Goodness* goodness = nullptr) {
    return std::vector<ForwardRequest>(n, {.goodness = goodness, .output = true});
}

}  // namespace

TEST_CASE("climbing goes through each section and takes its output to the next") {
    for (const std::string encoding : {"", "[encoding]\nkind = \"poisson\"\nmax_rate_hz = 400.0"}) {
        CAPTURE(encoding);
        Experiment e = experiment(encoding);
        const Goodness* goodness = e.model.learning.goodness.get();
        Presentation climbs(e), by_hand(e);
        climbs.batch.climb(requests(4, goodness));
        Batch& batch = by_hand.batch;
        for (const Section section : {Section{0, 0}, Section{1, 2}, Section{3, 3}}) {
            CHECK(section_of(e.network, section.first).first == section.first);
            CHECK(section_of(e.network, section.first).last == section.last);
            batch.forward(section, requests(section.size(), goodness));
            if (section.last < 3) batch.ascend(section);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            CAPTURE(k);
            CHECK(climbs.batch.activity(k).goodness == batch.activity(k).goodness);
            CHECK(climbs.batch.activity(k).rate == batch.activity(k).rate);
            CHECK(same(bits(climbs.batch.activity(k).output), bits(batch.activity(k).output)));
            if (k == 3) break;
            for (const double rate : batch.activity(k).rate[0]) CHECK(rate > 0.0);
        }
        CHECK(batch.activity(1).output.empty());  // it sends a train, which is not stored whole
        CHECK(same(bits(climbs.batch.drive(3)), bits(batch.drive(3))));
        // Fewer requests: as far as they go.
        Presentation part(e);
        part.batch.climb(requests(1, goodness));
        CHECK(same(bits(part.batch.activity(0).output), bits(batch.activity(0).output)));
        CHECK(part.batch.activity(2).goodness.empty());
    }
}

TEST_CASE("scores of a batch stay when it goes through a section again without being scored") {
    for (const std::string encoding : {"", "[encoding]\nkind = \"latency\""}) {
        CAPTURE(encoding);
        Experiment e = experiment(encoding);
        Presentation presentation(e);
        Batch& batch = presentation.batch;
        batch.climb(requests(4, e.model.learning.goodness.get()));
        std::vector<std::vector<std::vector<double>>> scores;
        for (std::size_t k = 0; k < 4; ++k) {
            scores.push_back(batch.activity(k).goodness);
            for (const double score : scores[k][0]) CHECK(score > 0.0);
        }
        batch.climb(requests(4));
        for (std::size_t k = 0; k < 4; ++k) CHECK(batch.activity(k).goodness == scores[k]);
    }
}

TEST_CASE("what a population sent is not changed by who receives it, however often") {
    for (const std::string normalisation : {"none", "rms", "group"}) {
        for (const double share : {0.0, 0.25}) {
            CAPTURE(normalisation, share);
            Experiment e = experiment();
            e.network.populations[0].n_groups = 3;
            e.network.populations[1].below().normalisation = made<Normalisation>(normalisation);
            Presentation presentation(e);
            Batch& batch = presentation.batch;
            batch.forward({0, 0}, requests(1));
            const Bits sent = bits(batch.activity(0).output);
            const Dropout dropout{Seed{2}, share, 5}, other{Seed{2}, share, 6};
            const Dropout* given = share > 0.0 ? &dropout : nullptr;
            batch.ascend({0, 0}, given);
            const Bits received = bits(batch.drive(1));
            CHECK(same(bits(batch.activity(0).output), sent));
            batch.ascend({0, 0}, given);
            CHECK(same(bits(batch.activity(0).output), sent));
            CHECK(same(bits(batch.drive(1)), received));
            // Another batch's dropout in between leaves nothing behind.
            if (given != nullptr) {
                batch.ascend({0, 0}, &other);
                CHECK_FALSE(same(bits(batch.drive(1)), received));
                batch.ascend({0, 0}, given);
                CHECK(same(bits(batch.drive(1)), received));
            }
            // The definition, value by value: normalised, then left out.
            Matrix expected = batch.activity(0).output[1];
            for (std::size_t s = 0; s < n_train; ++s) {
                const float gain =
                    normalise(*e.network.populations[1].below().normalisation, expected.row(s), 3);
                CHECK(batch.drive(1).variants[1].gain[s] == gain);
            }
            if (given != nullptr) leave_out(dropout, 1, expected);
            for (std::size_t s = 0; s < n_train; ++s) {
                const auto row = batch.drive(1).variants[1].base.row(s);
                CHECK(std::memcmp(row.data(), expected.row(s).data(), 4 * row.size()) == 0);
            }
            CHECK(same(bits(batch.activity(0).output), sent));
        }
    }
}

TEST_CASE("a batch that was on its way before leaves nothing in the next, also of another size") {
    Experiment e = experiment();
    const Goodness* goodness = e.model.learning.goodness.get();
    Presentation presentation(e);
    const auto climb = [&](std::size_t n, Batch& batch) {
        const auto samples = std::span(presentation.samples).first(n);
        present_samples(presentation.presentations.presented(samples),
                        presentation.presentations.variants(samples, presentation.images), nullptr, 1, batch);
        batch.climb(requests(4, goodness));
    };
    Batch used(e.network);
    for (const std::size_t n : {50u, 7u, 50u, 20u}) {
        CAPTURE(n);
        Batch fresh(e.network);
        climb(n, used);
        climb(n, fresh);
        for (std::size_t k = 0; k < 4; ++k) {
            CHECK(used.activity(k).goodness == fresh.activity(k).goodness);
            CHECK(used.activity(k).goodness[1].size() == n);
            CHECK(same(bits(used.activity(k).output), bits(fresh.activity(k).output)));
        }
    }
}
