// Whole tasks: predicting a test set, epochs of a model file, populations under given currents.
#include <fmt/format.h>

#include <algorithm>

#include "arrays.hpp"
#include "parallel/parallel.hpp"
#include "snnff/training.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

/// Random images as a data set, labels in turn.
Dataset random_dataset(std::size_t n_samples, std::size_t n_inputs) {
    Dataset dataset;
    dataset.x = random_images(n_samples, n_inputs);
    for (std::size_t s = 0; s < n_samples; ++s) dataset.label.push_back(static_cast<std::int32_t>(s % 10));
    return dataset;
}

class Predict final : public Workload {
  public:
    explicit Predict(const Shape& shape)
        : Workload(shape),
          model_(read_model_text(
              fmt::format("[time]\nsteps = {}\n{}"
                          "[population.one]\nneuron = \"lif\"\nsize = {}\nbias = false\nbeta = 0.9\n"
                          "normalisation = \"l2\"\nmeasure = \"rate\"\noutput = \"rate\"\n"
                          "[population.two]\nneuron = \"lif\"\nsize = {}\nbias = false\nbeta = 0.9\n"
                          "normalisation = \"l2\"\nmeasure = \"rate\"\noutput = \"rate\"\n",
                          shape.steps,
                          shape.groups ? "[learning]\ngoodness = \"class_groups\"\nloss = \"class_softmax\"\n"
                                       : "[overlay]\nvalue = 1.0\n",
                          shape.n_units[0], shape.n_units[1]),
              shape.name, ".", {})),
          network_(make_network(model_, shape.n_inputs)),
          dataset_(random_dataset(shape.n_samples, shape.n_inputs)) {
        // inputs are normalised to length 1: weights large enough for spikes
        for (Population& population : network_.populations) {
            for (float& w : population.below().weight.memory()) w *= 8.0f;
        }
    }
    void repeat() override { evaluation_ = evaluate(network_, model_, dataset_); }

    Work work() const override {
        const auto n = static_cast<double>(shape().n_samples), in = static_cast<double>(shape().n_inputs),
                   one = static_cast<double>(shape().n_units[0]),
                   two = static_cast<double>(shape().n_units[1]), steps = static_cast<double>(shape().steps);
        const double n_looks = shape().groups ? 1.0 : 10.0;  // at a sample, for a prediction
        Work work;
        work.product_flops = 2 * n * in * one + n_looks * 2 * n * one * two;
        work.vector_flops = n_looks * n * (one + two) * 6 * steps;  // membrane 3, threshold 1, spike 1, sum 1
        work.bytes = work.footprint = (n * in + in * one + one * two) * sizeof(float);
        return work;
    }
    nlohmann::json dump(const std::filesystem::path& folder) override {
        Arrays arrays(folder);
        arrays.write("images.f32", dataset_.x);
        arrays.write("weight0.f32", network_.populations[0].below().weight.matrix());
        arrays.write("weight1.f32", network_.populations[1].below().weight.matrix());
        arrays.write("goodness.f32", evaluate(network_, model_, dataset_, 100).goodness);
        return arrays.shapes();
    }

  private:
    ModelSpec model_;
    Network network_;
    Dataset dataset_;
    Evaluation evaluation_;
};

class Epoch final : public Workload {
  public:
    explicit Epoch(const Shape& shape) : Workload(shape) {
        experiment_.model = read_model(SNNFF_ROOT "/models/mnist-lif.toml",
                                       std::vector<Override>{{"plan.epochs", "1"},
                                                             {"negatives", "{ kind = \"uniform_wrong\" }"},
                                                             {"data.n_validation", "0"},
                                                             {"data.shift_pixels", "0"},
                                                             {"data.warp_pixels", "0.0"},
                                                             {"evaluation.every_n_epochs", "0"},
                                                             {"learning.dropout", "0.0"},
                                                             {"learning.schedule", "constant"},
                                                             {"readout.kind", "none"},
                                                             {"prediction.by", "goodness"}});
        experiment_.train = random_dataset(shape.n_samples, shape.n_inputs);
        experiment_.network = make_network(experiment_.model, shape.n_inputs);
    }
    void repeat() override { train(experiment_, {}, stop_); }

    Work work() const override {
        const auto n = static_cast<double>(shape().n_samples), in = static_cast<double>(shape().n_inputs),
                   one = static_cast<double>(shape().n_units[0]),
                   two = static_cast<double>(shape().n_units[1]), steps = static_cast<double>(shape().steps),
                   n_updates = n / static_cast<double>(experiment_.model.plan.batch_size);
        Work work;
        work.product_flops = 2 * 2 * n * in * one + 4 * 2 * n * one * two;
        work.vector_flops = 2 * n * (one + two) * 15 * steps + 12 * n_updates * (in * one + one * two);
        const double weights = in * one + one * two;
        work.bytes = (n * in + n_updates * 6 * weights) * sizeof(float);
        work.footprint = (n * in + 3 * weights) * sizeof(float);
        return work;
    }
    nlohmann::json dump(const std::filesystem::path& folder) override {
        Arrays arrays(folder);
        arrays.write("images.f32", experiment_.train.x);
        arrays.write("weight0.f32", experiment_.network.populations[0].below().weight.matrix());
        arrays.write("weight1.f32", experiment_.network.populations[1].below().weight.matrix());
        return arrays.shapes();
    }

  private:
    Experiment experiment_;
    std::atomic<int> stop_{0};
};

class Simulate final : public Workload {
  public:
    explicit Simulate(const Shape& shape)
        : Workload(shape),
          model_(read_model_text("[population.only]\nneuron = \"lif\"\nsize = 1000\nbeta = 0.9\n", shape.name,
                                 ".", {})),
          time_{.dt_ms = 1.0, .steps = shape.steps},
          current_(shape.n_samples, shape.n_units[0]),
          count_(shape.n_samples, shape.n_units[0]) {
        for (std::size_t s = 0; s < current_.rows(); ++s) {
            for (std::size_t u = 0; u < current_.cols(); ++u) {
                current_(s, u) =
                    0.5f * uniform(Seed{4}, Stream::input_spikes, s, static_cast<std::uint32_t>(u));
            }
        }
    }
    void repeat() override {
        for_blocks(current_.rows(), 4, [&](std::size_t first, std::size_t count) {
            const Response response{Reading::count, count_.view().rows(first, count), {}};
            model_.network.populations.front().neuron->respond(current_.view().rows(first, count), time_,
                                                               {&response, 1});
        });
    }
    Work work() const override {
        const auto updates = static_cast<double>(current_.size()) * static_cast<double>(shape().steps);
        Work work;
        work.vector_flops = 6 * updates;
        work.bytes = work.footprint = 2.0 * static_cast<double>(current_.size()) * sizeof(float);
        return work;
    }
    nlohmann::json dump(const std::filesystem::path& folder) override {
        repeat();
        Arrays arrays(folder);
        arrays.write("current.f32", current_);
        arrays.write("spike_count.f32", count_);
        return arrays.shapes();
    }

  private:
    ModelSpec model_;
    TimeGrid time_;
    Matrix current_, count_;
};

}  // namespace

std::unique_ptr<Workload> make_predict(const Shape& shape) { return std::make_unique<Predict>(shape); }
std::unique_ptr<Workload> make_epoch(const Shape& shape) { return std::make_unique<Epoch>(shape); }
std::unique_ptr<Workload> make_simulate(const Shape& shape) { return std::make_unique<Simulate>(shape); }

}  // namespace snnff::bench
