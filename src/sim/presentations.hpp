#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/dropout.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Writes labels into images: turns samples and labels into variants that share the images.
/// The data set's label field (its first n_labels inputs) is 0 already; see build().
class LabelWriter {
  public:
    LabelWriter(const LabelOverlay& overlay, Normalisation normalisation)
        : overlay_(overlay), normalisation_(normalisation) {}

    /// One variant of the images in the rows of `base` under `labels`. A negative label is none:
    /// neutral, a tenth of the overlay's value on all labels (Hinton 2022). `sum_of_squares` [sample] is that
    /// of the images, without labels.
    Variant write(ConstMatrixView base, std::span<const double> sum_of_squares,
                  std::span<const std::int32_t> labels) const;

  private:
    LabelOverlay overlay_;
    Normalisation normalisation_;
};

/// Sum of the squares of each row.
std::vector<double> sums_of_squares(ConstMatrixView images);

/// The images of `samples`: a view of the data set where they follow one another, else gathered
/// into `buffer`.
ConstMatrixView images_of(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer);

/// The training presentations of a run: positives and negatives, batch by batch.
class Presentations {
  public:
    Presentations(const ModelSpec& model, const Dataset& train, Normalisation normalisation);

    std::size_t n_samples() const noexcept { return dataset_.size(); }
    std::size_t n_batches() const noexcept;
    std::size_t n_variants() const noexcept { return 1 + model_.negatives_per_positive; }
    /// Whether every epoch shows the same positives and negatives (perhaps in another order).
    bool fixed() const noexcept { return !model_.negatives->redrawn() && model_.shift_pixels == 0; }

    /// Draws what is drawn once an epoch: the order and the wrong labels, for which `ranking` is the
    /// goodness [sample x label] that the negatives asked for, or empty.
    void begin_epoch(std::int64_t epoch, ConstMatrixView ranking);
    /// Samples of a batch, in the order of this epoch.
    std::span<const std::uint32_t> samples(std::size_t batch) const;
    /// Positives, then each set of negatives: 1 + negatives_per_positive variants, views into `buffer` or
    /// the data set. Under dropout pixels are left out, labels are not.
    std::vector<Variant> variants(std::span<const std::uint32_t> samples, Matrix& buffer,
                                  const Dropout* dropout = nullptr) const;

  private:
    Negatives::Request request(std::span<const std::uint32_t> samples, ConstMatrixView ranking) const;
    /// Images of negatives that are no labels, [set·samples + sample, input].
    void make_images(std::span<const std::uint32_t> samples, MatrixView images) const;
    /// Moves each sample's image in place; all of a sample's images in the same way.
    void move(std::span<const std::uint32_t> samples, MatrixView images) const;

    const ModelSpec& model_;
    const Dataset& dataset_;
    LabelWriter writer_;
    std::vector<double> sum_of_squares_;  // [sample of the data set]
    std::size_t batch_size_;
    std::int64_t epoch_ = 0;
    std::vector<std::uint32_t> order_;
    std::vector<std::int32_t> negative_label_;  // [set·n_samples + sample]; empty where negatives are images
};

}  // namespace snnff
