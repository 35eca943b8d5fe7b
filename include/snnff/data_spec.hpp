#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "snnff/stimulus.hpp"

namespace snnff {

/// How training images differ from epoch to epoch; see augment_images().
struct Augmentation {
    std::int64_t shift_pixels = 0;  ///< moved by up to this many whole pixels each way
    double warp_pixels = 0.0;       ///< standard deviation of a smooth field of displacements along each axis
    bool mirror = false;            ///< every other image, on average, left for right
    bool any() const noexcept { return shift_pixels > 0 || warp_pixels > 0.0 || mirror; }
};

/// What is learnt from: samples, the input that they become, and what tells the network of labels.
struct DataSpec {
    std::unique_ptr<DatasetReader> reader;
    std::size_t n_train = 0, n_validation = 0, n_test = 0;  ///< 0: all (validation: none)
    Augmentation augmentation;

    std::unique_ptr<Encoding> encoding;  ///< of the samples, for the first population

    LabelOverlay overlay;
    bool overlay_value_is_max = true;      ///< overlay.value follows from the training data
    std::unique_ptr<Negatives> negatives;  ///< null where samples are presented with their class
    std::size_t negatives_per_positive = 1;
};

}  // namespace snnff
