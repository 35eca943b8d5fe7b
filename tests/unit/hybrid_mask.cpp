// Negatives without labels: masks of large patches, and images put together of two.
#include "data/hybrid_mask.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "kinds.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

using Mask = std::vector<std::uint8_t>;

/// The definition, pixel by pixel, in exact sixteenths: borders mirror, the edge included.
Mask blurred(const Mask& random, int rows, int cols, int n_blurs) {
    std::vector<std::uint64_t> image(random.begin(), random.end());
    const auto mirror = [](int x, int n) { return x < 0 ? -1 - x : x >= n ? 2 * n - 1 - x : x; };
    for (int b = 0; b < n_blurs; ++b) {
        std::vector<std::uint64_t> next(image.size());
        for (int r = 0; r < rows; ++r) {
            for (int c = 0; c < cols; ++c) {
                for (int i = -1; i <= 1; ++i) {
                    for (int j = -1; j <= 1; ++j) {
                        const auto weight = static_cast<std::uint64_t>((2 - std::abs(i)) * (2 - std::abs(j)));
                        const int from = mirror(r + i, rows) * cols + mirror(c + j, cols);
                        next[static_cast<std::size_t>(r * cols + c)] +=
                            weight * image[static_cast<std::size_t>(from)];
                    }
                }
            }
        }
        image = next;
    }
    Mask mask;
    const std::uint64_t one = std::uint64_t{1} << 4 * n_blurs;
    for (const std::uint64_t x : image) mask.push_back(2 * x > one ? 1 : 0);
    return mask;
}

double share_of_ones(const Mask& mask) {
    return static_cast<double>(std::ranges::count(mask, 1)) / static_cast<double>(mask.size());
}

/// Neighbours to the right that differ, per pixel.
double edges(const Mask& mask, std::size_t cols) {
    double n = 0.0;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        if ((i + 1) % cols != 0) n += mask[i] != mask[i + 1] ? 1.0 : 0.0;
    }
    return n / static_cast<double>(mask.size());
}

Experiment experiment(const std::string& keys) {
    const std::string model =
        "[data]\nfolder = \"" SNNFF_ROOT "/data/mnist-sample\"\nn_train = 90\nn_test = 5\n" + keys +
        "\n[overlay]\nkind = \"none\"\n[readout]\nkind = \"softmax\"\n[prediction]\nby = "
        "\"head\"\n[population.only]\nneuron = \"relu\"\nsize = 30\n";
    return build(read_model_text(model, "test", SNNFF_ROOT, {}));
}

std::vector<std::uint32_t> samples(std::uint32_t n) {
    std::vector<std::uint32_t> all(n);
    for (std::uint32_t s = 0; s < n; ++s) all[s] = n - 1 - s;
    return all;
}

}  // namespace

TEST_CASE("a mask is its random pixels blurred as often as drawn, at every size") {
    for (const auto& [rows, cols] : {std::pair{28u, 28u}, std::pair{1u, 40u}, std::pair{13u, 31u}}) {
        HybridMask random(rows, cols, 0, 0);
        for (std::uint32_t n_blurs : {1u, 2u, 9u, 13u}) {
            HybridMask mask(rows, cols, n_blurs, n_blurs);
            for (std::uint64_t i = 0; i < 5; ++i) {
                const Mask start = random.draw(Seed{4}, i, 2);
                CHECK(mask.draw(Seed{4}, i, 2) == blurred(start, static_cast<int>(rows),
                                                          static_cast<int>(cols), static_cast<int>(n_blurs)));
            }
        }
    }
}

TEST_CASE("masks are balanced, of large patches, and each number of blurs is as likely") {
    HybridMask random(28, 28, 0, 0), mask(28, 28, 5, 9);
    double ones = 0.0, rough = 0.0, smooth = 0.0;
    std::vector<int> n_blurs_drawn(10);
    constexpr int n = 1000;
    for (std::uint64_t i = 0; i < n; ++i) {
        const Mask start = random.draw(Seed{4}, i, 0), patches = mask.draw(Seed{4}, i, 0);
        ones += share_of_ones(patches) / n;
        rough += edges(start, 28) / n;
        smooth += edges(patches, 28) / n;
        for (int k = 5; k <= 9; ++k) {
            if (patches == blurred(start, 28, 28, k)) ++n_blurs_drawn[static_cast<std::size_t>(k)];
        }
    }
    // A blur of variance k/2 per axis leaves patches of a few dozen pixels: a mask's share of ones varies by
    // 0.1 or so, a thousand masks' mean by 0.003. A pixel of exactly a half, which counts as 0, is rare.
    CHECK(std::abs(ones - 0.5) < 0.015);
    CHECK(rough == Approx(0.5 * 27.0 / 28.0).epsilon(0.01));
    // P(two Gaussians of correlation ρ differ in sign) = acos(ρ)/π. Neighbours under a k-fold [1,2,1]/4 are
    // correlated by C(4k, 2k+1)/C(4k, 2k) = 2k/(2k+1): k = 5 .. 9 give 0.138 .. 0.104 in the inside.
    double expected = 0.0;
    for (int k = 5; k <= 9; ++k) expected += std::acos(2.0 * k / (2.0 * k + 1.0)) / 3.14159265 / 5.0;
    CHECK(smooth == Approx(expected * 27.0 / 28.0).epsilon(0.1));
    for (std::size_t k = 5; k <= 9; ++k) CHECK(std::abs(n_blurs_drawn[k] - n / 5) < 5 * 13);
}

TEST_CASE("a hybrid is one image inside its mask and one other image outside, anew in every epoch") {
    const Experiment e = experiment("[negatives]\nkind = \"hybrid_mask\"\nper_positive = 2");
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                made<Normalisation>("l2"));
    const auto all = samples(90);
    Matrix images, before;
    for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
        presentations.begin_epoch(epoch, {});
        const auto variants = presentations.variants(all, images);
        REQUIRE(variants.size() == 3);
        for (std::size_t s = 0; s < 90; ++s) {
            const auto own = e.train.x.row(all[s]);
            CHECK(std::ranges::equal(variants[0].base.row(s), own));
            for (std::uint32_t set = 0; set < 2; ++set) {
                HybridMask masks(28, 28, 5, 9);
                const Mask& mask =
                    masks.draw(e.model.seed, static_cast<std::uint64_t>(epoch) << 32 | all[s], set);
                const auto hybrid = variants[1 + set].base.row(s);
                int n_others = 0;
                for (std::uint32_t other = 0; other < 90; ++other) {
                    bool fits = other != all[s];
                    for (std::size_t p = 0; p < 784 && fits; ++p) {
                        fits = hybrid[p] == (mask[p] != 0 ? own[p] : e.train.x(other, p));
                    }
                    n_others += fits ? 1 : 0;
                }
                CHECK(n_others == 1);
                double sum = 0.0;
                for (const float x : hybrid) sum += static_cast<double>(x) * static_cast<double>(x);
                CHECK(variants[1 + set].gain[s] == made<Normalisation>("l2")->gain(sum, 784));
                CHECK(variants[1 + set].n_changes == 0);
            }
            CHECK_FALSE(std::ranges::equal(variants[1].base.row(s), variants[2].base.row(s)));
            if (epoch > 0) CHECK_FALSE(std::ranges::equal(variants[1].base.row(s), before.row(90 + s)));
        }
        before = images;
    }
}

TEST_CASE("hybrids do not depend on the batch or the number of threads") {
    const Experiment e = experiment("[negatives]\nkind = \"hybrid_mask\"\n");
    Presentations presentations(e.model.data, e.model.plan, e.model.seed, e.network.time, e.train,
                                made<Normalisation>("l2"));
    presentations.begin_epoch(3, {});
    const auto all = samples(90);
    Matrix whole, part;
    {
        const ThreadLimit one(1);
        presentations.variants(all, whole);
    }
    const ThreadLimit seven(7);
    for (const std::size_t first : {0u, 37u}) {
        const std::size_t n = 90 - first;
        const auto variants = presentations.variants(std::span(all).subspan(first), part);
        for (std::size_t s = 0; s < n; ++s) {
            CHECK(std::ranges::equal(variants[1].base.row(s), whole.row(90 + first + s)));
        }
    }
}

TEST_CASE("hybrids move with their image, and what is no image is refused") {
    const Experiment still = experiment("[negatives]\nkind = \"hybrid_mask\"\nredraw = \"once\"\n");
    const Experiment moving =
        experiment("shift_pixels = 2\n[negatives]\nkind = \"hybrid_mask\"\nredraw = \"once\"\n");
    Presentations a(still.model.data, still.model.plan, still.model.seed, still.network.time, still.train,
                    made<Normalisation>("l2")),
        b(moving.model.data, moving.model.plan, moving.model.seed, moving.network.time, moving.train,
          made<Normalisation>("l2"));
    CHECK(a.fixed());
    CHECK_FALSE(b.fixed());
    Matrix here, there;
    for (Presentations* presentations : {&a, &b}) presentations->begin_epoch(1, {});
    a.variants(samples(90), here);
    b.variants(samples(90), there);
    // the middle of an image, moved, lies within the whole
    const auto moved_by = [](std::span<const float> from, std::span<const float> to) {
        std::vector<std::pair<int, int>> ways;
        for (int down = -2; down <= 2; ++down) {
            for (int right = -2; right <= 2; ++right) {
                bool fits = true;
                for (int r = 2; r < 26 && fits; ++r) {
                    for (int c = 2; c < 26 && fits; ++c) {
                        fits = to[static_cast<std::size_t>(28 * r + c)] ==
                               from[static_cast<std::size_t>(28 * (r - down) + c - right)];
                    }
                }
                if (fits) ways.emplace_back(down, right);
            }
        }
        return ways;
    };
    for (std::size_t s = 0; s < 90; ++s) {
        const auto way = moved_by(here.row(s), there.row(s));
        REQUIRE(way.size() == 1);
        CHECK(moved_by(here.row(90 + s), there.row(90 + s)) == way);
    }

    Dataset dataset;
    dataset.x.resize(3, 20);
    dataset.label.assign(3, 0);
    const auto negatives = made<Negatives>("hybrid_mask");
    CHECK_THROWS_AS(negatives->check(dataset, 10), DataError);  // neither rows nor columns
    dataset.image_rows = 4;
    dataset.image_cols = 5;
    CHECK_NOTHROW(negatives->check(dataset, 10));
    dataset.x.resize(1, 20);
    CHECK_THROWS_AS(negatives->check(dataset, 10), DataError);  // no second image
    CHECK_THROWS_AS(made<Negatives>("hybrid_mask", {key("n_blurs_least", std::int64_t{10})}), ModelError);
}
