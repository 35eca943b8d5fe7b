#pragma once

#include <string>

namespace snnff {

/// Text as people's editors and shells write it, as UTF-8 with lines that end in "\n": a byte order mark is
/// left out, UTF-16 and UTF-32 are converted (PowerShell's ">" writes UTF-16), and so are lines that end in
/// carriage returns alone. `name` stands for the file. Throws ModelError with file:line:column where the text
/// is in no such encoding, or holds zero bytes; one byte per letter (Latin-1, Windows-1252) is refused and
/// named, since which of them it is cannot be told.
std::string as_utf8(std::string text, const std::string& name);

}  // namespace snnff
