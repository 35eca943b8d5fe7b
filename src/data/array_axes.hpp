#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/matrix.hpp"
#include "snnff/options.hpp"

namespace snnff {

/// What the axes of an array of samples are.
struct ArrayLayout {
    std::uint64_t n_samples = 0, n_steps = 1, n_inputs = 0;  ///< n_inputs: in a step
    bool over_time = false;
    std::uint64_t image_rows = 0, image_cols = 0;  ///< 0 where a sample is no image of one channel
    /// The array's axes, slowest first, as samples want them: sample, step, channel, row, column, feature.
    std::vector<std::size_t> order;
    bool as_stored = true;  ///< whether they lie like that
};

/// The key data.axes, and what is taken without it.
class AxesKey {
  public:
    /// `steps` is time.steps.
    AxesKey(Options& options, std::uint64_t steps);

    /// Without the key the first axis counts samples. [sample, feature] stays for all steps, and so do
    /// [sample, 1, row, column] and [sample, row, column, 1]; [sample, step, feature] is a series where its
    /// second axis has time.steps. Other axes of length 1 do not count. `labels` is the shape of the labels,
    /// `bytes` whether values have 8 bits at most. Throws DataError that starts with `where` and names the
    /// key for all that this leaves open.
    ArrayLayout layout(std::string_view where, std::span<const std::uint64_t> shape,
                       std::span<const std::uint64_t> labels, bool bytes) const;

  private:
    ArrayLayout as_named(std::string_view where, std::span<const std::uint64_t> shape) const;
    ArrayLayout as_guessed(std::string_view where, std::span<const std::uint64_t> shape,
                           std::span<const std::uint64_t> labels, bool bytes) const;
    void check_steps(std::string_view where, std::span<const std::uint64_t> shape, std::uint64_t found) const;

    std::vector<std::string> words_;
    std::uint64_t steps_;
};

/// Copies the first `n` samples of an array in C order into rows [sample·steps + step, input].
void take_in_order(const ArrayLayout& layout, std::span<const std::uint64_t> shape,
                   std::span<const float> stored, std::size_t n, MatrixView into);

}  // namespace snnff
