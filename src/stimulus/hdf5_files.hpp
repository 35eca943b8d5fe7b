#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"

/// What readers of samples in HDF5 files share.
namespace snnff::hdf5_files {

inline constexpr std::int64_t max_label = 255;  // as in IDX files

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

/// Labels, one for each of the first `n` of the `n_samples` that `of` has. Throws DataError.
std::vector<std::int32_t> read_labels(const hdf5::Group& file, std::string_view name, std::string_view of,
                                      std::uint64_t n_samples, std::size_t n);

}  // namespace snnff::hdf5_files
