#pragma once

#include <string>

namespace snnff {

/// Libraries that read and write files with the versions loaded: "HDF5 1.10.8, zlib 1.2.13, OpenSSL 3.0.15".
std::string file_libraries();

}  // namespace snnff
