#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace snnff {

/// A file whose SHA-256 is known before somebody waits for it: reading a large one takes long, and while a
/// Turn is held others wait.
class SummedFile {
  public:
    /// Reads a regular file, and nothing where there is none. Throws FileError.
    explicit SummedFile(std::filesystem::path path);
    /// Of what has the name now: what was found where it is the same file, which nobody has changed since by
    /// its times, and else read anew. Throws FileError where there is none.
    std::string sha256() const;
    const std::filesystem::path& path() const noexcept { return path_; }

  private:
    /// What changes with a file's bytes.
    struct Stamp {
        dev_t device;
        ino_t number;
        off_t size;
        std::int64_t changed_ns, written_ns;

        bool operator==(const Stamp&) const = default;
    };
    static std::optional<Stamp> stamp_of(const std::filesystem::path& path);

    std::filesystem::path path_;
    std::optional<Stamp> stamp_;  ///< empty where it tells nothing
    std::string sha256_;
};

}  // namespace snnff
