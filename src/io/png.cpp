#include "io/png.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <iterator>
#include <new>
#include <span>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::uint64_t most_image_bytes = std::uint64_t{64} << 20;
// The header's chunk: its length, type, width, height, bits per value and colour type.
constexpr std::size_t at_width = 16, at_height = 20, at_depth = 24, at_colour = 25, n_needed = 26;

/// Bytes of an image before deflate: a byte for the filter and the values of each row. 0 where a header names
/// another colour type than PNG has: libpng refuses it.
std::uint64_t unpacked_bytes(PngSize size, unsigned depth, unsigned colour) {
    constexpr unsigned n_channels[] = {1, 0, 3, 1, 2, 0, 4};  // grey, rgb, palette, with alpha
    const unsigned channels = colour < std::size(n_channels) ? n_channels[colour] : 0;
    if (channels == 0) return 0;
    return size.height * (1 + (std::uint64_t{size.width} * channels * depth + 7) / 8);
}

struct PngReading {
    std::span<const std::byte> rest;
    std::array<char, 128> problem{};
};

void on_error(png_structp png, png_const_charp message) {
    auto* reading = static_cast<PngReading*>(png_get_error_ptr(png));
    std::strncpy(reading->problem.data(), message, reading->problem.size() - 1);
    png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, std::size_t n) {
    auto* reading = static_cast<PngReading*>(png_get_io_ptr(png));
    if (reading->rest.size() < n) png_error(png, "it ends too early");
    std::memcpy(to, reading->rest.data(), n);
    reading->rest = reading->rest.subspan(n);
}

struct Png {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Png() { png_destroy_read_struct(&png, &info, nullptr); }
};

// libpng leaves a function by longjmp, which runs no destructor: these two own nothing.
bool read_header(Png& p) {
    if (setjmp(png_jmpbuf(p.png)) != 0) return false;
    png_set_crc_action(p.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(p.png, p.info);
    png_set_expand(p.png);
    png_set_interlace_handling(p.png);
    png_read_update_info(p.png, p.info);
    return true;
}

bool read_rows(Png& p, png_bytepp rows) {
    if (setjmp(png_jmpbuf(p.png)) != 0) return false;
    png_read_image(p.png, rows);
    png_read_end(p.png, nullptr);
    return true;
}

}  // namespace

PngFile::PngFile(const std::filesystem::path& path) : name_(shown(path)) {
    InputFile file(path);
    if (file.size_on_disk() > most_image_bytes) {
        throw DataError(fmt::format("{}: has {} bytes; an image may have up to {} MiB", name_,
                                    file.size_on_disk(), most_image_bytes >> 20));
    }
    content_.resize(static_cast<std::size_t>(file.size_on_disk()));
    content_.resize(file.read(content_));
    if (content_.empty()) throw DataError(fmt::format("{}: is empty", name_));
    constexpr std::size_t n_signature = 8;
    const auto* bytes = reinterpret_cast<png_const_bytep>(content_.data());
    if (png_sig_cmp(bytes, 0, std::min(content_.size(), n_signature)) != 0)
        throw DataError(fmt::format("{}: is no PNG image; kind = \"images\" reads those", name_));
    if (content_.size() < n_needed) throw DataError(fmt::format("{}: ends within its header", name_));
    size_ = {png_get_uint_32(bytes + at_width), png_get_uint_32(bytes + at_height)};
    constexpr std::uint32_t longest_side = 1 << 15;
    if (size_.width < 1 || size_.height < 1 || size_.width > longest_side || size_.height > longest_side) {
        throw DataError(fmt::format("{}: claims {} x {} pixels; 1 to {} a side are read", name_, size_.width,
                                    size_.height, longest_side));
    }
    constexpr std::uint64_t most_per_byte = 1032;  // deflate: a match of 258 bytes in two bits
    if (unpacked_bytes(size_, bytes[at_depth], bytes[at_colour]) / most_per_byte > content_.size()) {
        throw DataError(fmt::format("{}: claims {} x {} pixels, which a file of {} bytes cannot hold", name_,
                                    size_.width, size_.height, content_.size()));
    }
}

void PngFile::add_to(Sha256& sum) const { sum.update(content_); }

PngImage PngFile::image() const {
    PngReading reading{content_, {}};
    Png p;
    const auto refuse = [&] {
        throw DataError(fmt::format("{}: cannot be unpacked: {}", name_, reading.problem.data()));
    };
    p.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
    if (p.png != nullptr) p.info = png_create_info_struct(p.png);
    if (p.info == nullptr) throw std::bad_alloc{};
    png_set_read_fn(p.png, &reading, on_read);
    if (!read_header(p)) refuse();
    PngImage image{.width = png_get_image_width(p.png, p.info),
                   .height = png_get_image_height(p.png, p.info),
                   .n_channels = png_get_channels(p.png, p.info),
                   .wide = png_get_bit_depth(p.png, p.info) == 16,
                   .bytes = {}};
    const std::size_t row_bytes = png_get_rowbytes(p.png, p.info);
    image.bytes.resize(row_bytes * image.height);
    std::vector<png_bytep> rows(image.height);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = image.bytes.data() + i * row_bytes;
    if (!read_rows(p, rows.data())) refuse();
    return image;
}

std::string libpng_version() { return png_get_libpng_ver(nullptr); }

}  // namespace snnff
