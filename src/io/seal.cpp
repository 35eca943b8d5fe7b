#include "io/seal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/sha256.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::string_view seal_words = "\nSHA-256 of the bytes before this line: ";
constexpr std::size_t n_seal_digits = 64;
constexpr std::size_t line_size = seal_words.size() + n_seal_digits + 1;

[[noreturn]] void fail_on_seal(const std::filesystem::path& path, std::string_view what) {
    throw DiskError(fmt::format("{}: {}: {}", shown(path), what, std::strerror(errno)));
}

/// Of the first `size` bytes.
std::string sha256_of(std::ifstream& file, const std::filesystem::path& path, std::uint64_t size) {
    Sha256 sum;
    std::vector<char> piece(std::size_t{1} << 20);
    file.seekg(0);
    while (size > 0) {
        const std::uint64_t wanted = std::min<std::uint64_t>(size, piece.size());
        if (!file.read(piece.data(), static_cast<std::streamsize>(wanted)))
            fail_on_seal(path, "cannot be read");
        sum.update(std::as_bytes(std::span(piece).first(wanted)));
        size -= wanted;
    }
    return sum.hex();
}

}  // namespace

void seal(const std::filesystem::path& path) {
    const std::uint64_t size = std::filesystem::file_size(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_on_seal(path, "cannot be read");
    const std::string line = fmt::format("{}{}\n", seal_words, sha256_of(file, path, size));
    std::ofstream end(path, std::ios::binary | std::ios::app);
    end << line;
    end.close();
    if (!end) fail_on_seal(path, "cannot be written");
    sync_to_disk(path);
}

namespace {

/// The last line, empty where it is none of ours.
std::string last_line(std::ifstream& file, const std::filesystem::path& path, std::uint64_t size) {
    if (!file) fail_on_seal(path, "cannot be opened");
    std::string line(line_size, '\0');
    if (size < line_size) return {};
    file.seekg(static_cast<std::streamoff>(size - line_size));
    if (!file.read(line.data(), static_cast<std::streamsize>(line.size())))
        fail_on_seal(path, "cannot be read");
    return line.starts_with(seal_words) && line.back() == '\n' ? line : std::string();
}

}  // namespace

bool has_seal(const std::filesystem::path& path) {
    expect_regular(path);
    std::ifstream file(path, std::ios::binary);
    return !last_line(file, path, std::filesystem::file_size(path)).empty();
}

bool check_seal(const std::filesystem::path& path) {
    expect_regular(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) fail_on_seal(path, "cannot be opened");
    const std::uint64_t size = std::filesystem::file_size(path);
    const std::string line = last_line(file, path, size);
    if (line.empty()) return false;
    if (line.substr(seal_words.size(), n_seal_digits) == sha256_of(file, path, size - line_size)) return true;
    throw DamageError(fmt::format("{}: is damaged: its bytes are not those that were written", shown(path)));
}

}  // namespace snnff
