#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snnff {

/// How many bytes the letter at `at` has in UTF-8; 0 where there is none (RFC 3629).
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept;
bool is_utf8(std::string_view text) noexcept;
/// Each byte taken for the letter of that number, as Latin-1 has it: no two texts become one.
std::string utf8_of_latin1(std::string_view text);

}  // namespace snnff
