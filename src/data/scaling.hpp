#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string_view>

#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {

/// input = (x - offset)/scale, for readers of numbers of any scale.
class Scaling {
  public:
    explicit Scaling(Options& options)
        : offset_(options.number({"offset", "", "input = (x - offset)/scale"}, 0.0)),
          scale_(options.number({"scale", "", "input = (x - offset)/scale"}, 1.0, Bounds::positive())) {}

    float scaled(double value) const { return static_cast<float>((value - offset_) / scale_); }
    /// Throws DataError, beginning with `where`, for what is no finite number.
    float scaled(std::string_view where, std::uint64_t sample, float value) const {
        const float input = scaled(static_cast<double>(value));
        if (!std::isfinite(input)) {
            throw DataError(
                fmt::format("{}: sample {} holds a value that is no finite number", where, sample));
        }
        return input;
    }

  private:
    double offset_, scale_;
};

}  // namespace snnff
