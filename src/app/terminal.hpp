#pragma once

#include <cstddef>
#include <optional>

namespace snnff::app {

/// Whether stderr is a terminal that can redraw a line (TERM=dumb cannot).
bool stderr_is_terminal();
/// Whether colours are welcome there: a terminal, and NO_COLOR is not set (https://no-color.org).
bool stderr_has_colours();
/// Columns of the terminal on stderr, asked anew each time because windows change; 80 where unknown.
std::size_t terminal_width();
/// Columns to fold results at: COLUMNS where the environment has it, else those of the terminal on stdout;
/// none where that is a file or a pipe, so that what a script reads is the same everywhere.
std::optional<std::size_t> stdout_columns();

}  // namespace snnff::app
