#pragma once

#include <string_view>

namespace snnff::app {

/// Writes to stdout and flushes. A reader that has gone (`| head`) has all it wanted, so that is no
/// error; a full disk or a closed stdout is: throws FileError.
void put(std::string_view text);

/// Writes a line to stderr; what cannot be written there is dropped.
void note(std::string_view line);

}  // namespace snnff::app
