#include "io/block_sums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "io/sha256.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::string_view words = "\nSHA-256 of each 65536 bytes of the first ";
constexpr std::string_view more_words = ", 32 bytes each, then of these: ";
constexpr std::size_t n_digits = 20, n_hex = 64;
constexpr std::size_t line_bytes = words.size() + n_digits + more_words.size() + n_hex + 1;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what) {
    throw DiskError(fmt::format("{}: {}: {}", shown(path), what, std::strerror(errno)));
}

std::uint64_t blocks_of(std::uint64_t n_bytes) {
    return (n_bytes + BlockSums::block_bytes - 1) / BlockSums::block_bytes;
}

template <class Sums>
std::string hex_of(const Sums& sums) {
    Sha256 hash;
    hash.update(std::as_bytes(std::span(sums)));
    return hash.hex();
}

/// Of up to a block's bytes from `first` on; false where the file ends before. Throws std::system_error where
/// they cannot be read.
bool sum_of(std::ifstream& file, std::uint64_t first, std::uint64_t n, std::array<std::byte, 32>& sum) {
    std::array<char, BlockSums::block_bytes> bytes;
    file.clear();
    file.seekg(static_cast<std::streamoff>(first));
    errno = 0;
    if (!file.read(bytes.data(), static_cast<std::streamsize>(n))) {
        if (file.eof() && !file.bad()) return false;
        throw std::system_error(errno == 0 ? EIO : errno, std::generic_category());
    }
    Sha256 hash;
    hash.update(std::as_bytes(std::span(bytes).first(n)));
    sum = hash.bytes();
    return true;
}

}  // namespace

void BlockSums::add(const std::filesystem::path& path) {
    const std::uint64_t n_bytes = std::filesystem::file_size(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(path, "cannot be read");
    std::vector<Sum> sums(blocks_of(n_bytes));
    for (std::uint64_t i = 0, first = 0; i < sums.size(); ++i, first += block_bytes) {
        try {
            if (!sum_of(file, first, std::min(block_bytes, n_bytes - first), sums[i]))
                throw FileError(shown(path) + ": was cut short while it was closed");
        } catch (const std::system_error& error) {
            errno = error.code().value();
            fail(path, "cannot be read");
        }
    }
    const std::string line = fmt::format("{}{:020}{}{}\n", words, n_bytes, more_words, hex_of(sums));
    try {
        const OwnerMayWrite writable(path);
        std::ofstream end(path, std::ios::binary | std::ios::app);
        end.write(reinterpret_cast<const char*>(sums.data()),
                  static_cast<std::streamsize>(sums.size() * sizeof(Sum)));
        end << line;
        end.close();
        if (!end) fail(path, "its checksums cannot be written");
        sync_to_disk(path);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::resize_file(path, n_bytes, ignored);
        throw;
    }
}

std::optional<BlockSums> BlockSums::of(const std::filesystem::path& path) {
    expect_regular(path);
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) fail(path, "cannot be opened");
    const std::streamoff end = file.tellg();
    if (end < static_cast<std::streamoff>(line_bytes)) return {};
    const std::uint64_t size = static_cast<std::uint64_t>(end) - line_bytes;
    std::array<char, line_bytes> line{};
    file.seekg(static_cast<std::streamoff>(size));
    if (!file.read(line.data(), line.size())) fail(path, "cannot be read");
    const std::string_view found(line.data(), line.size());
    if (!found.starts_with(words) || !found.ends_with('\n')) return {};
    const auto refuse = [&] {
        return DamageError(fmt::format("{}: {}the checksums at its end are not those that were written",
                                       shown(path), is_damaged));
    };
    BlockSums all;
    const char* const digits = line.data() + words.size();
    const auto [stopped, error] = std::from_chars(digits, digits + n_digits, all.n_bytes_);
    if (error != std::errc() || stopped != digits + n_digits || all.n_bytes_ > size ||
        (size - all.n_bytes_) % sizeof(Sum) != 0 ||
        (size - all.n_bytes_) / sizeof(Sum) != blocks_of(all.n_bytes_)) {
        throw refuse();
    }
    all.sums_.resize(blocks_of(all.n_bytes_));
    file.seekg(static_cast<std::streamoff>(all.n_bytes_));
    if (!file.read(reinterpret_cast<char*>(all.sums_.data()),
                   static_cast<std::streamsize>(all.sums_.size() * sizeof(Sum)))) {
        fail(path, "cannot be read");
    }
    if (found.substr(words.size() + n_digits) != fmt::format("{}{}\n", more_words, hex_of(all.sums_)))
        throw refuse();
    return all;
}

bool BlockSums::holds(std::ifstream& file, std::uint64_t block) const {
    const std::uint64_t first = block * block_bytes;
    Sum sum{};
    return sum_of(file, first, std::min(block_bytes, n_bytes_ - first), sum) && sum == sums_[block];
}

std::string BlockSums::about(std::uint64_t first_block, std::uint64_t last_block) const {
    return fmt::format("{}bytes {} to {} of {} are not those that were written", is_damaged,
                       first_block * block_bytes, std::min((last_block + 1) * block_bytes, n_bytes_) - 1,
                       n_bytes_);
}

CheckedBlocks::CheckedBlocks(const std::filesystem::path& path, BlockSums sums)
    : sums_(std::move(sums)), file_(path, std::ios::binary), seen_(sums_.n_blocks()) {}

std::optional<std::uint64_t> CheckedBlocks::damaged(std::uint64_t first, std::uint64_t n) {
    if (n == 0) return {};
    const std::uint64_t last = std::min((first + n - 1) / BlockSums::block_bytes + 1, sums_.n_blocks());
    for (std::uint64_t block = first / BlockSums::block_bytes; block < last; ++block) {
        if (seen_[block]) continue;
        if (!sums_.holds(file_, block)) return block;
        seen_[block] = true;
    }
    return {};
}

}  // namespace snnff
