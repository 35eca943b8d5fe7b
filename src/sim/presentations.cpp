#include "sim/presentations.hpp"

#include <algorithm>
#include <numeric>

#include "sim/parallel.hpp"

namespace snnff {

LabelWriter::LabelWriter(const Dataset& dataset, const LabelOverlay& overlay, Normalisation normalisation)
    : dataset_(dataset), overlay_(overlay), normalisation_(normalisation), sum_of_squares_(dataset.size()) {
    for_blocks(dataset.size(), 1024, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            double sum = 0.0;
            for (const float x : dataset.x.row(s)) sum += static_cast<double>(x) * static_cast<double>(x);
            sum_of_squares_[s] = sum;
        }
    });
}

Variant LabelWriter::write(ConstMatrixView base, std::span<const std::uint32_t> samples,
                           std::span<const std::int32_t> labels) const {
    constexpr float neutral_share = 0.1f;  // Hinton (2022): 0.1 on all ten
    Variant variant;
    variant.base = base;
    variant.gain.resize(samples.size());
    const bool neutral = !labels.empty() && labels.front() < 0;
    if (overlay_.enabled) variant.n_changes = neutral ? overlay_.n_labels : 1;
    variant.index.resize(samples.size() * variant.n_changes);
    variant.value.resize(samples.size() * variant.n_changes);
    const float written = neutral ? neutral_share * overlay_.value : overlay_.value;
    const double written_squares =
        static_cast<double>(variant.n_changes) * static_cast<double>(written) * static_cast<double>(written);
    for (std::size_t s = 0; s < samples.size(); ++s) {
        for (std::size_t c = 0; c < variant.n_changes; ++c) {
            variant.index[s * variant.n_changes + c] =
                static_cast<std::uint32_t>(neutral ? c : static_cast<std::size_t>(labels[s]));
            variant.value[s * variant.n_changes + c] = written;
        }
        variant.gain[s] = normalising_gain(normalisation_, sum_of_squares_[samples[s]] + written_squares,
                                           dataset_.n_inputs());
    }
    return variant;
}

ConstMatrixView images_of(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer) {
    bool in_a_row = true;
    for (std::size_t s = 1; s < samples.size() && in_a_row; ++s) in_a_row = samples[s] == samples[0] + s;
    if (in_a_row && !samples.empty()) return dataset.x.view().rows(samples[0], samples.size());
    if (buffer.rows() < samples.size() || buffer.cols() != dataset.n_inputs()) {
        buffer.resize(samples.size(), dataset.n_inputs());
    }
    for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            std::ranges::copy(dataset.x.row(samples[s]), buffer.row(s).begin());
        }
    });
    return buffer.view().rows(0, samples.size());
}

Presentations::Presentations(const ModelSpec& model, const Dataset& train, Normalisation normalisation)
    : model_(model),
      dataset_(train),
      writer_(train, model.overlay, normalisation),
      batch_size_(model.plan.batch_size == 0 ? train.size() : std::min(model.plan.batch_size, train.size())),
      order_(train.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
}

std::size_t Presentations::n_batches() const noexcept {
    return (n_samples() + batch_size_ - 1) / batch_size_;
}

void Presentations::begin_epoch(std::int64_t epoch) {
    // One batch of everything needs no order; keeping the data set's own saves gathering it.
    const auto n = static_cast<std::uint32_t>(n_samples());
    if (model_.plan.shuffle && n_batches() > 1) {
        order_ = permutation(n, model_.seed, Stream::shuffle, static_cast<std::uint32_t>(epoch));
    }
    if (!negative_label_.empty() && fixed()) return;
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 0u);
    negative_label_.resize(n);
    model_.negatives->make({.samples = all,
                            .dataset = dataset_,
                            .n_labels = model_.overlay.n_labels,
                            .epoch = fixed() ? 0 : static_cast<std::uint32_t>(epoch),
                            .seed = model_.seed},
                           negative_label_);
}

std::span<const std::uint32_t> Presentations::samples(std::size_t batch) const {
    const std::size_t first = batch * batch_size_;
    return std::span(order_).subspan(first, std::min(batch_size_, n_samples() - first));
}

std::vector<Variant> Presentations::variants(std::span<const std::uint32_t> samples, Matrix& buffer) const {
    const ConstMatrixView base = images_of(dataset_, samples, buffer);
    std::vector<std::int32_t> positive(samples.size()), negative(samples.size());
    for (std::size_t s = 0; s < samples.size(); ++s) {
        positive[s] = dataset_.label[samples[s]];
        negative[s] = negative_label_[samples[s]];
    }
    std::vector<Variant> variants;
    variants.push_back(writer_.write(base, samples, positive));
    variants.push_back(writer_.write(base, samples, negative));
    return variants;
}

}  // namespace snnff
