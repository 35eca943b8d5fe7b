#pragma once

#include <string>

namespace snnff {

/// Libraries that read and write files with the versions loaded: "HDF5 1.10.8, zlib 1.2.13, libzip 1.7.3,
/// libpng 1.6.39, OpenSSL 3.0.15".
std::string file_libraries();

/// Before HDF5's first use, and only by a program that owns its process: at exit the library shall not close
/// what is open. A file that could not be closed, as on a full disk, crashes HDF5 1.14 when it is closed once
/// more.
void leave_open_at_exit();

}  // namespace snnff
