#include "io/gzip.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

#include "io/disk.hpp"
#include "io/place.hpp"
#include "io/sha256.hpp"
#include "snnff/error.hpp"

namespace snnff {

std::string shown(const std::filesystem::path& path) {
    std::error_code error;
    const auto here = std::filesystem::current_path(error);
    const auto plain = path.lexically_normal();
    if (error || !plain.is_absolute()) return plain.string();
    const auto relative = plain.lexically_relative(here);
    return relative.empty() || *relative.begin() == ".." ? plain.string() : relative.string();
}

namespace {

// A browser unpacks what it fetches and keeps the name, and people drop the ".gz" of what they renamed: only
// the content tells.
bool begins_with_gzip(int descriptor) {
    std::array<unsigned char, 2> magic{};
    return ::pread(descriptor, magic.data(), magic.size(), 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

}  // namespace

struct InputFile::State {
    std::string name;
    int descriptor = -1;
    std::uint64_t size = 0;
    bool compressed = false;
    bool ended = false;      // of the compressed stream
    bool in_member = false;  // a gzip file is one member or several, one after the other
    bool any_member = false;
    z_stream stream{};
    std::vector<std::byte> buffer = std::vector<std::byte>(std::size_t{1} << 16);
    Sha256 sum;

    ~State() {
        if (compressed) inflateEnd(&stream);
        if (descriptor >= 0) ::close(descriptor);
    }

    // Bytes as they are on disk, summed on their way.
    std::size_t read_raw(std::span<std::byte> bytes) {
        std::size_t n = 0;
        while (n < bytes.size()) {
            const ssize_t got = ::read(descriptor, bytes.data() + n, bytes.size() - n);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw FileError(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
            if (got == 0) break;
            n += static_cast<std::size_t>(got);
        }
        sum.update(bytes.first(n));
        return n;
    }

    bool refill() {
        const std::size_t n = read_raw(buffer);
        stream.next_in = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_in = static_cast<uInt>(n);
        return n > 0;
    }

    // Tapes and block devices fill a file up with zeros. gzip and Python pass over those between and after
    // members, so we do.
    bool at_padding() {
        if (in_member || !any_member || *stream.next_in != 0) return false;
        ++stream.next_in;
        --stream.avail_in;
        return true;
    }

    std::size_t inflate_some(std::span<std::byte> bytes) {
        std::size_t n = 0;
        while (n < bytes.size() && !ended) {
            if (stream.avail_in == 0 && !refill()) {
                if (in_member) throw DataError(fmt::format("{}: the compressed data ends too early", name));
                ended = true;
                break;
            }
            if (at_padding()) continue;
            in_member = any_member = true;
            const std::size_t room = std::min(bytes.size() - n, std::size_t{1} << 20);
            stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + n);
            stream.avail_out = static_cast<uInt>(room);
            const int status = ::inflate(&stream, Z_NO_FLUSH);
            n += room - stream.avail_out;
            if (status == Z_STREAM_END) {
                in_member = false;
                inflateReset(&stream);
            } else if (status == Z_MEM_ERROR) {
                throw std::bad_alloc{};
            } else if (status != Z_OK && status != Z_BUF_ERROR) {
                throw DataError(fmt::format("{}: not a valid gzip file ({})", name,
                                            stream.msg != nullptr ? stream.msg : "broken stream"));
            }
        }
        return n;
    }
};

InputFile::InputFile(const std::filesystem::path& path, Content content) : state_(std::make_unique<State>()) {
    State& s = *state_;
    s.name = shown(path);
    // Without O_NONBLOCK, opening a pipe nobody writes to would wait for ever.
    s.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (s.descriptor < 0) {
        const int reason = errno;
        const std::string message = fmt::format("{}: cannot be opened: {}", s.name, std::strerror(reason));
        if (reason == ENOENT || reason == ENOTDIR) throw FileError(message + about_dangling_link(path));
        throw DiskError(message);
    }
    struct stat status {};
    if (::fstat(s.descriptor, &status) != 0) {
        throw FileError(fmt::format("{}: cannot be read: {}", s.name, std::strerror(errno)));
    }
    if (S_ISDIR(status.st_mode)) {
        throw FileError(fmt::format("{}: is a folder; a file was expected", s.name));
    }
    if (!S_ISREG(status.st_mode)) throw FileError(fmt::format("{}: is not a regular file", s.name));
    s.size = static_cast<std::uint64_t>(status.st_size);
    if (content == Content::unpacked && begins_with_gzip(s.descriptor)) {
        // 15 bits of window; + 16: gzip framing with its checksum
        if (inflateInit2(&s.stream, 15 + 16) != Z_OK) throw std::bad_alloc{};
        s.compressed = true;
    }
}

InputFile::~InputFile() = default;

std::size_t InputFile::read(std::span<std::byte> bytes) {
    return state_->compressed ? state_->inflate_some(bytes) : state_->read_raw(bytes);
}

std::uint64_t InputFile::skip(std::uint64_t most) {
    std::vector<std::byte> discarded(std::size_t{1} << 16);
    std::uint64_t n = 0;
    while (n < most) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most - n, discarded.size()));
        const std::size_t got = read(std::span{discarded}.first(wanted));
        if (got == 0) break;
        n += got;
    }
    return n;
}

std::uint64_t InputFile::size_on_disk() const noexcept { return state_->size; }
bool InputFile::compressed() const noexcept { return state_->compressed; }

std::string InputFile::sha256() {
    while (state_->read_raw(state_->buffer) > 0) {
    }
    return state_->sum.hex();
}

}  // namespace snnff
