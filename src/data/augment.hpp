#pragma once

#include <cstdint>
#include <span>

#include "snnff/data_spec.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Changes training images in place as `epoch` shows them, all images of a sample in the same way: turned
/// left for right, warped by a smooth random field of displacements and moved by whole pixels, as `data`
/// says (Augmentation). What comes in from outside is background; inputs of labels become 0. The images need
/// rows and columns (Dataset::image_rows).
///
/// The field is a cubic B-spline over knots seven pixels apart that are drawn from a normal distribution;
/// values between pixels are interpolated linearly.
/// Source: Simard et al., ICDAR 2003 (elastic distortions), in the form of Ronneberger et al., MICCAI 2015
/// (displacements on a coarse grid).
void augment_images(const DataSpec& data, Seed seed, const Dataset& dataset, std::int64_t epoch,
                    std::span<const std::uint32_t> samples, MatrixView images);

}  // namespace snnff
