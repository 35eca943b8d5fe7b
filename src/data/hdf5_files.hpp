#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/labels.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"

/// What readers of samples in HDF5 files share.
namespace snnff::hdf5_files {

std::string shape_text(const std::vector<hsize_t>& shape);

/// The file holds something else than the layout says: wrong data, not a wrong file.
template <class Function>
auto as_data_error(Function function) {
    try {
        return function();
    } catch (const FileError& error) {
        throw DataError(error.what());
    }
}

/// The data set at `path`, with or without a slash before it. Throws DataError, which lists the sets that the
/// file has and ends with `hint`.
hdf5::Dataset find_set(const hdf5::Group& file, std::string_view path, std::string_view hint);

std::vector<std::uint64_t> shape_of(const hdf5::Dataset& dataset);

/// Labels for all of the `n_samples` that `of` has: numbers, booleans, names, or an enumeration. Throws
/// DataError.
FoundLabels read_labels(const hdf5::Dataset& dataset, std::string_view of, std::uint64_t n_samples);

}  // namespace snnff::hdf5_files
