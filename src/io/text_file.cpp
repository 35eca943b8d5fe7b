#include "io/text_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "io/gzip.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"
#include "snnff/export.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

/// Which of the process's open files a path names; -1: none.
int descriptor_of(const fs::path& path) {
    const std::string& name = path.native();
    if (name == "/dev/stdout") return STDOUT_FILENO;
    if (name == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!name.starts_with(folder)) continue;
        int number = -1;
        const char* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + folder.size(), end, number);
        if (read.ec == std::errc() && read.ptr == end) return number;
    }
    return -1;
}

}  // namespace

bool is_stream(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    return descriptor_of(path) >= 0 || fs::is_fifo(status) || fs::is_character_file(status);
}

TextFile::TextFile(const fs::path& path) : path_(path), through_(is_stream(path)) {
    const int descriptor = descriptor_of(path);
    if (descriptor >= 0) {
        // A file of its own, which begins where the stream is now: opening the name anew would begin at byte
        // 0.
        const int own = ::dup(descriptor);
        file_ = own < 0 ? nullptr : ::fdopen(own, "w");
        written_ = path;
    } else {
        written_ = through_ ? path : fs::path(behind_links(path).string() + ".new");
        file_ = std::fopen(written_.c_str(), "we");
    }
    if (file_ == nullptr) {
        throw FileError(fmt::format("{}: cannot be written: {}", shown(written_), std::strerror(errno)));
    }
}

TextFile::~TextFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::error_code ignored;
    if (!through_) fs::remove(written_, ignored);
}

void TextFile::add(std::string_view text) noexcept {
    if (failure_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) failure_ = errno;
}

void TextFile::finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0 && failure_ == 0) failure_ = errno;
    if (through_ && failure_ == EPIPE) return;
    std::error_code ignored;
    if (failure_ != 0) {
        if (!through_) fs::remove(written_, ignored);
        throw FileError(fmt::format("{}: cannot be written: {}", shown(path_), std::strerror(failure_)));
    }
    if (through_) return;
    const fs::path place = behind_links(path_);
    keep_mode(place, written_);
    try {
        take_place(written_, place);
    } catch (const FileError&) {
        fs::remove(written_, ignored);
        throw;
    }
}

}  // namespace snnff
