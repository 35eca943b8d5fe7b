#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace snnff {

/// A path as messages show it: relative to the current folder where it lies below it.
std::string shown(const std::filesystem::path& path);

/// Reads a file from start to end and, where asked to, unpacks what begins as gzip does (1f 8b), whatever its
/// name. It unpacks what is asked for and no more, so a small file that would unpack to a huge one costs what
/// is read of it. A gzip file may have several members, and zeros between and after them.
///
/// Throws FileError where the file cannot be opened or read or is no regular file (a pipe would
/// block, a device never end), and DataError where the compressed stream is broken or cut short.
class InputFile {
  public:
    enum class Content { as_it_is, unpacked };
    explicit InputFile(const std::filesystem::path& path, Content content = Content::as_it_is);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    /// Fills `bytes`, or less of it where the content ends; returns how many were written.
    std::size_t read(std::span<std::byte> bytes);
    /// Reads on and forgets, `most` bytes at most; returns how many there were.
    std::uint64_t skip(std::uint64_t most);
    /// Bytes on disk.
    std::uint64_t size_on_disk() const noexcept;
    bool compressed() const noexcept;
    /// SHA-256 of all bytes on disk, in hex; reads what has not been read. Call once, last.
    std::string sha256();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace snnff
