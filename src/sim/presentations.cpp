#include "sim/presentations.hpp"

#include <algorithm>
#include <numeric>

#include "sim/parallel.hpp"

namespace snnff {

std::vector<double> input_squares(const Encoding& encoding, ConstMatrixView images) {
    std::vector<double> sums(images.rows());
    for_blocks(images.rows(), 256, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            sums[s] = encoding.sum_of_squares(images.row(s), images.row(s));
        }
    });
    return sums;
}

std::vector<double> input_squares(const ModelSpec& model, const Dataset& dataset,
                                  std::span<const std::uint32_t> samples, ConstMatrixView images) {
    if (!dataset.series) return input_squares(*model.encoding, images);
    const Encoding& encoding = *model.encoding;
    const InputSeries& series = *dataset.series;
    const double per_step = 1.0 / static_cast<double>(model.time.steps);
    std::vector<double> sums(samples.size());
    for_blocks(samples.size(), 16, [&](std::size_t first, std::size_t count) {
        Matrix value(1, series.n_inputs()), before(1, series.n_inputs());
        for (std::size_t s = first; s < first + count; ++s) {
            const std::size_t sample = dataset.first_in_series + samples[s];
            if (encoding.constant()) {
                sums[s] = per_step * series.sum_of_squares(sample);
                continue;
            }
            double sum = 0.0;
            before.fill(0.0f);
            for (std::int64_t t = 0; t < model.time.steps; ++t) {
                series.fill(sample, t, value);
                sum += encoding.sum_of_squares(value.row(0), before.row(0));
                std::swap(value, before);
            }
            sums[s] = per_step * sum;
        }
    });
    return sums;
}

Variant LabelWriter::write(ConstMatrixView base, std::span<const double> sum_of_squares,
                           std::span<const std::int32_t> labels) const {
    constexpr float neutral_share = 0.1f;  // Hinton (2022): 0.1 on all ten
    Variant variant;
    variant.base = base;
    variant.gain.resize(base.rows());
    const bool neutral = !labels.empty() && labels.front() < 0;
    if (overlay_.enabled) variant.n_changes = neutral ? overlay_.n_labels : 1;
    variant.index.resize(base.rows() * variant.n_changes);
    variant.value.resize(base.rows() * variant.n_changes);
    const float written = neutral ? neutral_share * overlay_.value : overlay_.value;
    const double square = encoding_.passes_labels()
                              ? static_cast<double>(written) * static_cast<double>(written)
                              : encoding_.square(written, written);
    const double written_squares = static_cast<double>(variant.n_changes) * square;
    for (std::size_t s = 0; s < base.rows(); ++s) {
        for (std::size_t c = 0; c < variant.n_changes; ++c) {
            variant.index[s * variant.n_changes + c] = static_cast<std::uint32_t>(
                first_label_ + (neutral ? c : static_cast<std::size_t>(labels[s])));
            variant.value[s * variant.n_changes + c] = written;
        }
        variant.gain[s] = normalising_gain(normalisation_, sum_of_squares[s] + written_squares, base.cols());
    }
    return variant;
}

ConstMatrixView images_of(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer) {
    if (dataset.series) {
        buffer.resize(1, dataset.n_inputs());
        buffer.fill(0.0f);
        return {buffer.data(), samples.size(), buffer.cols(), 0};
    }
    bool in_a_row = true;
    for (std::size_t s = 1; s < samples.size() && in_a_row; ++s) in_a_row = samples[s] == samples[0] + s;
    if (in_a_row && !samples.empty()) return dataset.x.view().rows(samples[0], samples.size());
    return gathered_images(dataset, samples, buffer);
}

MatrixView gathered_images(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer) {
    buffer.resize(samples.size(), dataset.n_inputs());
    for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            std::ranges::copy(dataset.x.row(samples[s]), buffer.row(s).begin());
        }
    });
    return buffer;
}

Presentations::Presentations(const ModelSpec& model, const Dataset& train, Normalisation normalisation)
    : model_(model),
      dataset_(train),
      writer_(model, train, normalisation),
      batch_size_(model.plan.batch_size == 0 ? train.size() : std::min(model.plan.batch_size, train.size())),
      order_(train.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    if (model.shift_pixels == 0) sum_of_squares_ = input_squares(model, train, order_, train.x);
}

std::size_t Presentations::n_batches() const noexcept {
    return (n_samples() + batch_size_ - 1) / batch_size_;
}

void Presentations::begin_epoch(std::int64_t epoch, ConstMatrixView ranking) {
    epoch_ = epoch;
    // One batch of everything needs no order; keeping the data set's own saves gathering it.
    const auto n = static_cast<std::uint32_t>(n_samples());
    if (model_.plan.shuffle && n_batches() > 1) {
        order_ = permutation(n, model_.seed, Stream::shuffle, static_cast<std::uint32_t>(epoch));
    }
    const bool drawn_once = !model_.negatives->redrawn();
    if (!negative_label_.empty() && drawn_once) return;
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 0u);
    negative_label_.resize(n);
    model_.negatives->make({.samples = all,
                            .dataset = dataset_,
                            .n_labels = model_.overlay.n_labels,
                            .epoch = drawn_once ? 0 : static_cast<std::uint32_t>(epoch),
                            .seed = model_.seed,
                            .ranking = ranking},
                           negative_label_);
}

std::span<const std::uint32_t> Presentations::samples(std::size_t batch) const {
    const std::size_t first = batch * batch_size_;
    return std::span(order_).subspan(first, std::min(batch_size_, n_samples() - first));
}

MatrixView Presentations::moved(std::span<const std::uint32_t> samples, Matrix& buffer) const {
    buffer.resize(samples.size(), dataset_.n_inputs());
    const auto rows = static_cast<std::int64_t>(dataset_.image_rows),
               cols = static_cast<std::int64_t>(dataset_.image_cols);
    const auto n_ways = static_cast<std::uint32_t>(2 * model_.shift_pixels + 1);
    for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            const auto way = [&](std::uint32_t axis) {
                const std::uint64_t which = static_cast<std::uint64_t>(epoch_) << 32 | samples[s];
                return static_cast<std::int64_t>(below(n_ways, model_.seed, Stream::shift, which, axis)) -
                       model_.shift_pixels;
            };
            const std::int64_t down = way(0), right = way(1);
            const float* from = dataset_.x.row(samples[s]).data();
            float* to = buffer.row(s).data();
            for (std::int64_t r = 0; r < rows; ++r) {
                for (std::int64_t c = 0; c < cols; ++c) {
                    const std::int64_t r0 = r - down, c0 = c - right;
                    const bool inside = r0 >= 0 && r0 < rows && c0 >= 0 && c0 < cols;
                    to[r * cols + c] = inside ? from[r0 * cols + c0] : dataset_.background;
                }
            }
            std::fill(to + rows * cols, to + buffer.cols(), 0.0f);  // appended labels
            if (model_.overlay.enabled) {
                std::fill_n(to + dataset_.first_label_input, model_.overlay.n_labels, 0.0f);
            }
        }
    });
    return buffer;
}

void enter(const Presented& presented, std::vector<Variant> variants, const Dropout* dropout, Batch& batch) {
    if (comes_constant(presented.model, presented.dataset)) {
        batch.enter(0, std::move(variants), presented.samples.size());
    } else {
        batch.enter(std::make_unique<EncodedInput>(presented, std::move(variants), dropout),
                    presented.samples.size());
    }
}

void Presentations::enter(std::span<const std::uint32_t> samples, Matrix& buffer, const Dropout* dropout,
                          Batch& batch) const {
    const Presented presented{model_, dataset_, samples, static_cast<std::uint32_t>(epoch_)};
    const bool constant = comes_constant(model_, dataset_);
    snnff::enter(presented, variants(samples, buffer, constant ? dropout : nullptr), dropout, batch);
}

std::vector<Variant> Presentations::variants(std::span<const std::uint32_t> samples, Matrix& buffer,
                                             const Dropout* dropout) const {
    const bool moves = model_.shift_pixels > 0;
    ConstMatrixView base;
    if (moves) {
        base = moved(samples, buffer);
    } else {
        base = dropout == nullptr ? images_of(dataset_, samples, buffer)
                                  : gathered_images(dataset_, samples, buffer);
    }
    std::vector<double> sum_of_squares(samples.size());
    if (moves) sum_of_squares = input_squares(*model_.encoding, base);
    std::vector<std::int32_t> positive(samples.size()), negative(samples.size());
    for (std::size_t s = 0; s < samples.size(); ++s) {
        positive[s] = dataset_.label[samples[s]];
        negative[s] = negative_label_[samples[s]];
        if (!moves) sum_of_squares[s] = sum_of_squares_[samples[s]];
    }
    if (dropout != nullptr) leave_out(*dropout, 0, buffer);  // after the norms were taken
    std::vector<Variant> variants;
    variants.push_back(writer_.write(base, sum_of_squares, positive));
    variants.push_back(writer_.write(base, sum_of_squares, negative));
    return variants;
}

}  // namespace snnff
