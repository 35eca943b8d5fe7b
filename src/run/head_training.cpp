// Training of the read-out: what the populations answer is computed once, unless images change from
// epoch to epoch or it takes too much memory.
#include "run/head_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/augment.hpp"
#include "data/presentations.hpp"
#include "engine/softmax_head.hpp"
#include "parallel/parallel.hpp"
#include "run/present_samples.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::size_t samples_seen_at_once = 512;
constexpr std::size_t most_feature_bytes = std::size_t{2} << 30;

/// An epoch in which images are as they are in the data set.
constexpr std::int64_t unchanged = -1;

bool are_kept(const ModelSpec& model, std::size_t n_samples, std::size_t n_features) {
    return !model.data.augmentation.any() && n_samples * n_features * sizeof(float) <= most_feature_bytes;
}

/// The features of training samples, of all at once or as they are asked for.
class FeatureSource {
  public:
    FeatureSource(const ModelSpec& model, const Network& network, const SoftmaxHead& head,
                  const Dataset& dataset)
        : model_(model),
          network_(network),
          head_(head),
          dataset_(dataset),
          writer_(model.data, network.time, dataset, network.populations.front().below().normalisation),
          batch_(network) {
        if (!are_kept(model, dataset.size(), head.n_features())) return;
        std::vector<std::uint32_t> all(dataset.size());
        std::iota(all.begin(), all.end(), 0u);
        Matrix kept(dataset.size(), head.n_features());
        compute(all, unchanged, kept);
        kept_ = std::move(kept);
    }

    /// Of samples as `epoch` shows them.
    void get(std::span<const std::uint32_t> samples, std::int64_t epoch, MatrixView features) {
        if (kept_.empty()) return compute(samples, epoch, features);
        for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
            for (std::size_t s = first; s < first + count; ++s) {
                std::ranges::copy(kept_.row(samples[s]), features.row(s).begin());
            }
        });
    }

  private:
    /// The images of samples, augmented as in training.
    ConstMatrixView images(std::span<const std::uint32_t> samples, std::int64_t epoch) {
        const ConstMatrixView images = images_of(dataset_, samples, images_);
        if (!model_.data.augmentation.any() || epoch == unchanged) return images;
        if (images.data() != images_.data()) {
            images_.resize(images.rows(), images.cols());
            std::copy_n(images.data(), images.size(), images_.data());
        }
        augment_images(model_.data, model_.seed, dataset_, epoch, samples, images_);
        return images_;
    }

    void compute(std::span<const std::uint32_t> samples, std::int64_t epoch, MatrixView features) {
        const std::vector<std::int32_t> unlabelled(samples_seen_at_once, -1);
        for (std::size_t first = 0; first < samples.size(); first += samples_seen_at_once) {
            const std::size_t count = std::min(samples_seen_at_once, samples.size() - first);
            const auto part = samples.subspan(first, count);
            const ConstMatrixView shown = images(part, epoch);
            const std::vector<double> squares =
                input_squares(*model_.data.encoding, network_.time, dataset_, part, shown);
            present_samples(
                {model_.data, model_.seed, network_.time, dataset_, part, evaluation_presentation},
                {writer_.write(shown, squares, unlabelled)}, nullptr, 1, batch_);
            batch_.climb(std::vector<ForwardRequest>(network_.populations.size(), {.output = true}));
            for (std::size_t k = 0; k < network_.populations.size(); ++k)
                take_features(head_, network_, batch_, k, 0, features.rows(first, count));
        }
    }

    const ModelSpec& model_;
    const Network& network_;
    const SoftmaxHead& head_;
    const Dataset& dataset_;
    LabelWriter writer_;
    Batch batch_;
    Matrix images_, kept_;
};

std::size_t batch_size_of(const ReadoutSpec& spec, std::size_t n) {
    return spec.batch_size == 0 ? n : std::min(spec.batch_size, n);
}

/// Mean and deviation over all training samples, by which samples are standardised from here on: what is
/// predicted for one then does not depend on those that are predicted with it.
void settle_scale(FeatureSource& source, std::size_t n, SoftmaxHead& head) {
    FeatureSums sums;
    Matrix features;
    std::vector<std::uint32_t> samples;
    for (std::size_t first = 0; first < n; first += samples_seen_at_once) {
        samples.resize(std::min(samples_seen_at_once, n - first));
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(first));
        features.resize(samples.size(), head.n_features());
        source.get(samples, unchanged, features);
        sums.add(features);
    }
    head.mean = static_cast<float>(sums.mean());
    head.deviation = static_cast<float>(sums.deviation());
}

}  // namespace

bool train_head(const ModelSpec& model, Network& network, const Dataset& train, const ShallStop& shall_stop,
                Observer* observer) {
    const ReadoutSpec& spec = model.readout;
    network.head.reset();
    SoftmaxHead head = make_head(model);
    FeatureSource source(model, network, head, train);
    HeadTrainer trainer(spec, head);
    const std::size_t n = train.size(), batch_size = batch_size_of(spec, n);
    const std::size_t n_batches = (n + batch_size - 1) / batch_size;
    Matrix features;
    std::vector<std::int32_t> labels;
    for (std::int64_t epoch = 0; epoch < spec.epochs; ++epoch) {
        const auto order = permutation(static_cast<std::uint32_t>(n), model.seed, Stream::readout_order,
                                       static_cast<std::uint32_t>(epoch));
        double loss = 0.0;
        for (std::size_t b = 0; b < n_batches; ++b) {
            if (shall_stop()) return false;
            const std::size_t first = b * batch_size;
            const auto samples = std::span(order).subspan(first, std::min(batch_size, n - first));
            features.resize(samples.size(), head.n_features());
            source.get(samples, epoch, features);
            labels.clear();
            for (const std::uint32_t s : samples) labels.push_back(train.label[s]);
            const double progress =
                (static_cast<double>(epoch) + static_cast<double>(b) / static_cast<double>(n_batches)) /
                static_cast<double>(spec.epochs);
            const double batch_loss = trainer.update(features, labels, progress);
            if (!std::isfinite(batch_loss)) {
                throw RunError(fmt::format(
                    "read-out, epoch {}, batch {}: loss is not finite; a smaller readout.rate usually helps",
                    epoch, b));
            }
            if (observer != nullptr) observer->on_readout(progress, batch_loss);
            loss += batch_loss * static_cast<double>(samples.size());
        }
        head.loss.push_back(loss / static_cast<double>(n));
    }
    if (spec.standardise) settle_scale(source, n, head);
    network.head = std::move(head);
    return true;
}

std::size_t readout_memory(const Experiment& experiment) {
    const ModelSpec& model = experiment.model;
    if (!model.readout.softmax) return 0;
    const SoftmaxHead head = make_head(model);
    const std::size_t n = experiment.train.size(), batch_size = batch_size_of(model.readout, n);
    const std::size_t n_labels = head.n_labels(), n_features = head.n_features();
    // Weights, in panels too, their gradient and its moments; a batch of features and its errors.
    std::size_t floats = head.weight.size() * (2 + model.readout.optimizer->n_moments());
    floats += whole_lines(n_labels) * (n_features + batch_size) + batch_size * n_features;
    if (are_kept(model, n, n_features)) floats += n * n_features;
    if (model.data.augmentation.any())
        floats += std::min(samples_seen_at_once, n) * experiment.train.n_inputs();
    std::size_t bytes =
        floats * sizeof(float) + GradientSum::memory(n_labels, n_features, batch_size, batch_size);
    const Batch::Size size{1, std::min(samples_seen_at_once, n), model.data.overlay.enabled ? n_labels : 0,
                           !comes_constant(model.data, experiment.train)};
    const std::vector<ForwardRequest> requests(experiment.network.populations.size(), {.output = true});
    const Batch::Held held = Batch::memory(experiment.network, size, requests);
    return bytes + held.kept + held.meanwhile;
}

}  // namespace snnff
