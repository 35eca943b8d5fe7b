#include "io/text_encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/utf8.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

using namespace std::string_view_literals;

/// Letters of 2 or 4 bytes.
struct Wide {
    std::string_view name;
    std::size_t n_bytes = 0;
    bool big_endian = false;
    std::size_t first = 0;  // after the byte order mark
};

/// The encoding by the byte order mark, or by the zero beside a first letter of ASCII; n_bytes is 0 where
/// neither is there.
Wide wide_encoding(std::string_view text) {
    // UTF-32 comes first: its mark begins with that of UTF-16.
    if (text.starts_with("\xff\xfe\0\0"sv)) return {"UTF-32", 4, false, 4};
    if (text.starts_with("\0\0\xfe\xff"sv)) return {"UTF-32", 4, true, 4};
    if (text.starts_with("\xff\xfe"sv)) return {"UTF-16", 2, false, 2};
    if (text.starts_with("\xfe\xff"sv)) return {"UTF-16", 2, true, 2};
    if (text.size() < 4 || text.size() % 2 != 0) return {};
    const bool zero[] = {text[0] == 0, text[1] == 0, text[2] == 0, text[3] == 0};
    if (!zero[0] && zero[1] && zero[2] && zero[3]) return {"UTF-32", 4, false, 0};
    if (zero[0] && zero[1] && zero[2] && !zero[3]) return {"UTF-32", 4, true, 0};
    if (!zero[0] && zero[1] && !zero[2] && zero[3]) return {"UTF-16", 2, false, 0};
    if (zero[0] && !zero[1] && zero[2] && !zero[3]) return {"UTF-16", 2, true, 0};
    return {};
}

void append(std::string& text, std::uint32_t letter) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (letter < 0x80) return put(letter);
    if (letter < 0x800) {
        put(0xc0 | letter >> 6);
    } else {
        if (letter < 0x10000) {
            put(0xe0 | letter >> 12);
        } else {
            put(0xf0 | letter >> 18);
            put(0x80 | (letter >> 12 & 0x3f));
        }
        put(0x80 | (letter >> 6 & 0x3f));
    }
    put(0x80 | (letter & 0x3f));
}

std::string converted(std::string_view text, const Wide& wide, const std::string& name) {
    const auto unit = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t k = 0; k < wide.n_bytes; ++k) {
            const std::size_t byte = wide.big_endian ? k : wide.n_bytes - 1 - k;
            value = value << 8 | static_cast<unsigned char>(text[at + byte]);
        }
        return value;
    };
    const auto refuse = [&](std::size_t at) {
        throw ModelError(
            fmt::format("{}: not whole {} text, byte {} on is no letter of it; saving the file as UTF-8 "
                        "would do",
                        name, wide.name, at));
    };
    std::string result;
    for (std::size_t at = wide.first; at < text.size(); at += wide.n_bytes) {
        if (text.size() - at < wide.n_bytes) refuse(at);
        std::uint32_t letter = unit(at);
        const bool is_pair =
            wide.n_bytes == 2 && letter >= 0xd800 && letter < 0xdc00 && text.size() - at >= 4;
        if (is_pair) {
            const std::uint32_t low = unit(at + 2);
            if (low < 0xdc00 || low >= 0xe000) refuse(at);
            letter = 0x10000 + ((letter - 0xd800) << 10) + (low - 0xdc00);
            at += 2;
        }
        if ((letter >= 0xd800 && letter < 0xe000) || letter > 0x10ffff) refuse(at);
        append(result, letter);
    }
    return result;
}

Place place_at(std::string_view text, std::size_t at, const std::string& name) {
    const std::string_view before = text.substr(0, at);
    const std::size_t line_end = before.rfind('\n');
    const std::size_t first = line_end == std::string_view::npos ? 0 : line_end + 1;
    return {name, 1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(at - first)};
}

void refuse_bytes_that_are_no_text(std::string_view text, const std::string& name) {
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\0') {
            throw ModelError(
                fmt::format("{}: a zero byte, which no model file holds; is it another file, or damaged?",
                            place_at(text, at, name).text()));
        }
        const std::size_t n = utf8_length(text, at);
        if (n == 0) {
            const auto byte = static_cast<unsigned char>(text[at]);
            // Latin-1 has control characters there, Windows-1252 letters.
            const char* encoding = byte < 0xa0 ? "WINDOWS-1252" : "LATIN1";
            throw ModelError(fmt::format(
                "{}: byte 0x{:02x} is not UTF-8, as model files are; saving the file as UTF-8 would do, or, "
                "where it "
                "is in {}, iconv -f {} -t UTF-8",
                place_at(text, at, name).text(), byte, byte < 0xa0 ? "Windows-1252" : "Latin-1", encoding));
        }
        at += n;
    }
}

}  // namespace

std::string as_utf8(std::string text, const std::string& name) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (text.starts_with(mark)) text.erase(0, mark.size());
    if (const Wide wide = wide_encoding(text); wide.n_bytes > 0) text = converted(text, wide, name);
    refuse_bytes_that_are_no_text(text, name);
    if (text.find('\n') == std::string::npos) std::ranges::replace(text, '\r', '\n');
    return text;
}

}  // namespace snnff
