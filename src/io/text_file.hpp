#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace snnff {

/// Text that is written to a file, which appears under its name once it is complete and keeps the mode of
/// what it replaces, or through a stream (see is_stream()), where a reader that has gone is no error.
class TextFile {
  public:
    /// Throws FileError where it cannot be opened.
    explicit TextFile(const std::filesystem::path& path);
    ~TextFile();  ///< takes away what is not finished
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;

    void add(std::string_view text) noexcept;
    /// Throws FileError where not all of it could be written.
    void finish();

  private:
    std::filesystem::path path_, written_;
    bool through_;
    std::FILE* file_ = nullptr;
    int failure_ = 0;  ///< errno of what failed first
};

}  // namespace snnff
