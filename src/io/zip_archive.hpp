#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace snnff {

/// A zip archive as NumPy writes it: members stored or deflated, never encrypted.
///
/// Throws FileError where the file cannot be opened or is none, and DataError where a member is not as the
/// archive says it is.
class ZipArchive {
  public:
    explicit ZipArchive(const std::filesystem::path& path);
    ~ZipArchive();
    ZipArchive(const ZipArchive&) = delete;
    ZipArchive& operator=(const ZipArchive&) = delete;

    std::vector<std::string> names() const;
    /// Opens a member for reading from its start and closes the one before; returns how many bytes it unpacks
    /// to, by the archive's word, which is refused where no deflated data of its size could.
    std::uint64_t open(const std::string& name);
    /// Fills `bytes`, or less of it where the member ends; returns how many were written.
    std::size_t read(std::span<std::byte> bytes);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string libzip_version();  ///< as loaded

}  // namespace snnff
