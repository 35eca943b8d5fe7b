#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snnff {

/// What the header of a .npy file says.
struct NpyHeader {
    char kind = 0;           ///< b bool, i and u integers, f float, U and S texts
    std::uint64_t size = 0;  ///< bytes of a value
    bool big_endian = false;
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

/// Reads the dictionary of a header: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. Throws
/// DataError, beginning with `where`, for one that is none and for types that are not read.
NpyHeader read_npy_header(std::string_view where, std::string_view dictionary);

}  // namespace snnff
