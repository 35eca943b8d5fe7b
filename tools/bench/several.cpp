// One update of several populations: by back-propagation, joined by spike trains, with dropout between them.
#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "core/dropout.hpp"
#include "engine/batch.hpp"
#include "rules/rule.hpp"
#include "snnff/training.hpp"
#include "spike_train.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

/// How populations are joined, and what they learn by.
struct Join {
    std::string_view learning;       ///< keys of [learning]
    std::string_view output, last;   ///< what populations send on, and what the last one answers
    std::string_view normalisation;  ///< of inputs
    std::vector<float> larger;       ///< [population] factors of initial weights that make its units spike
};

// A learning rate so small that repetitions do not change who spikes: all of them are the same work.
constexpr std::string_view forward_forward =
    "goodness = \"mean_square\"\nloss = { kind = \"softplus\", theta = 0.1 }\n";

Join join_of(const std::string& kind) {
    if (kind == "backprop") return {"rule = \"backprop\"\n", "spikes", "count", "none", {1.0f, 2.0f}};
    if (kind == "chain") return {forward_forward, "spikes", "rate", "none", {3.0f, 2.5f, 2.5f}};
    return {forward_forward, "rate", "rate", "l2", {28.0f, 28.0f}};
}

ModelSpec model_of(const Shape& shape, const Join& join) {
    std::string text = fmt::format("[time]\nsteps = {}\n[learning]\nrate = 1e-6\noptimizer = \"adam\"\n{}",
                                   shape.steps, join.learning);
    for (std::size_t k = 0; k < shape.n_units.size(); ++k) {
        const bool is_last = k + 1 == shape.n_units.size();
        text += fmt::format(
            "[population.p{}]\nneuron = \"{}\"\nsize = {}\nbias = false\nbeta = 0.9\noutput = \"{}\"\n"
            "normalisation = \"{}\"\n{}",
            k, shape.neuron, shape.n_units[k], is_last ? join.last : join.output, join.normalisation,
            shape.kind == "backprop" ? "" : "measure = \"rate\"\n");
    }
    return read_model_text(text, shape.name, ".", {});
}

class Several final : public Workload {
  public:
    explicit Several(const Shape& shape)
        : Workload(shape),
          join_(join_of(shape.kind)),
          model_(model_of(shape, join_)),
          network_(make_network(model_, shape.n_inputs)),
          batch_(network_),
          rule_(model_.learning.rule->start(model_.learning, network_)) {
        for (std::size_t k = 0; k < shape.n_units.size(); ++k) {
            stage_.learning.push_back(k);
            for (float& w : network_.populations[k].below().weight.memory()) w *= join_.larger[k];
        }
        for (std::size_t s = 0; s < shape.n_samples; ++s) label_.push_back(static_cast<std::int32_t>(s % 10));
        if (shape.density) {
            train_ = std::make_unique<SpikeTrain>(shape);
        } else {
            make_variants();
        }
        update();
        for (std::size_t k = 0; k < shape.n_units.size(); ++k) rate_.push_back(mean_rate(k));
    }

    void repeat() override { update(); }

    Work work() const override {
        const auto n = static_cast<double>(shape().n_samples), steps = static_cast<double>(shape().steps),
                   n_inputs = static_cast<double>(shape().n_inputs);
        const double n_variants = shape().kind == "backprop" ? 1 : 2;
        Work work;
        if (shape().density) {
            work.footprint = 2 * n * steps * n_inputs / 8;  // a spike is a bit
        } else {
            work.footprint = n * n_inputs * sizeof(float);
        }
        work.bytes = work.footprint;
        for (std::size_t k = 0; k < shape().n_units.size(); ++k) {
            const auto units = static_cast<double>(shape().n_units[k]),
                       in = k == 0 ? n_inputs : static_cast<double>(shape().n_units[k - 1]);
            const bool is_driven_by_train = k == 0 ? shape().density.has_value() : join_.output == "spikes";
            if (is_driven_by_train) {
                // a row of weights added per spike, a row of signals per spike in the gradient
                const double density = k == 0 ? *shape().density : rate_[k - 1];
                work.row_additions += 2 * n_variants * n * steps * in * density * units;
            } else {
                // currents and gradient; variants of the first population share their base
                work.product_flops += 2 * 2 * (k == 0 ? 1 : n_variants) * n * in * units;
            }
            // back-propagated through the weights, in each step
            if (shape().kind == "backprop" && k > 0) work.product_flops += 2 * n * steps * in * units;
            if (shape().kind == "dropout" && k > 0) work.vector_flops += 2 * n_variants * n * in;
            // per unit and step: as in update.cpp; the slope is walked back where steps matter
            const bool walks_back = is_driven_by_train || shape().kind == "backprop";
            work.vector_flops += n_variants * n * units * steps * (walks_back ? 12 : 15);
            work.vector_flops += 12 * in * units;  // Adam
            const double parameters =
                3 * in * units * sizeof(float);  // weight and two moments, read and written
            work.bytes += 2 * parameters;
            work.footprint += parameters;
        }
        return work;
    }

    nlohmann::json dump(const std::filesystem::path& folder) override {
        Arrays arrays(folder);
        if (!train_) arrays.write("base.f32", images_);
        arrays.write("label.i32", std::span<const std::int32_t>(label_), {label_.size()});
        const std::vector<float> rates(rate_.begin(), rate_.end());
        arrays.write("rate.f32", std::span<const float>(rates), {rates.size()});
        std::vector<float> losses;
        for (int i = 0; i < 3; ++i) {
            repeat();
            losses.push_back(static_cast<float>(loss_));
        }
        for (std::size_t k = 0; k < network_.populations.size(); ++k)
            arrays.write(fmt::format("weight{}.f32", k), network_.populations[k].below().weight.matrix());
        arrays.write("loss.f32", std::span<const float>(losses), {losses.size()});
        return arrays.shapes();
    }

  private:
    /// The images once, as back-propagation takes them, or under positive and negative labels.
    void make_variants() {
        images_ = random_images(shape().n_samples, shape().n_inputs);
        const Normalisation& normalisation = *network_.populations.front().below().normalisation;
        const bool has_labels = shape().kind != "backprop";
        for (std::int32_t v = 0; v < (has_labels ? 2 : 1); ++v) {
            Variant variant;
            variant.base = images_;
            variant.n_changes = has_labels ? 1 : 0;
            for (std::size_t s = 0; s < shape().n_samples; ++s) {
                double squares = 0.0;
                for (const float x : images_.row(s))
                    squares += static_cast<double>(x) * static_cast<double>(x);
                if (has_labels) {
                    variant.index.push_back(static_cast<std::uint32_t>((label_[s] + 3 * v) % 10));
                    variant.value.push_back(1.0f);
                    squares += 1.0;
                }
                variant.gain.push_back(normalisation.gain(squares, shape().n_inputs));
            }
            variants_.push_back(std::move(variant));
        }
    }

    void update() {
        if (train_) {
            batch_.present(train_->lent(), shape().n_samples);
        } else {
            batch_.present(0, variants_, shape().n_samples);
        }
        const std::vector<double> progress(network_.populations.size(), 0.0);
        const Dropout dropout{Seed{5}, 0.2, n_updates_++};
        const Rule::Turn turn{stage_, progress, label_, shape().kind == "dropout" ? &dropout : nullptr};
        for (const Rule::Part part : rule_->parts(stage_))
            loss_ = rule_->learn(batch_, turn, part).back().loss;
    }

    /// Spikes per unit and step of all samples and variants in the last update.
    double mean_rate(std::size_t population) const {
        double sum = 0.0, n = 0.0;
        for (const std::vector<double>& of_variant : batch_.activity(population).rate) {
            for (const double rate : of_variant) sum += rate, n += 1.0;
        }
        return sum / n;
    }

    Join join_;
    ModelSpec model_;
    Network network_;
    Batch batch_;
    std::unique_ptr<Rule> rule_;
    Stage stage_;
    Matrix images_;
    std::vector<std::int32_t> label_;
    std::vector<Variant> variants_;
    std::unique_ptr<SpikeTrain> train_;
    std::uint64_t n_updates_ = 0;
    std::vector<double> rate_;  // [population] in the first update
    double loss_ = 0.0;         // of the last population
};

}  // namespace

std::unique_ptr<Workload> make_several(const Shape& shape) { return std::make_unique<Several>(shape); }

}  // namespace snnff::bench
