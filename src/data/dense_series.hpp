#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/sums.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {

/// Values of every step, as they came.
class DenseSeries final : public InputSeries {
  public:
    /// values [sample·steps + step, input]
    DenseSeries(Matrix values, std::size_t steps)
        : values_(std::move(values)),
          steps_(steps),
          smallest_(std::ranges::min(values_.values())),
          largest_(std::ranges::max(values_.values())) {}

    std::size_t n_inputs() const noexcept override { return values_.cols(); }
    void fill(std::size_t sample, std::int64_t first_step, MatrixView input) const noexcept override {
        const std::size_t first = sample * steps_ + static_cast<std::size_t>(first_step);
        for (std::size_t t = 0; t < input.rows(); ++t)
            std::ranges::copy(values_.row(first + t), input.row(t).begin());
    }
    double sum_of_squares(std::size_t sample) const noexcept override {
        double sum = 0.0;
        for (std::size_t t = sample * steps_; t < (sample + 1) * steps_; ++t) {
            const auto x = values_.row(t);
            sum += sum_in_blocks(x.size(), [&](std::size_t i) {
                return static_cast<double>(x[i]) * static_cast<double>(x[i]);
            });
        }
        return sum;
    }
    float smallest() const noexcept override { return smallest_; }
    float largest() const noexcept override { return largest_; }
    bool events() const noexcept override { return false; }
    std::size_t n_bytes() const noexcept override { return values_.size() * sizeof(float); }

  private:
    Matrix values_;
    std::size_t steps_;
    float smallest_, largest_;
};

}  // namespace snnff
