#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace snnff::app {
namespace {

std::optional<std::size_t> columns_of(int stream) {
    winsize size{};
    if (::ioctl(stream, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return {};
}

}  // namespace

bool stderr_is_terminal() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) != 0 && term != nullptr && *term != '\0' &&
           std::string_view(term) != "dumb";
}

bool stderr_has_colours() {
    const char* no_color = std::getenv("NO_COLOR");
    return stderr_is_terminal() && (no_color == nullptr || *no_color == '\0');
}

std::size_t terminal_width() { return columns_of(STDERR_FILENO).value_or(80); }

std::optional<std::size_t> stdout_columns() {
    constexpr std::size_t least = 20, most = 10'000;
    if (const char* text = std::getenv("COLUMNS")) {
        const std::string_view given(text);
        std::size_t columns = 0;
        const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), columns);
        if (error == std::errc{} && end == given.data() + given.size() && columns > 0)
            return std::clamp(columns, least, most);
    }
    return columns_of(STDOUT_FILENO);
}

}  // namespace snnff::app
