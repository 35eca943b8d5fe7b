#pragma once

#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace snnff {

/// What netCDF's attributes say of a data set's values that input = (x - offset)/scale does not do: that they
/// are packed (scale_factor, add_offset), with numbers for data.offset and data.scale.
std::vector<std::string> remarks_on_packing(const hdf5::Dataset& dataset, double offset, double scale);

}  // namespace snnff
