#include "data/presentations.hpp"

#include <algorithm>
#include <numeric>

#include "data/augment.hpp"
#include "parallel/parallel.hpp"
#include "snnff/error.hpp"

namespace snnff {

std::vector<double> input_squares(const Encoding& encoding, const TimeGrid& time, ConstMatrixView images) {
    std::vector<double> sums(images.rows());
    for_blocks(images.rows(), 16, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            sums[s] = encoding.sum_of_squares(images.row(s), images.row(s), time);
        }
    });
    return sums;
}

std::vector<double> input_squares(const Encoding& encoding, const TimeGrid& time, const Dataset& dataset,
                                  std::span<const std::uint32_t> samples, ConstMatrixView images) {
    if (!dataset.series) return input_squares(encoding, time, images);
    const InputSeries& series = *dataset.series;
    const double per_step = 1.0 / static_cast<double>(time.steps);
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
            for (std::int64_t t = 0; t < time.steps; ++t) {
                series.fill(sample, t, value);
                sum += encoding.sum_of_squares(value.row(0), before.row(0), time);
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
    const bool neutral = !labels.empty() && labels.front() < 0,
               everywhere = neutral || overlay_.smoothing > 0.0f;
    const std::size_t n_labels = overlay_.n_labels;
    if (overlay_.enabled) variant.n_changes = everywhere ? n_labels : 1;
    variant.index.resize(base.rows() * variant.n_changes);
    variant.value.resize(base.rows() * variant.n_changes);
    const float of_label =
        neutral ? neutral_share * overlay_.value : (1.0f - overlay_.smoothing) * overlay_.value;
    const float of_others =
        neutral ? of_label : overlay_.smoothing * overlay_.value / static_cast<float>(n_labels - 1);
    const auto square = [&](float x) {
        if (!encoding_.passes_labels()) return encoding_.square(x, x, time_);
        return static_cast<double>(x) * static_cast<double>(x);
    };
    double written_squares = 0.0;
    if (overlay_.enabled) written_squares = square(of_label);
    if (variant.n_changes > 1) written_squares += static_cast<double>(n_labels - 1) * square(of_others);
    for (std::size_t s = 0; s < base.rows(); ++s) {
        const std::size_t first = s * variant.n_changes;
        for (std::size_t c = 0; c < variant.n_changes; ++c) {
            const std::size_t own = neutral ? n_labels : static_cast<std::size_t>(labels[s]);
            const std::size_t label = everywhere ? c : own;
            variant.index[first + c] = static_cast<std::uint32_t>(first_label_ + label);
            variant.value[first + c] = label == own ? of_label : of_others;
        }
        variant.gain[s] = normalisation_->gain(sum_of_squares[s] + written_squares, base.cols());
    }
    return variant;
}

namespace {

bool in_a_row(std::span<const std::uint32_t> samples) {
    for (std::size_t s = 1; s < samples.size(); ++s) {
        if (samples[s] != samples[0] + s) return false;
    }
    return !samples.empty();
}

void gather(const Dataset& dataset, std::span<const std::uint32_t> samples, MatrixView images) {
    for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
        for (std::size_t s = first; s < first + count; ++s) {
            std::ranges::copy(dataset.x.row(samples[s]), images.row(s).begin());
        }
    });
}

}  // namespace

ConstMatrixView images_of(const Dataset& dataset, std::span<const std::uint32_t> samples, Matrix& buffer) {
    if (dataset.series) {
        buffer.resize(1, dataset.n_inputs());
        buffer.fill(0.0f);
        return {buffer.data(), samples.size(), buffer.cols(), 0};
    }
    if (in_a_row(samples)) return dataset.x.view().rows(samples[0], samples.size());
    buffer.resize(samples.size(), dataset.n_inputs());
    gather(dataset, samples, buffer);
    return buffer;
}

Presentations::Presentations(const DataSpec& data, const PlanSpec& plan, Seed seed, const TimeGrid& time,
                             const Dataset& train, std::shared_ptr<const Normalisation> normalisation)
    : data_(data),
      shuffles_(plan.shuffle),
      seed_(seed),
      time_(time),
      dataset_(train),
      writer_(data, time, train, std::move(normalisation)),
      batch_size_(plan.batch_size == 0 ? train.size() : std::min(plan.batch_size, train.size())),
      order_(train.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    if (data.augmentation.any()) return;
    sum_of_squares_ = input_squares(*data.encoding, time, train, order_, train.x);
}

std::size_t Presentations::memory(const DataSpec& data, std::size_t n_samples) {
    std::size_t bytes_per_sample = sizeof(std::uint32_t);
    if (!data.augmentation.any()) bytes_per_sample += sizeof(double);
    // Wrong labels, and as long as they are drawn or saved, a list of all samples or of wider integers.
    if (data.negatives && !data.negatives->makes_images()) {
        bytes_per_sample += data.negatives_per_positive * (sizeof(std::int32_t) + sizeof(std::int64_t));
    }
    return n_samples * bytes_per_sample;
}

std::size_t Presentations::batch_memory(const DataSpec& data, const PlanSpec& plan, double dropout,
                                        const Dataset& train, std::size_t batch_size) {
    const bool makes_images = data.negatives && data.negatives->makes_images();
    const bool in_order = !plan.shuffle || batch_size >= train.size();
    const bool thins_out = dropout > 0.0 && comes_constant(data, train);
    const bool copies = !train.series && (data.augmentation.any() || thins_out || !in_order);
    const std::size_t n_images = (copies ? 1 : 0) + (makes_images ? data.negatives_per_positive : 0);
    // Labels and gains of variants come on top.
    const std::size_t n_changes = !data.overlay.enabled           ? 0
                                  : data.overlay.smoothing > 0.0f ? data.overlay.n_labels
                                                                  : 1;
    return batch_size * (n_images * train.n_inputs() + n_variants(data) * (1 + 2 * n_changes)) *
           sizeof(float);
}

std::size_t Presentations::n_batches() const noexcept {
    return (n_samples() + batch_size_ - 1) / batch_size_;
}

void Presentations::begin_epoch(std::int64_t epoch, ConstMatrixView ranking) {
    epoch_ = epoch;
    // One batch of everything needs no order; keeping the data set's own saves gathering it.
    const auto n = static_cast<std::uint32_t>(n_samples());
    if (shuffles_ && n_batches() > 1) {
        order_ = permutation(n, seed_, Stream::shuffle, static_cast<std::uint32_t>(epoch));
    }
    if (!data_.negatives) return;
    const bool drawn_before = !negative_label_.empty() && !data_.negatives->redrawn();
    if (data_.negatives->makes_images() || drawn_before) return;
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 0u);
    negative_label_.resize(data_.negatives_per_positive * n);
    data_.negatives->make(request(all, ranking), negative_label_);
}

void Presentations::show(State& state) {
    std::vector<std::int64_t> labels(negative_label_.begin(), negative_label_.end());
    state.show("negative_label", labels);
    const auto n_labels = static_cast<std::int64_t>(data_.overlay.n_labels);
    const bool fits = labels.empty() || labels.size() == data_.negatives_per_positive * n_samples();
    if (!fits || std::ranges::any_of(labels, [&](std::int64_t l) { return l < 0 || l >= n_labels; }))
        throw DataError("the checkpoint's wrong labels are not of these samples");
    negative_label_.assign(labels.begin(), labels.end());
}

Negatives::Request Presentations::request(std::span<const std::uint32_t> samples,
                                          ConstMatrixView ranking) const {
    return {.samples = samples,
            .dataset = dataset_,
            .n_labels = data_.overlay.n_labels,
            .epoch = data_.negatives->redrawn() ? static_cast<std::uint32_t>(epoch_) : 0,
            .seed = seed_,
            .ranking = ranking,
            .n_sets = data_.negatives_per_positive};
}

std::span<const std::uint32_t> Presentations::samples(std::size_t batch) const {
    const std::size_t first = batch * batch_size_;
    return std::span(order_).subspan(first, std::min(batch_size_, n_samples() - first));
}

void Presentations::make_images(std::span<const std::uint32_t> samples, MatrixView images) const {
    const std::size_t n_sets = data_.negatives_per_positive;
    for_blocks(samples.size(), 16, [&](std::size_t first, std::size_t count) {
        const MatrixView made = scratch(0, n_sets * count, images.cols());
        data_.negatives->make_images(request(samples.subspan(first, count), {}), made);
        for (std::size_t i = 0; i < n_sets * count; ++i) {
            const std::size_t set = i / count, sample = first + i % count;
            std::ranges::copy(made.row(i), images.row(set * samples.size() + sample).begin());
        }
    });
}

std::vector<Variant> Presentations::variants(std::span<const std::uint32_t> samples, Matrix& buffer,
                                             const Dropout* dropout) const {
    const std::size_t n = samples.size(), n_sets = n_variants() - 1;
    const bool changes = data_.augmentation.any();
    const bool makes_images = data_.negatives && data_.negatives->makes_images();
    if (!comes_constant(data_, dataset_)) dropout = nullptr;
    const bool copies = !dataset_.series && (changes || dropout != nullptr || !in_a_row(samples));
    // positive images, unless they can stay where they are, then those of the negatives, set after set
    buffer.resize((copies ? n : 0) + (makes_images ? n_sets * n : 0), dataset_.n_inputs());
    const std::size_t n_copied = copies ? n : 0;
    ConstMatrixView base;
    if (dataset_.series) {
        base = images_of(dataset_, samples, buffer);
    } else if (copies) {
        gather(dataset_, samples, buffer.view().rows(0, n));
        base = buffer.view().rows(0, n);
    } else {
        base = dataset_.x.view().rows(samples[0], n);
    }
    if (makes_images) make_images(samples, buffer.view().rows(n_copied, n_sets * n));
    for (std::size_t first = 0; changes && first < buffer.rows(); first += n) {
        augment_images(data_, seed_, dataset_, epoch_, samples, buffer.view().rows(first, n));
    }

    std::vector<double> sum_of_squares(n);
    std::vector<std::int32_t> labels(n);
    if (changes) {
        sum_of_squares = input_squares(*data_.encoding, time_, base);
    } else {
        for (std::size_t s = 0; s < n; ++s) sum_of_squares[s] = sum_of_squares_[samples[s]];
    }
    std::vector<Variant> variants;
    for (std::size_t s = 0; s < n; ++s) labels[s] = dataset_.label[samples[s]];
    variants.push_back(writer_.write(base, sum_of_squares, labels));
    for (std::size_t set = 0; set < n_sets; ++set) {
        if (makes_images) {
            const ConstMatrixView images = buffer.view().rows(n_copied + set * n, n);
            variants.push_back(writer_.write(images, input_squares(*data_.encoding, time_, images), labels));
            continue;
        }
        for (std::size_t s = 0; s < n; ++s) labels[s] = negative_label_[set * n_samples() + samples[s]];
        variants.push_back(writer_.write(base, sum_of_squares, labels));
    }
    // after the norms were taken
    for (std::size_t first = 0; dropout != nullptr && first < buffer.rows(); first += n) {
        for_blocks(n, 16, [&](std::size_t row, std::size_t count) {
            leave_out(*dropout, 0, buffer.view().rows(first + row, count), row);
        });
    }
    return variants;
}

}  // namespace snnff
