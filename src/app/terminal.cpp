#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace snnff::app {

bool stderr_is_terminal() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) != 0 && term != nullptr && *term != '\0' &&
           std::string_view(term) != "dumb";
}

bool stderr_has_colours() {
    const char* no_color = std::getenv("NO_COLOR");
    return stderr_is_terminal() && (no_color == nullptr || *no_color == '\0');
}

std::size_t terminal_width() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

}  // namespace snnff::app
