#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "interfaces/step_source.hpp"
#include "snnff/matrix.hpp"
#include "snnff/random.hpp"
#include "workload.hpp"

namespace snnff::bench {

/// Random spikes of a population below, as many as the shape's density says, positives and negatives.
class SpikeTrain final : public StepSource {
  public:
    explicit SpikeTrain(const Shape& shape) : n_samples_(shape.n_samples), n_inputs_(shape.n_inputs) {
        const auto steps = static_cast<std::size_t>(shape.steps);
        for (std::size_t v = 0; v < 2; ++v) {
            spikes_[v].resize(steps * n_samples_ * n_inputs_);
            for (std::size_t row = 0; row < steps * n_samples_; ++row) {
                for (std::size_t i = 0; i < n_inputs_; ++i) {
                    const float u =
                        uniform(Seed{2 + v}, Stream::input_spikes, row, static_cast<std::uint32_t>(i));
                    spikes_[v][row * n_inputs_ + i] = static_cast<double>(u) < *shape.density ? 1 : 0;
                }
            }
        }
    }

    /// [step, sample, input]
    std::vector<float> spikes(std::size_t variant) const {
        return {spikes_[variant].begin(), spikes_[variant].end()};
    }
    /// For a batch, which this train must outlive.
    std::unique_ptr<const StepSource> lent() const { return std::make_unique<Lent>(*this); }

    std::size_t n_variants() const noexcept override { return 2; }
    std::size_t n_bases() const noexcept override { return 2; }
    std::size_t base_of(std::size_t variant) const noexcept override { return variant; }
    bool spiking() const noexcept override { return true; }
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override {
        return std::make_unique<Block>(*this, first, count);
    }

  private:
    class Block final : public Steps {
      public:
        Block(const SpikeTrain& train, std::size_t first, std::size_t count)
            : train_(train), first_(first), count_(count) {}
        void next(std::span<const MatrixView> bases) override {
            for (std::size_t v = 0; v < 2; ++v) {
                for (std::size_t r = 0; r < bases[v].rows(); ++r) {
                    const std::size_t row = (step_ + r / count_) * train_.n_samples_ + first_ + r % count_;
                    const std::uint8_t* from = train_.spikes_[v].data() + row * train_.n_inputs_;
                    std::copy_n(from, train_.n_inputs_, bases[v].row(r).data());
                }
            }
            step_ += bases[0].rows() / count_;
        }

      private:
        const SpikeTrain& train_;
        std::size_t first_, count_, step_ = 0;
    };

    class Lent final : public StepSource {
      public:
        explicit Lent(const SpikeTrain& train) : train_(train) {}
        std::size_t n_variants() const noexcept override { return train_.n_variants(); }
        std::size_t n_bases() const noexcept override { return train_.n_bases(); }
        std::size_t base_of(std::size_t variant) const noexcept override { return train_.base_of(variant); }
        bool spiking() const noexcept override { return train_.spiking(); }
        std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override {
            return train_.open(first, count);
        }

      private:
        const SpikeTrain& train_;
    };

    std::size_t n_samples_, n_inputs_;
    std::vector<std::uint8_t> spikes_[2];  // [variant]: [step, sample, input], not to be a matter of memory
};

}  // namespace snnff::bench
