// Warped training images, by what they do to ramps: the value of a pixel then says where it came from.
#include "data/augment.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "snnff/model_spec.hpp"

using namespace snnff;

namespace {

constexpr std::size_t side = 28, n_samples = 400;

/// Images whose pixels hold their row, or their column.
struct Ramps {
    ModelSpec model;
    Dataset dataset;
    std::vector<std::uint32_t> samples;

    explicit Ramps(double warp_pixels) : samples(n_samples) {
        model.seed = Seed{3};
        model.data.augmentation.warp_pixels = warp_pixels;
        model.data.overlay.enabled = false;
        dataset.image_rows = dataset.image_cols = side;
        std::iota(samples.begin(), samples.end(), 0u);
    }
    Matrix warped(bool of_rows, std::int64_t epoch) const {
        Matrix images(n_samples, side * side);
        for (std::size_t s = 0; s < n_samples; ++s) {
            for (std::size_t p = 0; p < side * side; ++p) {
                images(s, p) = static_cast<float>(of_rows ? p / side : p % side);
            }
        }
        augment_images(model.data, model.seed, dataset, epoch, samples, images);
        return images;
    }
};

struct Spread {
    double n = 0, sum = 0, squares = 0;
    void add(double x) { n += 1, sum += x, squares += x * x; }
    double mean() const { return sum / n; }
    double deviation() const { return std::sqrt(squares / n - mean() * mean()); }
};

}  // namespace

TEST_CASE("displacements have the standard deviation that was asked for, along both axes, and are smooth") {
    const Ramps ramps(1.2);
    for (const bool of_rows : {true, false}) {
        const Matrix images = ramps.warped(of_rows, 0);
        Spread all, steps;
        for (std::size_t s = 0; s < n_samples; ++s) {
            const auto displacement = [&](std::size_t r, std::size_t c) {
                return static_cast<double>(images(s, r * side + c)) - static_cast<double>(of_rows ? r : c);
            };
            // away from the border, where background would come in
            for (std::size_t r = 7; r < 21; ++r) {
                for (std::size_t c = 7; c < 21; ++c) {
                    all.add(displacement(r, c));
                    steps.add(displacement(r, c) - displacement(r, c + 1));
                }
            }
        }
        CHECK(std::abs(all.mean()) < 0.1);
        CHECK(all.deviation() == Approx(1.2).epsilon(0.05));
        CHECK(steps.deviation() < 0.25 * all.deviation());
        CHECK(steps.deviation() > 0.02 * all.deviation());  // no mere shift
    }
}

TEST_CASE("the same epoch and sample warp alike, others differently; rows and columns apart") {
    const Ramps ramps(1.0);
    const Matrix first = ramps.warped(true, 0), again = ramps.warped(true, 0), later = ramps.warped(true, 1),
                 columns = ramps.warped(false, 0);
    const std::size_t middle = 14 * side + 14;
    CHECK(std::ranges::equal(first.values(), again.values()));
    std::size_t n_same = 0;
    for (std::size_t s = 0; s + 1 < n_samples; ++s) {
        n_same += first(s, middle) == later(s, middle) || first(s, middle) == first(s + 1, middle) ||
                  first(s, middle) == columns(s, middle);
    }
    CHECK(n_same < 3);
}

TEST_CASE("what comes in from outside is background, and labels stay clear") {
    Ramps ramps(0.0);
    ramps.model.data.augmentation.shift_pixels = 3;
    ramps.dataset.background = -5.0f;
    ramps.model.data.overlay.enabled = true;
    ramps.model.data.overlay.n_labels = 10;
    const Matrix moved = ramps.warped(true, 0);
    ramps.model.data.augmentation.warp_pixels =
        1e-9;  // the way between pixels gives the same where it moves none
    const Matrix warped = ramps.warped(true, 0);
    bool saw_background = false;
    for (std::size_t i = 0; i < moved.size(); ++i) {
        CHECK(std::abs(moved.data()[i] - warped.data()[i]) < 1e-4f);
        saw_background = saw_background || moved.data()[i] == -5.0f;
    }
    CHECK(saw_background);
    for (std::size_t s = 0; s < n_samples; ++s) {
        for (std::size_t l = 0; l < 10; ++l) CHECK(warped(s, l) == 0.0f);
    }
}

TEST_CASE("half of the images are mirrored, columns alone, and others in another epoch") {
    Ramps ramps(0.0);
    ramps.model.data.augmentation.mirror = true;
    const Matrix columns = ramps.warped(false, 0), rows = ramps.warped(true, 0),
                 later = ramps.warped(false, 1);
    std::size_t n_mirrored = 0, n_changed = 0;
    for (std::size_t s = 0; s < n_samples; ++s) {
        const bool mirrored = columns(s, 0) == static_cast<float>(side - 1);
        for (std::size_t p = 0; p < side * side; ++p) {
            REQUIRE(columns(s, p) == static_cast<float>(mirrored ? side - 1 - p % side : p % side));
            REQUIRE(rows(s, p) == static_cast<float>(p / side));
        }
        n_mirrored += mirrored;
        n_changed += columns(s, 0) != later(s, 0);
    }
    // binomial, n = 400, p = 1/2: five standard deviations are 50
    CHECK(n_mirrored > 150);
    CHECK(n_mirrored < 250);
    CHECK(n_changed > 150);
    CHECK(n_changed < 250);
}
