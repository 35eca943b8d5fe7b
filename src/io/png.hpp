#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/sha256.hpp"

namespace snnff {

/// What an image's header says.
struct PngSize {
    std::uint32_t width = 0, height = 0;
};

/// The values of a PNG image: 1 (grey) or 3 (red, green, blue) channels with or without alpha after them, of
/// 8 or 16 bits; palettes and less than 8 bits are spread out.
struct PngImage {
    std::uint32_t width = 0, height = 0;
    std::size_t n_channels = 0;  ///< 1 to 4
    bool wide = false;           ///< 16 bits, the higher byte first
    std::vector<unsigned char> bytes;

    std::uint32_t value(std::size_t pixel, std::size_t channel) const {
        const std::size_t at = pixel * n_channels + channel;
        return wide ? std::uint32_t{bytes[2 * at]} << 8 | bytes[2 * at + 1] : bytes[at];
    }
    std::uint32_t largest() const noexcept { return wide ? 65535 : 255; }
};

/// A PNG file in memory. Reading one throws FileError or DataError: no such file, no PNG, more than 64 MiB, a
/// size that so many bytes cannot hold.
class PngFile {
  public:
    explicit PngFile(const std::filesystem::path& path);
    PngSize size() const noexcept { return size_; }
    std::uint64_t size_on_disk() const noexcept { return content_.size(); }
    void add_to(Sha256& sum) const;
    /// Unpacks the image; memory goes by size(). Throws DataError for one that is broken or cut short.
    PngImage image() const;

  private:
    std::string name_;
    std::vector<std::byte> content_;
    PngSize size_;
};

std::string libpng_version();  ///< as loaded

}  // namespace snnff
