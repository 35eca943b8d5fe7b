#pragma once

#include <string>

namespace snnff {

/// Libraries that read and write files with the versions loaded: "HDF5 1.10.8, zlib 1.2.13, libzip 1.7.3,
/// libpng 1.6.39, OpenSSL 3.0.15".
std::string file_libraries();

/// Before HDF5's first use, and only by a program that owns its process: at exit the library shall not close
/// what is open. With HDF5 1.14, a run on a full disk was seen to crash there after its message.
void leave_open_at_exit();

}  // namespace snnff
