#pragma once

#include <cstddef>
#include <memory>

#include "engine/activity.hpp"
#include "interfaces/step_source.hpp"

namespace snnff {

/// What a population sent so many steps before, as it comes to another: nothing in the first steps.
class StoredSteps final : public StepSource {
  public:
    StoredSteps(const StepValues& sent, std::size_t n_variants, bool spiking, std::size_t delay_steps)
        : sent_(sent), n_variants_(n_variants), spiking_(spiking), delay_(delay_steps) {}

    std::size_t n_variants() const noexcept override { return n_variants_; }
    std::size_t n_bases() const noexcept override { return n_variants_; }
    std::size_t base_of(std::size_t variant) const noexcept override { return variant; }
    bool spiking() const noexcept override { return spiking_; }
    std::unique_ptr<Steps> open(std::size_t first, std::size_t count) const override;
    void reopen(std::unique_ptr<Steps>& steps, std::size_t first, std::size_t count) const override;

  private:
    class Block;
    const StepValues& sent_;
    std::size_t n_variants_;
    bool spiking_;
    std::size_t delay_;
};

}  // namespace snnff
