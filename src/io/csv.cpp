#include "io/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <vector>

#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::size_t longest_line = std::size_t{64} << 20;

/// Lines with their ends taken off; those within quotes are one.
class Rows {
  public:
    explicit Rows(const std::filesystem::path& path)
        : name_(shown(path)), file_(path, InputFile::Content::unpacked) {}

    /// The next row as it stands; false at the end.
    bool next(std::string& row) {
        row.clear();
        first_line_ = n_lines_ + 1;
        bool quoted = false, any = false;
        while (const std::optional<char> c = get()) {
            any = true;
            if (*c == '"') quoted = !quoted;
            const bool ends = *c == '\n' || (*c == '\r' && !before_line_feed());
            if (ends) ++n_lines_;
            if (ends && !quoted) break;
            row += *c;
            if (row.size() > longest_line)
                throw DataError(
                    fmt::format("{}: line {} has more than {} MiB", name_, first_line_, longest_line >> 20));
        }
        if (quoted)
            throw DataError(
                fmt::format("{}: line {}: a quote is opened and never closed", name_, first_line_));
        if (!row.empty() && row.back() == '\r') row.pop_back();
        if (first_line_ == 1) take_mark_off(row);
        return any;
    }
    std::size_t line() const noexcept { return first_line_; }
    const std::string& name() const noexcept { return name_; }

  private:
    bool at_end() {
        if (at_ == n_) {
            n_ = file_.read(block_);
            at_ = 0;
        }
        return n_ == 0;
    }
    std::optional<char> get() {
        if (at_end()) return std::nullopt;
        return static_cast<char>(block_[at_++]);
    }
    bool before_line_feed() { return !at_end() && block_[at_] == std::byte{'\n'}; }
    void take_mark_off(std::string& row) const {
        if (row.starts_with("\xef\xbb\xbf")) row.erase(0, 3);
        if (row.starts_with("\xff\xfe") || row.starts_with("\xfe\xff")) {
            throw DataError(
                fmt::format("{}: is text in UTF-16; saved as UTF-8 (\"CSV UTF-8\") it would do", name_));
        }
    }

    std::string name_;
    InputFile file_;
    std::vector<std::byte> block_ = std::vector<std::byte>(std::size_t{1} << 16);
    std::size_t at_ = 0, n_ = 0, n_lines_ = 0, first_line_ = 0;
};

char most_frequent_separator(std::string_view row) {
    char best = ' ';
    std::ptrdiff_t most = 0;
    for (const char c : {',', ';', '\t'}) {
        std::ptrdiff_t n = 0;
        bool quoted = false;
        for (const char d : row) {
            if (d == '"') quoted = !quoted;
            if (d == c && !quoted) ++n;
        }
        if (n > most) {
            most = n;
            best = c;
        }
    }
    return best;
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Splits a row; false where text stands beside a field in quotes.
bool split(std::string_view row, char separator, std::vector<std::string>& fields) {
    fields.clear();
    if (separator == ' ') row = without_blanks(row);
    std::size_t at = 0;
    while (true) {
        while (at < row.size() && row[at] == ' ') ++at;
        std::string field;
        if (at < row.size() && row[at] == '"') {
            for (++at; at < row.size(); ++at) {
                if (row[at] == '"' && (at + 1 == row.size() || row[at + 1] != '"')) break;
                if (row[at] == '"') ++at;
                field += row[at];
            }
            ++at;
            while (separator != ' ' && at < row.size() && row[at] == ' ') ++at;
            if (at < row.size() && row[at] != separator) return false;
        } else {
            const std::size_t end = std::min(row.find(separator, at), row.size());
            field = without_blanks(row.substr(at, end - at));
            at = end;
        }
        fields.push_back(std::move(field));
        if (at >= row.size()) return true;
        ++at;
    }
}

}  // namespace

void read_csv(const std::filesystem::path& path, std::optional<char> separator,
              const std::function<bool(std::size_t, std::span<const std::string>)>& take) {
    Rows rows(path);
    std::string row;
    std::vector<std::string> fields;
    while (rows.next(row)) {
        if (without_blanks(row).empty()) continue;
        if (row.find('\0') != std::string::npos)
            throw DataError(
                fmt::format("{}: line {} holds a byte 0; it is no text", rows.name(), rows.line()));
        if (!separator) separator = most_frequent_separator(row);
        if (!split(row, *separator, fields)) {
            throw DataError(fmt::format("{}: line {}: field {} goes on after its closing quote", rows.name(),
                                        rows.line(), fields.size() + 1));
        }
        if (!take(rows.line(), fields)) return;
    }
}

std::optional<double> csv_number(std::string_view text) {
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    double value = 0.0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace snnff
