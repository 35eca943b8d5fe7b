#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Events of samples in bins of one step. Only bins that hold an event take memory: 4 bytes, and 16 for each
/// step of a sample that has any.
class EventSeries final : public InputSeries {
  public:
    enum class PerBin { binary, counts };
    static constexpr std::size_t most_inputs = std::size_t{1} << 16;

    /// `n_inputs` is at most most_inputs.
    EventSeries(std::size_t n_inputs, const TimeGrid& time, PerBin per_bin);

    /// An event of the sample that is being read, in `step`, a whole number from 0 on (StepsOfEvents); those
    /// after the last step are dropped.
    void add(double step, std::uint16_t input);
    /// Ends the sample. Throws DataError, beginning with `where`, where the data set grows too large.
    void end_sample(std::string_view where);
    /// Throws DataError where no sample has an event: a wrong dt_ms, or steps that are too few.
    void check_any(std::string_view where) const;

    std::size_t n_samples() const noexcept { return first_step_.size() - 1; }
    std::size_t n_inputs() const noexcept override { return n_inputs_; }
    void fill(std::size_t sample, std::int64_t first_step, MatrixView input) const noexcept override;
    double sum_of_squares(std::size_t sample) const noexcept override;
    float largest() const noexcept override { return largest_; }
    float smallest() const noexcept override { return 0.0f; }
    bool events() const noexcept override { return true; }
    std::size_t n_bytes() const noexcept override;
    std::uint64_t n_dropped() const noexcept { return n_dropped_; }
    EventCount event_count() const noexcept override { return {n_kept_, n_dropped_, latest_ms_}; }

  private:
    struct Step {
        std::uint32_t step;
        std::uint64_t first_bin;
    };
    struct Bin {
        std::uint16_t input, count;
    };
    std::span<const Step> steps_of(std::size_t sample) const noexcept;
    std::uint64_t end_of(const Step* step) const noexcept;

    std::size_t n_inputs_;
    TimeGrid time_;
    PerBin per_bin_;
    float largest_ = 1.0f;
    std::uint64_t n_kept_ = 0, n_dropped_ = 0;
    double latest_ms_ = 0.0;
    std::vector<std::uint64_t> events_;       // of the sample being read: step << 16 | input
    std::vector<Step> steps_;                 // that hold events, sample after sample
    std::vector<std::size_t> first_step_{0};  // [sample + 1] into steps_
    std::vector<Bin> bins_;
};

/// The key per_bin, which readers of events share.
EventSeries::PerBin read_per_bin(Options& options);

}  // namespace snnff
