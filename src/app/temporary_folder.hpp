#pragma once

#include <filesystem>

namespace snnff::app {

/// A folder of our own under the system's folder for temporary files, gone when this goes.
class TemporaryFolder {
  public:
    TemporaryFolder();  ///< throws FileError
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace snnff::app
