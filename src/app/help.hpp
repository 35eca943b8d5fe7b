#pragma once

#include <cstddef>
#include <string>

namespace snnff::app {

// Help, and sentences, in lines no wider than the terminal.

/// Every line folded by itself, continued below its own beginning.
std::string folded_text(const std::string& text);
/// The same for commands, in lines that a shell takes for one; what is quoted stays whole.
std::string folded_examples(const std::string& text);
/// Results: sentences, a line each, folded where standard output has a width.
std::string folded_lines(const std::string& text);
/// A name on the left, what it means on the right; below each other where the name is long.
std::string in_columns(const std::string& name, const std::string& meaning, std::size_t name_columns);

}  // namespace snnff::app
