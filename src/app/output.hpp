#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace snnff::app {

// Text may come from files of others: characters that would move the cursor, colour what follows or rename
// the window are written as "\x1b" and the like.

/// Writes to stdout and flushes. A reader that has gone (`| head`, a terminal that was closed) has all it
/// wanted, so that is no error; a full disk or a closed stdout is: throws FileError.
void put(std::string_view text);

/// The same for what programs read, so that it stays what it is: JSON and TOML write such characters as
/// "\u001b". Bytes that are no UTF-8 (names of files may be any) become U+FFFD in JSON.
void put_json(const nlohmann::ordered_json& json);
void put_toml(std::string_view toml);

/// Writes a line to stderr, after a mark that may be coloured; what cannot be written there is dropped.
void note(std::string_view line, std::string_view mark = {});

/// What is doubtful about data or results, a line each on stderr.
void say_doubts(std::span<const std::string> doubts);

}  // namespace snnff::app
