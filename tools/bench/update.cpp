// One Forward-Forward update of one population: forward under positive and negative labels, loss, gradient,
// Adam.
#include <fmt/format.h>

#include <algorithm>

#include "arrays.hpp"
#include "rules/rule.hpp"
#include "spike_train.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

ModelSpec model_of(const Shape& shape) {
    const bool lif = shape.neuron == "lif", train = shape.density.has_value();
    return read_model_text(
        fmt::format("[time]\nsteps = {}\n[learning]\nrate = 0.001\noptimizer = \"adam\"\n"
                    "goodness = \"mean_square\"\nloss = {{ kind = \"softplus\", theta = {} }}\n"
                    "[population.only]\nneuron = \"{}\"\nsize = {}\nbias = false\nnormalisation = \"{}\"\n{}",
                    shape.steps, lif ? 0.1 : 2.0, shape.neuron, shape.n_units.front(), train ? "none" : "l2",
                    lif ? "beta = 0.9\nmeasure = \"rate\"\noutput = \"rate\"\n" : ""),
        shape.name, ".", {});
}

class Update final : public Workload {
  public:
    explicit Update(const Shape& shape)
        : Workload(shape),
          model_(model_of(shape)),
          network_(make_network(model_, shape.n_inputs)),
          batch_(network_),
          rule_(model_.learning.rule->start(model_.learning, network_)),
          stage_{.learning = {0}} {
        if (shape.density) {
            train_ = std::make_unique<SpikeTrain>(shape);
            return;
        }
        if (shape.neuron == "lif") {  // inputs of length 1 take larger weights than most to make spikes
            for (float& w : network_.populations.front().below().weight.memory()) w *= 28.0f;
        }
        images_ = random_images(shape.n_samples, shape.n_inputs);
        for (const bool negative : {false, true}) {
            Variant variant;
            variant.base = images_;
            variant.n_changes = 1;
            for (std::size_t s = 0; s < shape.n_samples; ++s) {
                const auto label = static_cast<std::int32_t>((s + (negative ? 3 : 0)) % 10);
                labels_[negative].push_back(label);
                variant.index.push_back(static_cast<std::uint32_t>(label));
                variant.value.push_back(1.0f);
                double squares = 1.0;
                for (const float x : images_.row(s))
                    squares += static_cast<double>(x) * static_cast<double>(x);
                const Normalisation& normalisation = *network_.populations.front().below().normalisation;
                variant.gain.push_back(normalisation.gain(squares, shape.n_inputs));
            }
            variants_.push_back(std::move(variant));
        }
    }

    void repeat() override {
        if (train_) {
            batch_.present(train_->lent(), shape().n_samples);
        } else {
            batch_.present(0, variants_, shape().n_samples);
        }
        const double progress = 0.0;
        loss_ = rule_->learn(batch_, {stage_, {&progress, 1}, labels_[0]}, {0, 0}).front().loss;
    }

    Work work() const override {
        const auto n = static_cast<double>(shape().n_samples), in = static_cast<double>(shape().n_inputs),
                   units = static_cast<double>(shape().n_units.front()),
                   steps = static_cast<double>(shape().steps);
        Work work;
        if (shape().density) {
            // a row of weights added per spike, a row of signals per spike in the gradient
            work.row_additions = 2 * 2 * n * steps * in * *shape().density * units;
            work.footprint = 2 * n * steps * in / 8;  // a spike is a bit
        } else {
            // both variants share the product and, in the gradient, the sum of their signals
            work.product_flops = 2 * 2 * n * in * units;
            work.footprint = n * in * sizeof(float);
        }
        // per unit and step: membrane 3, threshold 1, spike 1, surrogate 5, slope 3, sums 2; the sums of a
        // train's units are of signals, and the slope is walked back
        const double per_step = shape().neuron != "lif" ? 2 : shape().density ? 12 : 15;
        work.vector_flops += 2 * n * units * steps * per_step;
        work.vector_flops += 12 * in * units;                      // Adam
        const double parameters = 3 * in * units * sizeof(float);  // weight and two moments, read and written
        work.bytes = work.footprint + 2 * parameters;
        work.footprint += parameters;
        return work;
    }

    nlohmann::json dump(const std::filesystem::path& folder) override {
        Arrays arrays(folder);
        if (train_) {
            const auto steps = static_cast<std::size_t>(shape().steps);
            for (std::size_t v = 0; v < 2; ++v) {
                const std::vector<float> spikes = train_->spikes(v);
                arrays.write(v == 0 ? "train_positive.f32" : "train_negative.f32",
                             std::span<const float>(spikes), {steps, shape().n_samples, shape().n_inputs});
            }
        } else {
            arrays.write("base.f32", images_);
            arrays.write("positive_label.i32", std::span<const std::int32_t>(labels_[0]),
                         {labels_[0].size()});
            arrays.write("negative_label.i32", std::span<const std::int32_t>(labels_[1]),
                         {labels_[1].size()});
        }
        const Panels& weight = network_.populations.front().below().weight;
        arrays.write("weight_before.f32", weight.matrix());
        std::vector<float> losses;
        for (int update = 0; update < 3; ++update) {
            repeat();
            losses.push_back(static_cast<float>(loss_));
        }
        arrays.write("weight_after.f32", weight.matrix());
        arrays.write("loss.f32", std::span<const float>(losses), {losses.size()});
        return arrays.shapes();
    }

  private:
    ModelSpec model_;
    Network network_;
    Batch batch_;
    std::unique_ptr<Rule> rule_;
    Stage stage_;
    Matrix images_;
    std::vector<std::int32_t> labels_[2];
    std::vector<Variant> variants_;
    std::unique_ptr<SpikeTrain> train_;
    double loss_ = 0.0;
};

}  // namespace

std::unique_ptr<Workload> make_update(const Shape& shape) { return std::make_unique<Update>(shape); }

}  // namespace snnff::bench
