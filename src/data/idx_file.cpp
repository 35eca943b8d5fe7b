#include "data/idx_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "data/dataset_limits.hpp"
#include "io/gzip.hpp"
#include "io/idx_names.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_axes = 4;

/// Bytes of a value; 0 for no type of IDX.
std::size_t size_of(std::uint32_t type) {
    switch (type) {
        case 0x08:
        case 0x09:
            return 1;
        case 0x0b:
            return 2;
        case 0x0c:
        case 0x0d:
            return 4;
        case 0x0e:
            return 8;
        default:
            return 0;
    }
}

/// The numbers of a block, each in size_of(type) bytes, the highest first.
template <class Number, class Bits>
void decode(std::span<const std::byte> bytes, std::span<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint64_t bits = 0;
        for (std::size_t k = 0; k < sizeof(Bits); ++k)
            bits = bits << 8 | std::to_integer<std::uint64_t>(bytes[i * sizeof(Bits) + k]);
        values[i] = static_cast<double>(std::bit_cast<Number>(static_cast<Bits>(bits)));
    }
}

void decode(std::uint32_t type, std::span<const std::byte> bytes, std::span<double> values) {
    switch (type) {
        case 0x08:
            return decode<std::uint8_t, std::uint8_t>(bytes, values);
        case 0x09:
            return decode<std::int8_t, std::uint8_t>(bytes, values);
        case 0x0b:
            return decode<std::int16_t, std::uint16_t>(bytes, values);
        case 0x0c:
            return decode<std::int32_t, std::uint32_t>(bytes, values);
        case 0x0d:
            return decode<float, std::uint32_t>(bytes, values);
        default:
            return decode<double, std::uint64_t>(bytes, values);
    }
}

void check_magic(const std::string& name, std::span<const std::byte> bytes) {
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    if (bytes.size() >= 2 && (byte(0) != 0 || byte(1) != 0)) {
        const bool zip = byte(0) == 'P' && byte(1) == 'K';
        throw DataError(fmt::format("{}: not an IDX file: it starts with {:02x} {:02x}, not with 00 00{}",
                                    name, byte(0), byte(1),
                                    zip ? "; it is a zip archive, unzip unpacks it" : ""));
    }
    if (bytes.size() < 4) return;
    if (size_of(byte(2)) == 0) {
        throw DataError(fmt::format("{}: IDX type 0x{:02x}; 0x08, 0x09 and 0x0b to 0x0e are types of numbers",
                                    name, byte(2)));
    }
    if (byte(3) < 1 || byte(3) > most_axes) {
        throw DataError(
            fmt::format("{}: IDX file of {} dimensions; 1 to {} are read", name, byte(3), most_axes));
    }
}

/// Throws DataError where the content is not as long as the header says; never overflows.
void check_length(InputFile& file, const fs::path& path, const IdxHeader& header, const std::string& what) {
    const std::string name = shown(path);
    std::uint64_t n_each = 1;  // two sizes of 32 bits have a product of 64
    for (std::size_t axis = 1; axis < header.shape.size(); ++axis) {
        if (axis > 1) check_dataset_size(name, header.shape[axis], n_each);
        n_each *= header.shape[axis];
    }
    check_dataset_size(name, header.n_samples(), n_each);
    const std::uint64_t n_content = header.n_samples() * n_each * size_of(header.type);
    const std::uint64_t promised = header.n_bytes + n_content;
    // One byte past the promise tells that there is more, without unpacking how much.
    const std::uint64_t found =
        file.compressed() ? header.n_bytes + file.skip(n_content + 1) : file.size_on_disk();
    if (found != promised) {
        throw DataError(fmt::format("{}: header promises {} {} ({} bytes), file {} {}{}", name,
                                    header.n_samples(), what, promised,
                                    file.compressed() ? "unpacks to" : "has",
                                    file.compressed() && found > promised ? "more" : std::to_string(found),
                                    fetch_hint(path, "fetch it again")));
    }
}

}  // namespace

std::uint64_t IdxHeader::n_values_each() const {
    return std::accumulate(shape.begin() + 1, shape.end(), std::uint64_t{1}, std::multiplies<>{});
}

IdxHeader check_idx(const fs::path& path, const std::string& what) {
    const std::string name = shown(path);
    InputFile file(path, InputFile::Content::unpacked);
    std::array<std::byte, 4 + 4 * most_axes> bytes{};
    std::size_t n_read = file.read(std::span{bytes}.first(4));
    if (n_read == 0) throw DataError(fmt::format("{}: is empty{}", name, fetch_hint(path, "fetch it again")));
    check_magic(name, std::span{bytes}.first(n_read));
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
    const std::size_t n_axes = byte(3), n_bytes = 4 + 4 * n_axes;
    if (n_read == 4) n_read += file.read(std::span{bytes}.subspan(4, n_bytes - 4));
    if (n_read < 4 || n_read < n_bytes) {
        throw DataError(fmt::format("{}: ends within its header, after {} of {} bytes{}", name, n_read,
                                    std::max<std::size_t>(n_bytes, 8), fetch_hint(path, "fetch it again")));
    }
    IdxHeader header{
        .type = byte(2), .shape = {}, .n_bytes = n_bytes, .n_on_disk = file.size_on_disk(), .sha256 = ""};
    for (std::size_t i = 4; i < n_bytes; i += 4)
        header.shape.push_back(
            std::uint64_t{byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3)});
    if (header.n_samples() == 0) throw DataError(fmt::format("{}: holds no {}", name, what));
    if (std::ranges::find(header.shape, std::uint64_t{0}) != header.shape.end())
        throw DataError(fmt::format("{}: holds {} of [{}] values", name, what,
                                    fmt::join(std::span{header.shape}.subspan(1), ", ")));
    check_length(file, path, header, what);
    header.sha256 = file.sha256();
    return header;
}

void read_idx(const fs::path& path, const IdxHeader& header, std::uint64_t n,
              const std::function<void(std::uint64_t, std::span<const double>)>& take) {
    constexpr std::size_t block = std::size_t{1} << 14;
    const std::size_t size = size_of(header.type);
    InputFile file(path, InputFile::Content::unpacked);
    file.skip(header.n_bytes);
    std::vector<std::byte> bytes(block * size);
    std::vector<double> values(block);
    for (std::uint64_t first = 0; first < n; first += block) {
        const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(block, n - first));
        if (file.read(std::span{bytes}.first(here * size)) != here * size)
            throw FileError(fmt::format("{}: changed while it was read", shown(path)));
        decode(header.type, bytes, std::span{values}.first(here));
        take(first, std::span{values}.first(here));
    }
}

}  // namespace snnff
