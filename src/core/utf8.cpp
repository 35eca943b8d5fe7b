#include "core/utf8.hpp"

namespace snnff {

std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t k) {
        return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0U;
    };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    const std::size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    for (std::size_t k = 1; k < n; ++k) {
        if ((byte(k) & 0xc0U) != 0x80U) return 0;
    }
    // Forms that are longer than they need be, surrogates, and numbers above U+10FFFF show in the second
    // byte.
    const bool is_short = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool is_none = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
    return is_short || is_none ? 0 : n;
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = utf8_length(text, at);
        if (n == 0) return false;
        at += n;
    }
    return true;
}

std::string utf8_of_latin1(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto letter = static_cast<unsigned char>(c);
        if (letter < 0x80) {
            result += c;
        } else {
            result += static_cast<char>(0xc0 | letter >> 6);
            result += static_cast<char>(0x80 | (letter & 0x3f));
        }
    }
    return result;
}

}  // namespace snnff
