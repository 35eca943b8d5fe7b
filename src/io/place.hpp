#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace snnff {

/// The file that symbolic links lead to, whether it is there or not; the path itself where it is no link.
/// What replaces a file, and what stands beside it, goes by this name: a link stays a link. Throws FileError
/// where links lead in a circle.
std::filesystem::path behind_links(const std::filesystem::path& path);

/// Whether the file's name has that ending, in small letters, capitals or both.
bool ends_in(const std::filesystem::path& file, std::string_view ending);

/// What to say behind "no such file": which part of the path is a symbolic link that leads to nothing, and
/// where it points; empty where none is.
std::string about_dangling_link(const std::filesystem::path& path);

/// Where a run that is to replace `output` is written until it is complete.
std::filesystem::path unfinished_beside(const std::filesystem::path& output);

/// Looks at a place for a new file before any work is done: the folder is there, and takes the name with what
/// is appended to it for files beside ("" for none). Throws FileError; UsageError where the name itself would
/// do and only the longer one is too long.
void check_place(const std::filesystem::path& path, std::string_view longest_suffix);

/// Throws UsageError where something stands there that is no regular file, and so is not to be replaced: a
/// folder, a pipe, a socket, a device.
void refuse_irregular(const std::filesystem::path& path);

/// A file that takes another's place may be read and written by the same people: gives `to` the mode and,
/// where that is allowed, the owner of `from`. Nothing where `from` is not there.
void keep_mode(const std::filesystem::path& from, const std::filesystem::path& to) noexcept;

/// Lets the owner write what nobody may, as a file that has the mode of the one whose place it takes, until
/// it goes out of scope.
class OwnerMayWrite {
  public:
    explicit OwnerMayWrite(const std::filesystem::path& path) noexcept;
    ~OwnerMayWrite();
    OwnerMayWrite(const OwnerMayWrite&) = delete;
    OwnerMayWrite& operator=(const OwnerMayWrite&) = delete;

  private:
    const std::filesystem::path& path_;
    int mode_before_ = -1;  ///< negative: was left as it was
};

/// Renames, so that `path` is the old file or the whole new one at any moment. Throws FileError.
void take_place(const std::filesystem::path& written, const std::filesystem::path& path);

}  // namespace snnff
