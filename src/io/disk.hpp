#pragma once

#include <filesystem>
#include <string_view>

#include "snnff/error.hpp"

namespace snnff {

/// A file is there, and the disk or the network does not give its bytes: nothing is known of what they are.
class DiskError : public FileError {
  public:
    using FileError::FileError;
};

/// What its words begin with, by which it is told from damage where they pass through HDF5.
inline constexpr std::string_view not_read = "cannot be read from disk: ";

/// Throws DiskError where a path cannot be opened or is no regular file: a pipe would be waited for.
void expect_regular(const std::filesystem::path& path);

/// Waits until a file, or the names in a folder, are on disk. Throws FileError.
void sync_to_disk(const std::filesystem::path& path);

/// A file or a folder that is held open, so that it shows before a folder's names change whether they can be
/// brought to disk.
class OpenForSync {
  public:
    explicit OpenForSync(const std::filesystem::path& path);  ///< throws FileError
    ~OpenForSync();
    OpenForSync(const OpenForSync&) = delete;
    OpenForSync& operator=(const OpenForSync&) = delete;
    void sync() const;  ///< waits until it is on disk; throws FileError

  private:
    std::filesystem::path path_;
    int descriptor_;
};

}  // namespace snnff
