#pragma once

#include <filesystem>

namespace snnff {

/// The turn at looking at a folder and making files in it: other processes of this program that would do so
/// wait, so that what one found stays true until it has made its file and locked it. Held for moments, not
/// while work is done. A turn within a turn at the same folder is the same. On file systems without locks, or
/// in a folder that cannot be read, nobody waits. One thread at a time.
class Turn {
  public:
    /// At the folder that `path` is in, or would be. Throws FileError where another process keeps it for a
    /// minute.
    explicit Turn(const std::filesystem::path& path);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    bool begun_ = false;
};

}  // namespace snnff
