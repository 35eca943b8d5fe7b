#include "io/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "io/gzip.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "io/turn.hpp"
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

/// Whether a file is a beginning of a text with this first line, or has that line.
bool begins_alike(const fs::path& path, std::string_view first_line) {
    std::ifstream file(path, std::ios::binary);
    std::string found(first_line.size(), '\0');
    file.read(found.data(), static_cast<std::streamsize>(found.size()));
    found.resize(static_cast<std::size_t>(file.gcount()));
    return first_line.starts_with(found);
}

}  // namespace

bool is_stream(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    return descriptor_of(path) >= 0 || fs::is_fifo(status) || fs::is_character_file(status);
}

TextFile::TextFile(const fs::path& path, bool replace)
    : path_(path), replace_(replace), through_(is_stream(path)) {}

TextFile::~TextFile() { give_up(); }

void TextFile::give_up() noexcept {
    std::error_code ignored;
    if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
    if (lock_ < 0) return;
    fs::remove(written_, ignored);
    ::close(std::exchange(lock_, -1));
}

void TextFile::open(std::string_view first) {
    const int descriptor = descriptor_of(path_);
    if (descriptor >= 0) {
        // A file of its own, which begins where the stream is now: opening the name anew would begin at byte
        // 0.
        const int own = ::dup(descriptor);
        file_ = own < 0 ? nullptr : ::fdopen(own, "w");
        written_ = path_;
    } else if (through_) {
        written_ = path_;
        file_ = std::fopen(written_.c_str(), "we");
    } else {
        make(first.substr(0, first.find('\n')));
    }
    if (file_ == nullptr) {
        const int reason = errno;
        give_up();
        throw FileError(fmt::format("{}: cannot be written: {}", shown(written_), std::strerror(reason)));
    }
}

/// Leaves file_ empty, and errno, where the file cannot be made.
void TextFile::make(std::string_view first_line) {
    const fs::path place = behind_links(path_);
    written_ = place.string() + ".new";
    const Turn turn(place);
    refuse_other(place, replace_);
    std::error_code error;
    if (fs::exists(fs::symlink_status(written_, error))) {
        refuse_irregular(written_);
        refuse_if_in_use(written_);
        if (!begins_alike(written_, first_line)) {
            throw UsageError(fmt::format(
                "{}: would need the name {}, and what has it is nothing that snnff-sim left; move it, or -o "
                "names another",
                shown(path_), shown(written_)));
        }
        fs::remove(written_, error);
    }
    const int made = ::open(written_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made < 0) return;
    ::flock(made, LOCK_EX | LOCK_NB);
    lock_ = ::fcntl(made, F_DUPFD_CLOEXEC, 0);
    file_ = lock_ < 0 ? nullptr : ::fdopen(made, "w");
    if (file_ != nullptr) return;
    const int reason = errno;
    ::close(made);
    if (lock_ < 0) fs::remove(written_, error);
    errno = reason;
}

void TextFile::add(std::string_view text) {
    if (file_ == nullptr) open(text);
    if (failure_ == 0 && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) failure_ = errno;
}

void TextFile::finish() {
    if (std::fclose(std::exchange(file_, nullptr)) != 0 && failure_ == 0) failure_ = errno;
    if (through_ && failure_ == EPIPE) return;
    if (failure_ != 0) {
        give_up();
        throw FileError(fmt::format("{}: cannot be written: {}", shown(path_), std::strerror(failure_)));
    }
    if (through_) return;
    const fs::path place = behind_links(path_);
    try {
        const Turn turn(place);
        refuse_other(place, replace_);
        keep_mode(place, written_);
        take_place(written_, place);
    } catch (const Error&) {
        give_up();
        throw;
    }
    ::close(std::exchange(lock_, -1));
}

}  // namespace snnff
