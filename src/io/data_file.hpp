#pragma once

#include "snnff/data_file.hpp"

namespace snnff {

/// A file with its size and SHA-256, without a role. Throws FileError.
DataFile data_file_at(const std::filesystem::path& path);

}  // namespace snnff
