#include "io/npy_header.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "snnff/error.hpp"

namespace snnff {
namespace {

/// The dictionary that Python's repr() writes, and no more of Python.
class Parser {
  public:
    Parser(std::string_view where, std::string_view text) : where_(where), rest_(text) {}

    NpyHeader header() {
        NpyHeader header;
        bool type = false, order = false, shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && !type) {
                type = true;
                read_type(header);
            } else if (key == "fortran_order" && !order) {
                order = true;
                header.fortran_order = flag();
            } else if (key == "shape" && !shape) {
                shape = true;
                header.shape = sizes();
            } else {
                refuse();
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_space();
        if (!rest_.empty() || !type || !order || !shape) refuse();
        return header;
    }

  private:
    [[noreturn]] void refuse() const {
        throw DataError(fmt::format("{}: has no header as numpy.save writes it", where_));
    }
    void skip_space() {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
    }
    bool accept(char c) {
        skip_space();
        if (rest_.empty() || rest_[0] != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c)) refuse();
    }
    bool accept_word(std::string_view word) {
        skip_space();
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    std::string_view quoted() {
        skip_space();
        if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) refuse();
        const std::size_t end = rest_.find(rest_[0], 1);
        if (end == std::string_view::npos) refuse();
        const std::string_view text = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return text;
    }
    bool flag() {
        if (accept_word("True")) return true;
        if (!accept_word("False")) refuse();
        return false;
    }
    std::vector<std::uint64_t> sizes() {
        std::vector<std::uint64_t> sizes;
        expect('(');
        while (!accept(')')) {
            skip_space();
            std::uint64_t size = 0;
            const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
            if (failed != std::errc{} || sizes.size() == 32) refuse();  // NumPy's most axes
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
            accept_word("L");  // Python 2's long
            sizes.push_back(size);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return sizes;
    }

    void read_type(NpyHeader& header) {
        skip_space();
        if (rest_.starts_with('[')) {
            throw DataError(
                fmt::format("{}: is an array of records; a plain array of numbers, such as one field of "
                            "it, would do",
                            where_));
        }
        const std::string_view type = quoted();
        if (type.find('O') != std::string_view::npos) {
            throw DataError(fmt::format(
                "{}: is an array of Python objects, which only Python can read; saved as numbers, with "
                "array.astype(\"float32\"), it would do",
                where_));
        }
        if (type.size() < 3) refuse();
        header.big_endian = type[0] == '>';
        header.kind = type[1];
        const char* const last = type.data() + type.size();
        const auto [end, failed] = std::from_chars(type.data() + 2, last, header.size);
        const std::uint64_t n = header.size;
        const bool read = header.kind == 'b'   ? n == 1
                          : header.kind == 'f' ? n == 2 || n == 4 || n == 8
                          : header.kind == 'U' ? n <= 1024
                          : header.kind == 'S' ? n <= 1024
                                               : n == 1 || n == 2 || n == 4 || n == 8;
        const bool known = std::string_view("biufUS").find(header.kind) != std::string_view::npos;
        if (failed != std::errc{} || end != last || !known || !read || n == 0) {
            throw DataError(
                fmt::format("{}: has the type \"{}\"; booleans, integers, and floats of 2, 4 or 8 bytes "
                            "are read",
                            where_, type));
        }
        if (header.kind == 'U') header.size *= 4;  // counted in letters
    }

    std::string_view where_, rest_;
};

}  // namespace

NpyHeader read_npy_header(std::string_view where, std::string_view dictionary) {
    return Parser(where, dictionary).header();
}

}  // namespace snnff
