#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace snnff {

/// Text that is written to a file, which appears under its name once it is complete and keeps the mode of
/// what it replaces, or through a stream (see is_stream()), where a reader that has gone is no error. Until
/// then it has the name with .new after it; what is left of an attempt that was cut is known by its first
/// line.
class TextFile {
  public:
    TextFile(const std::filesystem::path& path, bool replace);
    ~TextFile();  ///< takes away what is not finished
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;

    /// The first text has all of the first line, and makes the file. Throws FileError where that is not
    /// possible; UsageError where a file is there that may not be replaced, or one beside it that is not
    /// ours.
    void add(std::string_view text);
    /// Throws FileError where not all of it could be written, UsageError as above.
    void finish();

  private:
    void open(std::string_view first);
    void make(std::string_view first_line);
    void give_up() noexcept;

    std::filesystem::path path_, written_;
    bool replace_, through_;
    std::FILE* file_ = nullptr;
    int lock_ = -1;    ///< a second descriptor of the file: a lock that outlives its closing
    int failure_ = 0;  ///< errno of what failed first
};

}  // namespace snnff
