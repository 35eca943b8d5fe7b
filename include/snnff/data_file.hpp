#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// A file that a run was made from; a folder where its samples are files of their own.
struct DataFile {
    std::filesystem::path path;  ///< where it was read; in a run file: as the model gave it
    std::uint64_t size = 0;      ///< bytes on disk
    std::string sha256{};        ///< of the bytes on disk, lower-case hex
    /// What it was for: "train", "validation", "test" or "initial weights"; empty until an experiment is
    /// built.
    std::string role{};

    bool operator==(const DataFile&) const = default;
};

}  // namespace snnff
