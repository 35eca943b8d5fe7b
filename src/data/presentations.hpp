#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/dropout.hpp"
#include "data/encoded_input.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/data_spec.hpp"
#include "snnff/plan_spec.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// Writes labels into images: turns samples and labels into variants that share the images.
/// The data set's label field is 0 already; see build().
class LabelWriter {
  public:
    /// For samples of `dataset`; `data` must outlive it.
    LabelWriter(const DataSpec& data, const TimeGrid& time, const Dataset& dataset,
                std::shared_ptr<const Normalisation> normalisation)
        : overlay_(data.overlay),
          encoding_(*data.encoding),
          time_(time),
          first_label_(dataset.first_label_input),
          normalisation_(std::move(normalisation)) {}

    /// One variant of the images in the rows of `base` under `labels`. A negative label is none:
    /// neutral, a tenth of the overlay's value on all labels (Hinton 2022). `sum_of_squares` [sample] is that
    /// of the images, without labels, as input_squares() gives it.
    Variant write(ConstMatrixView base, std::span<const double> sum_of_squares,
                  std::span<const std::int32_t> labels) const;

  private:
    LabelOverlay overlay_;
    const Encoding& encoding_;
    TimeGrid time_;
    std::size_t first_label_;
    std::shared_ptr<const Normalisation> normalisation_;
};

/// Squares of each sample's input summed over inputs, as `encoding` makes it of the images in the rows: the
/// mean over steps, expected where it is random.
std::vector<double> input_squares(const Encoding& encoding, const TimeGrid& time, ConstMatrixView images);
/// The same of samples of a data set; their images are `images` (see images_of()).
std::vector<double> input_squares(const Encoding& encoding, const TimeGrid& time, const Dataset& dataset,
                                  std::span<const std::uint32_t> samples, ConstMatrixView images);

/// The images of `samples`: a view of the data set where they follow one another, else gathered
/// into `buffer`. Samples that vary in time have none: their rows are one row of zeros.
ConstMatrixView images_of(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer);

/// The training presentations of a run: positives and negatives, batch by batch.
class Presentations {
  public:
    /// `data` and `train` must outlive it.
    Presentations(const DataSpec& data, const PlanSpec& plan, Seed seed, const TimeGrid& time,
                  const Dataset& train, std::shared_ptr<const Normalisation> normalisation);

    std::size_t n_samples() const noexcept { return dataset_.size(); }
    std::size_t n_batches() const noexcept;
    static std::size_t n_variants(const DataSpec& data) noexcept {
        return 1 + (data.negatives ? data.negatives_per_positive : 0);
    }
    std::size_t n_variants() const noexcept { return n_variants(data_); }
    /// Whether every epoch shows the same positives and negatives (perhaps in another order).
    static bool fixed(const DataSpec& data) noexcept {
        return !(data.negatives && data.negatives->redrawn()) && !data.augmentation.any() &&
               !data.encoding->random();
    }
    bool fixed() const noexcept { return fixed(data_); }

    /// Bytes held from epoch to epoch, and for the images of a batch (the buffer of variants()).
    static std::size_t memory(const DataSpec& data, std::size_t n_samples);
    static std::size_t batch_memory(const DataSpec& data, const PlanSpec& plan, double dropout,
                                    const Dataset& train, std::size_t batch_size);

    /// Draws what is drawn once an epoch: the order and the wrong labels, for which `ranking` is the
    /// goodness [sample x label] that the negatives asked for, or empty.
    void begin_epoch(std::int64_t epoch, ConstMatrixView ranking);
    /// The wrong labels, which some models draw only once.
    void show(State& state);
    /// Samples of a batch, in the order of this epoch.
    std::span<const std::uint32_t> samples(std::size_t batch) const;
    /// Positives, then each set of negatives, or, where the model has no negatives, the samples as they are:
    /// n_variants() variants, views into `buffer` or the data set. Under dropout pixels are left out, labels
    /// are not; where samples do not come constant, leaving out is up to EncodedInput.
    std::vector<Variant> variants(std::span<const std::uint32_t> samples, Matrix& buffer,
                                  const Dropout* dropout = nullptr) const;

    /// What variants() of these samples are variants of, as this epoch shows it.
    Presented presented(std::span<const std::uint32_t> samples) const noexcept {
        return {data_, seed_, time_, dataset_, samples, static_cast<std::uint32_t>(epoch_)};
    }

  private:
    Negatives::Request request(std::span<const std::uint32_t> samples, ConstMatrixView ranking) const;
    /// Images of negatives that are no labels, [set·samples + sample, input].
    void make_images(std::span<const std::uint32_t> samples, MatrixView images) const;

    const DataSpec& data_;
    bool shuffles_;
    Seed seed_;
    TimeGrid time_;
    const Dataset& dataset_;
    LabelWriter writer_;
    std::vector<double> sum_of_squares_;  // [sample of the data set]; empty where images are augmented
    std::size_t batch_size_;
    std::int64_t epoch_ = 0;
    std::vector<std::uint32_t> order_;
    std::vector<std::int32_t> negative_label_;  // [set·n_samples + sample]; empty where negatives are images
};

}  // namespace snnff
