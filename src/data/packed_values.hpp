#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace snnff {

/// What netCDF's attributes say of a data set's values that input = (x - offset)/scale does not do: that they
/// are packed (scale_factor, add_offset), with numbers for data.offset and data.scale, or of another sign
/// than their type (_Unsigned).
std::vector<std::string> remarks_on_packing(const hdf5::Dataset& dataset, double offset, double scale);

/// Counts values that stand for missing ones, by the attributes _FillValue and missing_value of netCDF.
class MissingValues {
  public:
    explicit MissingValues(const hdf5::Dataset& dataset);
    void look_at(float value) noexcept {
        ++n_values_;
        if (std::ranges::find(missing_, value) != missing_.end()) ++n_missing_;
    }
    /// A sentence where there are any.
    std::vector<std::string> remarks() const;

  private:
    std::string where_, says_;
    std::vector<float> missing_;
    std::uint64_t n_values_ = 0, n_missing_ = 0;
};

}  // namespace snnff
