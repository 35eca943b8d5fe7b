// An epoch of the classifier on features that are stored: what training the read-out repeats.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "arrays.hpp"
#include "engine/softmax_head.hpp"
#include "parallel/parallel.hpp"
#include "snnff/random.hpp"
#include "snnff/training.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

class Classifier final : public Workload {
  public:
    explicit Classifier(const Shape& shape)
        : Workload(shape),
          spec_(read_model_text("[readout]\nkind = \"softmax\"\nrate = 0.001\n"
                                "[population.only]\nneuron = \"relu\"\nsize = 10\n",
                                shape.name, ".", {})),
          features_(random_images(shape.n_samples, shape.n_inputs)) {
        head_.weight.resize(shape.n_units.front(), shape.n_inputs);
        head_.bias.assign(shape.n_units.front(), 0.0f);
        trainer_ = std::make_unique<HeadTrainer>(spec_.readout, head_);
        for (std::size_t s = 0; s < shape.n_samples; ++s)
            label_.push_back(static_cast<std::int32_t>(s % shape.n_units.front()));
    }

    void repeat() override {
        const auto order = permutation(static_cast<std::uint32_t>(shape().n_samples), Seed{1},
                                       Stream::readout_order, n_epochs_++);
        double loss = 0.0;
        for (std::size_t first = 0; first < order.size(); first += batch_size()) {
            const auto samples =
                std::span(order).subspan(first, std::min(batch_size(), order.size() - first));
            taken_.resize(samples.size(), shape().n_inputs);
            for_blocks(samples.size(), 64, [&](std::size_t begin, std::size_t count) {
                for (std::size_t s = begin; s < begin + count; ++s)
                    std::ranges::copy(features_.row(samples[s]), taken_.row(s).begin());
            });
            label_taken_.clear();
            for (const std::uint32_t s : samples) label_taken_.push_back(label_[s]);
            loss += trainer_->update(taken_, label_taken_, 0.0) * static_cast<double>(samples.size());
        }
        loss_ = loss / static_cast<double>(order.size());
    }

    Work work() const override {
        const auto n = static_cast<double>(shape().n_samples), in = static_cast<double>(shape().n_inputs),
                   n_labels = static_cast<double>(shape().n_units.front()),
                   n_updates = n / static_cast<double>(batch_size());
        Work work;
        work.product_flops = 2 * 2 * n * in * n_labels;
        // per feature its sum and that of its squares 3, standardised 2; Adam
        work.vector_flops = 5 * n * in + 12 * n_updates * in * n_labels;
        work.bytes = (n * in + n_updates * 6 * in * n_labels) * sizeof(float);
        work.footprint = (n * in + 3 * in * n_labels) * sizeof(float);
        return work;
    }

    nlohmann::json dump(const std::filesystem::path& folder) override {
        Arrays arrays(folder);
        arrays.write("features.f32", features_);
        arrays.write("label.i32", std::span<const std::int32_t>(label_), {label_.size()});
        std::vector<float> losses;
        for (int epoch = 0; epoch < 3; ++epoch) {
            repeat();
            losses.push_back(static_cast<float>(loss_));
        }
        arrays.write("weight.f32", head_.weight);
        arrays.write("loss.f32", std::span<const float>(losses), {losses.size()});
        return arrays.shapes();
    }

  private:
    std::size_t batch_size() const noexcept { return spec_.readout.batch_size; }

    ModelSpec spec_;
    Matrix features_, taken_;
    SoftmaxHead head_;
    std::unique_ptr<HeadTrainer> trainer_;
    std::vector<std::int32_t> label_, label_taken_;
    std::uint32_t n_epochs_ = 0;
    double loss_ = 0.0;
};

}  // namespace

std::unique_ptr<Workload> make_classifier(const Shape& shape) { return std::make_unique<Classifier>(shape); }

}  // namespace snnff::bench
