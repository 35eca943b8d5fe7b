#include "app/output.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "snnff/error.hpp"

namespace snnff::app {
namespace {

/// Returns 0 or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/// Whether nobody is there to read any more: a pipe's reader has ended, or the terminal is gone (SIGHUP).
bool reader_is_gone(int error) noexcept {
    struct stat found {};
    return error == EPIPE || (error == EIO && ::fstat(STDOUT_FILENO, &found) == 0 && S_ISCHR(found.st_mode));
}

/// Without control characters but line ends and tabs: those of ASCII, and those that UTF-8 has as C2 80 to C2
/// 9F. Each is written after `mark`.
std::string printable(std::string_view text, std::string_view mark = "\\x") {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            result += fmt::format("{}{:02x}", mark, next);
            ++i;
        } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
            result += fmt::format("{}{:02x}", mark, byte);
        } else {
            result += text[i];
        }
    }
    return result;
}

void put_printable(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error != 0 && !reader_is_gone(error)) {
        throw FileError(std::string("stdout: cannot be written: ") + std::strerror(error));
    }
}

}  // namespace

void put(std::string_view text) { put_printable(printable(text)); }

// Both formats have control characters in texts and quoted keys only, where \u00.. stands for them.
void put_toml(std::string_view toml) { put_printable(printable(toml, "\\u00")); }

void put_json(const nlohmann::ordered_json& json) {
    constexpr auto replaces = nlohmann::ordered_json::error_handler_t::replace;
    put_printable(printable(json.dump(2, ' ', false, replaces), "\\u00") + "\n");
}

void note(std::string_view line, std::string_view mark) {
    write_all(STDERR_FILENO, std::string(mark) + printable(line) + "\n");
}

void say_doubts(std::span<const std::string> doubts) {
    for (const std::string& doubt : doubts) note("warning: " + doubt);
}

}  // namespace snnff::app
