#include "io/hdf5_marked.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>
#include <system_error>

namespace snnff::hdf5 {
namespace {

// Superblock of version 3, the one with a mark, for addresses of 8 bytes: HDF5 File Format Specification,
// II.A "Format Signature and Superblock".
constexpr std::size_t n_bytes = 48, version_at = 8, size_of_offsets_at = 9, mark_at = 11, end_at = 28,
                      checksum_at = 44;
using Superblock = std::span<unsigned char, n_bytes>;

std::uint32_t word_at(Superblock bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 4; i-- > 0;) word = word << 8 | bytes[at + i];
    return word;
}

template <class T>
void put(Superblock bytes, std::size_t at, T number) {
    for (std::size_t i = 0; i < sizeof number; ++i)
        bytes[at + i] = static_cast<unsigned char>(number >> 8 * i);
}

/// HDF5's checksum of what stands before it, 44 bytes.
/// Source: Jenkins, lookup3.c, hashlittle() with 0 to begin from (public domain, 2006).
std::uint32_t checksum_of(Superblock bytes) {
    std::uint32_t a = 0xdeadbeef + checksum_at, b = a, c = a;
    std::size_t at = 0;
    for (; checksum_at - at > 12; at += 12) {
        a += word_at(bytes, at);
        b += word_at(bytes, at + 4);
        c += word_at(bytes, at + 8);
        a -= c, a ^= std::rotl(c, 4), c += b;
        b -= a, b ^= std::rotl(a, 6), a += c;
        c -= b, c ^= std::rotl(b, 8), b += a;
        a -= c, a ^= std::rotl(c, 16), c += b;
        b -= a, b ^= std::rotl(a, 19), a += c;
        c -= b, c ^= std::rotl(b, 4), b += a;
    }
    static_assert(checksum_at % 12 == 8);  // two words are left
    a += word_at(bytes, at);
    b += word_at(bytes, at + 4);
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
    return c;
}

/// Whether no process has a lock on the file, as who writes it has.
bool nobody_writes(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool taken = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    ::close(descriptor);
    return taken;
}

}  // namespace

bool take_mark_off(std::span<unsigned char> superblock, std::uint64_t length) noexcept {
    constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
    if (superblock.size() < n_bytes) return false;
    const Superblock bytes = superblock.first<n_bytes>();
    const bool known = std::memcmp(bytes.data(), signature.data(), signature.size()) == 0 &&
                       bytes[version_at] == 3 && bytes[size_of_offsets_at] == 8;
    if (!known || bytes[mark_at] == 0 || word_at(bytes, checksum_at) != checksum_of(bytes)) return false;
    bytes[mark_at] = 0;
    put(bytes, end_at, length);
    put(bytes, checksum_at, checksum_of(bytes));
    return true;
}

Index without_mark(const std::filesystem::path& path) {
    std::array<unsigned char, n_bytes> bytes{};
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), n_bytes)) return {};
    std::error_code error;
    const std::uint64_t length = std::filesystem::file_size(path, error);
    if (error || !take_mark_off(bytes, length) || !nobody_writes(path)) return {};
    Index index{0, n_bytes};
    index.resize(2 + n_bytes / 8);
    std::memcpy(index.data() + 2, bytes.data(), n_bytes);
    return index;
}

}  // namespace snnff::hdf5
