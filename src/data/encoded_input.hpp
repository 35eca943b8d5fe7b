#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/dropout.hpp"
#include "interfaces/step_source.hpp"
#include "snnff/data_spec.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// The presentation that evaluations and recordings show, whatever the epoch: the same spikes every time.
inline constexpr std::uint32_t evaluation_presentation = 0xffffffff;

/// Which samples are presented, and how often they were before.
struct Presented {
    const DataSpec& data;
    Seed seed;
    const TimeGrid& time;
    const Dataset& dataset;
    std::span<const std::uint32_t> samples;
    std::uint32_t number;  ///< of the presentation: the epoch, or evaluation_presentation
};

/// Whether samples reach the first population as a constant current.
bool comes_constant(const DataSpec& data, const Dataset& dataset);

/// Samples as an encoding turns them into an input per step, or as they vary in time themselves.
///
/// The numbers of a sample's presentation are keyed by (seed, presentation, sample), those within it by step
/// and input, so that variants which differ in a label share all other spikes.
class EncodedInput final : public StepSource {
  public:
    /// `variants` say which labels are written; their bases are the samples themselves where these do not
    /// vary in time. Dropout, where given, leaves out an input in all steps, but no label.
    EncodedInput(const Presented& presented, std::vector<Variant> variants, const Dropout* dropout);

    std::size_t n_variants() const noexcept override { return variants_.size(); }
    std::size_t n_bases() const noexcept override { return first_with_base_.size(); }
    std::size_t base_of(std::size_t variant) const noexcept override { return base_of_[variant]; }
    std::span<const std::uint32_t> changing_inputs() const noexcept override { return changing_; }
    std::span<const float> gain(std::size_t variant) const noexcept override {
        return variants_[variant].gain;
    }
    bool spiking() const noexcept override;
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override;
    void reopen(std::unique_ptr<Steps>& steps, std::size_t first, std::size_t count) const override;

  private:
    friend class EncodedSteps;
    const Encoding& encoding_;
    TimeGrid time_;
    const Dataset& dataset_;
    std::vector<Variant> variants_;
    std::vector<std::uint32_t> samples_;        // [sample] number in the data set
    std::vector<Seed> draws_;                   // [sample]
    std::vector<std::size_t> first_with_base_;  // [base]: a variant
    std::vector<std::size_t> base_of_;          // [variant]
    std::vector<std::uint32_t> changing_;       // inputs, in rising order
    Matrix keep_;                               // [sample x input] factors of dropout; empty without
};

}  // namespace snnff
