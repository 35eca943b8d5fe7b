#include "data/augment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "parallel/parallel.hpp"
#include "snnff/functions.hpp"
#include "snnff/random.hpp"

namespace snnff {
namespace {

/// Pixels between knots of the field.
constexpr std::size_t spacing = 7;
/// Of a cubic B-spline's squared weights, their mean over positions: what a variance at the knots shrinks to
/// along one axis.
constexpr float mean_squared_weights = 151.0f / 315.0f;

/// The four knots that bear on a pixel, and by how much.
struct Bearing {
    std::size_t first_knot;
    std::array<float, 4> weight;
};

Bearing bearing(std::size_t pixel) {
    const float t = static_cast<float>(pixel % spacing) / static_cast<float>(spacing), s = 1.0f - t;
    return {pixel / spacing,
            {s * s * s / 6.0f, (4.0f + 3.0f * t * t * (t - 2.0f)) / 6.0f,
             (4.0f + 3.0f * s * s * (s - 2.0f)) / 6.0f, t * t * t / 6.0f}};
}

std::vector<Bearing> bearings(std::size_t n_pixels) {
    std::vector<Bearing> all;
    for (std::size_t pixel = 0; pixel < n_pixels; ++pixel) all.push_back(bearing(pixel));
    return all;
}

/// One image's field of displacements, row by row.
class Field {
  public:
    Field(std::size_t rows, std::size_t cols)
        : of_row_(bearings(rows)),
          of_col_(bearings(cols)),
          knot_rows_(of_row_.back().first_knot + 4),
          knot_cols_(of_col_.back().first_knot + 4) {
        for (std::size_t axis = 0; axis < 2; ++axis) {
            knots_[axis].resize(knot_rows_ * knot_cols_);
            along_row_[axis].resize(knot_cols_);
            displacement_[axis].resize(cols);
        }
    }

    /// Draws the knots such that displacements along an axis have the standard deviation `pixels`.
    void draw(double pixels, Seed seed, std::uint64_t which) {
        const float scale = static_cast<float>(pixels) / mean_squared_weights;
        for (std::size_t axis = 0; axis < 2; ++axis) {
            for (std::size_t k = 0; k < knots_[axis].size(); ++k) {
                const auto number = static_cast<std::uint32_t>(axis * knots_[axis].size() + k);
                knots_[axis][k] = scale * normal(seed, Stream::warp, which, number);
            }
        }
    }

    void go_to_row(std::size_t row) {
        const Bearing& vertical = of_row_[row];
        for (std::size_t axis = 0; axis < 2; ++axis) {
            const float* knots = knots_[axis].data() + vertical.first_knot * knot_cols_;
            for (std::size_t k = 0; k < knot_cols_; ++k) {
                along_row_[axis][k] = vertical.weight[0] * knots[k] +
                                      vertical.weight[1] * knots[k + knot_cols_] +
                                      vertical.weight[2] * knots[k + 2 * knot_cols_] +
                                      vertical.weight[3] * knots[k + 3 * knot_cols_];
            }
            for (std::size_t c = 0; c < displacement_[axis].size(); ++c) {
                const Bearing& horizontal = of_col_[c];
                const float* near = along_row_[axis].data() + horizontal.first_knot;
                displacement_[axis][c] = horizontal.weight[0] * near[0] + horizontal.weight[1] * near[1] +
                                         horizontal.weight[2] * near[2] + horizontal.weight[3] * near[3];
            }
        }
    }
    /// In the row that was gone to; [column] pixels.
    std::span<const float> down() const { return displacement_[0]; }
    std::span<const float> right() const { return displacement_[1]; }

  private:
    std::vector<Bearing> of_row_, of_col_;
    std::size_t knot_rows_, knot_cols_;
    std::vector<float> knots_[2];         // [knot row x knot column], for down and right
    std::vector<float> along_row_[2];     // [knot column]
    std::vector<float> displacement_[2];  // [column]
};

/// An image that has the background's value everywhere outside.
struct Picture {
    const float* data;
    std::int64_t rows, cols;
    float background;

    float at(std::int64_t r, std::int64_t c) const {
        return r >= 0 && r < rows && c >= 0 && c < cols ? data[r * cols + c] : background;
    }
    float between(float r, float c) const {
        const float top = functions::floor(r), left = functions::floor(c), down = r - top, right = c - left;
        const auto r0 = static_cast<std::int64_t>(top), c0 = static_cast<std::int64_t>(left);
        const float above = (1.0f - right) * at(r0, c0) + right * at(r0, c0 + 1);
        const float below = (1.0f - right) * at(r0 + 1, c0) + right * at(r0 + 1, c0 + 1);
        return (1.0f - down) * above + down * below;
    }
};

}  // namespace

void augment_images(const DataSpec& data, Seed seed, const Dataset& dataset, std::int64_t epoch,
                    std::span<const std::uint32_t> samples, MatrixView images) {
    const auto rows = static_cast<std::int64_t>(dataset.image_rows),
               cols = static_cast<std::int64_t>(dataset.image_cols);
    const Augmentation& augmentation = data.augmentation;
    const auto n_ways = static_cast<std::uint32_t>(2 * augmentation.shift_pixels + 1);
    const bool warps = augmentation.warp_pixels > 0.0;
    for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
        const MatrixView before = scratch(0, 1, images.cols());
        const Picture picture{before.data(), rows, cols, dataset.background};
        Field field(dataset.image_rows, dataset.image_cols);
        for (std::size_t s = first; s < first + count; ++s) {
            const std::uint64_t which = static_cast<std::uint64_t>(epoch) << 32 | samples[s];
            const auto way = [&](std::uint32_t axis) {
                return static_cast<std::int64_t>(below(n_ways, seed, Stream::shift, which, axis)) -
                       augmentation.shift_pixels;
            };
            const std::int64_t down = way(0), right = way(1);
            if (warps) field.draw(augmentation.warp_pixels, seed, which);
            std::ranges::copy(images.row(s), before.data());
            if (augmentation.mirror && below(2, seed, Stream::mirror, which, 0) == 1) {
                for (std::int64_t r = 0; r < rows; ++r)
                    std::reverse(before.data() + r * cols, before.data() + (r + 1) * cols);
            }
            float* to = images.row(s).data();
            for (std::int64_t r = 0; r < rows; ++r) {
                if (warps) field.go_to_row(static_cast<std::size_t>(r));
                for (std::int64_t c = 0; c < cols; ++c) {
                    const auto column = static_cast<std::size_t>(c);
                    to[r * cols + c] =
                        warps ? picture.between(static_cast<float>(r - down) + field.down()[column],
                                                static_cast<float>(c - right) + field.right()[column])
                              : picture.at(r - down, c - right);
                }
            }
            std::fill(to + rows * cols, to + images.cols(), 0.0f);  // appended labels
            if (data.overlay.enabled) {
                std::fill_n(to + dataset.first_label_input, data.overlay.n_labels, 0.0f);
            }
        }
    });
}

}  // namespace snnff
