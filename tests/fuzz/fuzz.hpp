#pragma once
// What the fuzz targets share: a place for files, and what counts as an answer.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "snnff/error.hpp"

namespace fuzz {

namespace fs = std::filesystem;
using Bytes = std::span<const std::uint8_t>;

/// A folder of this process, which goes with it.
class Folder {
  public:
    Folder() : path_(fs::temp_directory_path() / ("snnff-fuzz-" + std::to_string(::getpid()))) {
        fs::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const fs::path& path() const { return path_; }
    fs::path operator/(const char* name) const { return path_ / name; }
    fs::path write(const char* name, Bytes bytes) const {
        const fs::path file = path_ / name;
        std::ofstream(file, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return file;
    }

  private:
    fs::path path_;
};

/// Ends the process as a finding where what has to hold does not.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Runs a reader. It may take its input or refuse it with an Error that says why; anything else that is
/// thrown, std::bad_alloc too, ends the process as a finding.
template <class Action>
void reads_or_refuses(Action&& action) {
    try {
        action();
    } catch (const snnff::Error& error) {
        require(*error.what() != '\0', "a refusal says why");
    }
}

}  // namespace fuzz
