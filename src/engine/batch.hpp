#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/dropout.hpp"
#include "engine/activity.hpp"
#include "engine/section.hpp"
#include "snnff/network.hpp"

namespace snnff {

/// Bytes that stored steps of populations whose input varies may take at a time.
inline constexpr std::size_t stored_steps_budget = std::size_t{256} << 20;

/// One batch on its way up through the network: what drives each population, and what came of it.
class Batch {
  public:
    explicit Batch(const Network& network);

    /// Starts at `entry` with its constant input; the first `n_positive` variants are positive.
    void present(std::size_t entry, std::vector<Variant> variants, std::size_t n_samples,
                 std::size_t n_positive = 1);
    /// Starts at the first population with an input that varies from step to step.
    void present(std::unique_ptr<const StepSource> source, std::size_t n_samples, std::size_t n_positive = 1);
    /// Takes all samples through a section that they have come up to, and leaves what was asked for in each
    /// activity(population). `requests` are those of the section's populations, from the first on.
    void forward(Section section, std::span<const ForwardRequest> requests);
    /// From the input through whole sections, as many populations as there are requests.
    void climb(std::span<const ForwardRequest> requests);
    /// Makes the output of the section's last population, which its activity keeps, the drive of the next,
    /// some of it left out where `dropout` is given: of all samples, or of some.
    void ascend(Section section, const Dropout* dropout = nullptr) {
        ascend(section, dropout, {0, n_samples_});
    }
    void ascend(Section section, const Dropout* dropout, Range samples);
    /// For who goes through a section wave by wave.
    SectionPass pass(Section section, SectionPass::Memory& memory);

    /// What drives a population and what is asked of it, for batches of one size.
    struct Size {
        std::size_t n_variants, n_samples, n_changed;  ///< n_changed: inputs that variants change
        bool input_varies;                             ///< of the first population, from step to step
    };
    /// Bytes that forward() leaves for a population, and that it keeps for the next time.
    struct Held {
        std::size_t kept = 0, meanwhile = 0;
    };
    static Held memory(const Network& network, std::size_t population, const Size& size,
                       ForwardRequest request);
    /// The same of climb().
    static Held memory(const Network& network, const Size& size, std::span<const ForwardRequest> requests);
    /// Bytes that a thread holds meanwhile.
    static std::size_t scratch_memory(const Network& network, std::size_t population, const Size& size);

    std::size_t n_samples() const noexcept { return n_samples_; }
    std::size_t n_variants() const noexcept { return n_variants_; }
    std::size_t n_positive() const noexcept { return n_positive_; }
    const Drive& drive(std::size_t population) const { return drives_[population]; }
    Activity& activity(std::size_t population) { return activities_[population]; }
    const Activity& activity(std::size_t population) const { return activities_[population]; }

  private:
    const Network& network_;
    std::size_t n_samples_ = 0, n_variants_ = 0, n_positive_ = 1;
    std::vector<std::vector<Variant>> inputs_;   // of populations under constant drive
    std::vector<std::vector<Matrix>> replaced_;  // of those whose input is not what was sent
    std::unique_ptr<const StepSource> source_;   // of the first population, where its input varies
    std::vector<Drive> drives_;
    std::vector<SectionPass::Memory> passes_;  // of forward() [first population of a section]
    std::vector<Activity> activities_;
};

}  // namespace snnff
