#include "app/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <utility>

#include "snnff/functions.hpp"

namespace snnff::app {
namespace {

/// Columns, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A cell on one line: line ends, tabs and other control characters as they are written in programs.
std::string on_one_line(std::string cell) {
    const auto steers = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::none_of(cell, steers)) return cell;
    std::string text;
    for (const char c : cell) {
        if (c == '\n')
            text += "\\n";
        else if (c == '\t')
            text += "\\t";
        else if (steers(c))
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            text += c;
    }
    return text;
}

/// Where a cell may go on in the next line: at blanks, but for those within a quantity ("474 400", "8.6 %",
/// "0.4 ± 0.1 s") and around an equals sign.
std::vector<std::string> pieces_of(const std::string& cell) {
    std::vector<std::string> pieces;
    std::istringstream words(cell);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (std::string word; words >> word;) {
        const bool goes_on =
            !pieces.empty() && ((is_digit(pieces.back().back()) && word.front() != '(') || word == "%" ||
                                word.starts_with("%") || word.starts_with("±") || word == "=" ||
                                pieces.back().ends_with("±") || pieces.back().back() == '=');
        if (goes_on) {
            pieces.back() += " " + word;
        } else {
            pieces.push_back(word);
        }
    }
    return pieces;
}

/// The longest beginning of so many columns, whole characters.
std::size_t bytes_of(const std::string& text, std::size_t columns) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if ((text[at] & 0xC0) == 0x80) continue;
        if (columns-- == 0) break;
    }
    return at;
}

/// A cell in lines of at most so many columns.
std::vector<std::string> cell_lines(const std::string& cell, std::size_t columns) {
    if (width_of(cell) <= columns) return {cell};
    std::vector<std::string> lines;
    for (std::string piece : pieces_of(cell)) {
        if (!lines.empty() && width_of(lines.back()) + 1 + width_of(piece) <= columns) {
            lines.back() += " " + piece;
            continue;
        }
        for (; width_of(piece) > columns; piece.erase(0, bytes_of(piece, columns)))
            lines.push_back(piece.substr(0, bytes_of(piece, columns)));
        lines.push_back(std::move(piece));
    }
    return lines;
}

std::vector<std::string> one_line_each(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = on_one_line(std::move(cell));
    return cells;
}

}  // namespace

Table::Table(std::vector<std::string> header) { header_ = one_line_each(std::move(header)); }

void Table::add(std::vector<std::string> row) { rows_.push_back(one_line_each(std::move(row))); }

std::string cut_to(const std::string& text, std::size_t columns) {
    const std::string line = on_one_line(text);
    return width_of(line) <= columns ? line : line.substr(0, bytes_of(line, columns - 1)) + "…";
}

bool Table::has_header() const {
    return std::any_of(header_.begin(), header_.end(),
                       [](const Row::value_type& cell) { return !cell.empty(); });
}

std::string Table::block(const std::vector<std::size_t>& chosen, const std::vector<std::size_t>& widths,
                         std::size_t indent) const {
    std::string text;
    const auto put = [&](const Row& row) {
        std::vector<std::vector<std::string>> cells;
        std::size_t n_lines = 1;
        for (const std::size_t c : chosen) {
            cells.push_back(c < row.size() ? cell_lines(row[c], widths[c]) : std::vector<std::string>{});
            n_lines = std::max(n_lines, cells.back().size());
        }
        for (std::size_t k = 0; k < n_lines; ++k) {
            std::string line(indent, ' ');
            for (std::size_t i = 0; i < chosen.size(); ++i) {
                const std::size_t c = chosen[i];
                const std::string cell = k < cells[i].size() ? cells[i][k] : "";
                const std::string blanks(widths[c] - width_of(cell), ' ');
                if (i > 0) line += "  ";
                const bool left = c == 0 || left_ || (last_left_ && c + 1 == header_.size());
                line += left ? cell + blanks : blanks + cell;
            }
            text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        }
    };
    if (has_header()) {
        put(header_);
        Row rule;
        for (const std::size_t width : widths) rule.emplace_back(width, '-');
        put(rule);
    }
    for (const auto& row : rows_) put(row);
    return text;
}

std::string Table::text(std::size_t indent, std::optional<std::size_t> columns) const {
    std::vector<std::size_t> natural, least;
    const auto widen = [&](const Row& row) {
        natural.resize(std::max(natural.size(), row.size()));
        least.resize(natural.size(), 1);
        for (std::size_t c = 0; c < row.size(); ++c) {
            natural[c] = std::max(natural[c], width_of(row[c]));
            for (const std::string& piece : pieces_of(row[c])) least[c] = std::max(least[c], width_of(piece));
        }
    };
    widen(header_);
    for (const auto& row : rows_) widen(row);
    std::vector<std::size_t> all(natural.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (!columns) return block(all, natural, indent);

    const auto total = [&](const std::vector<std::size_t>& chosen, const std::vector<std::size_t>& widths) {
        std::size_t sum = indent;
        for (const std::size_t c : chosen) sum += widths[c] + (c == chosen.front() ? 0 : 2);
        return sum;
    };
    // The widest column gives way first, down to its longest piece.
    const auto narrowed = [&](const std::vector<std::size_t>& chosen,
                              const std::vector<std::size_t>& bounds) {
        std::vector<std::size_t> widths = natural;
        while (total(chosen, widths) > *columns) {
            const auto widest = std::max_element(chosen.begin(), chosen.end(), [&](auto a, auto b) {
                const auto room = [&](std::size_t c) { return widths[c] > bounds[c] ? widths[c] : 0; };
                return room(a) < room(b);
            });
            if (widest == chosen.end() || widths[*widest] <= bounds[*widest]) break;
            --widths[*widest];
        }
        return widths;
    };
    std::string text;
    for (std::size_t next = 1; next < all.size() || text.empty();) {
        std::vector<std::size_t> chosen{all.begin(), all.begin() + (all.empty() ? 0 : 1)};
        do {
            if (next < all.size()) chosen.push_back(next++);
        } while (next < all.size() && [&] {
            auto more = chosen;
            more.push_back(next);
            return total(more, least) <= *columns;
        }());
        std::vector<std::size_t> widths = narrowed(chosen, least);
        // Longer than a line on its own: cut within words.
        if (total(chosen, widths) > *columns)
            widths = narrowed(chosen, std::vector<std::size_t>(all.size(), 8));
        if (!text.empty()) text += '\n';
        text += block(chosen, widths, indent);
    }
    return text;
}

std::vector<std::string> folded(const std::string& text, std::size_t columns) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (lines.empty() || width_of(lines.back()) + 1 + width_of(word) > columns) {
            lines.push_back(word);
        } else {
            lines.back() += " " + word;
        }
    }
    return lines;
}

std::string percent(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f} %", value); }

int decimals_for(double uncertainty) {
    if (!(uncertainty > 0.0) || std::isinf(uncertainty)) return 2;
    int decimals = 0;
    for (double place = 10.0; decimals < 6 && uncertainty < place; place /= 10.0) ++decimals;
    return decimals;
}

std::string error_text(double percent, std::size_t n_samples, bool with_samples) {
    if (std::isnan(percent)) return "-";
    const Interval interval = error_interval(percent, n_samples);
    if (std::isnan(interval.low)) return snnff::app::percent(percent);
    const int digits = decimals_for(std::max(interval.high - percent, percent - interval.low));
    std::string text = fmt::format("{:.{}f} % ({:.{}f}–{:.{}f})", percent, digits, interval.low, digits,
                                   interval.high, digits);
    if (with_samples)
        text += ", " + grouped(static_cast<double>(n_samples)) + (n_samples == 1 ? " sample" : " samples");
    return text;
}

Interval error_interval(double percent, std::size_t n_samples) {
    const auto n = static_cast<double>(n_samples);
    return wilson_95(percent / 100.0 * n, n);
}

std::string short_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

std::string grouped(double value) {
    if (std::isnan(value)) return "-";
    const std::string digits = fmt::format("{:.0f}", value);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ' ';
        text += digits[i];
    }
    return text;
}

std::string duration(double seconds) {
    if (!(seconds >= 0.0)) return "-";
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<long long>(functions::nearest(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bytes(double n) {
    if (n < 1000.0) return fmt::format("{:.0f} B", n);
    for (const char* unit : {"kB", "MB", "GB"}) {
        n /= 1000.0;
        if (n < 1000.0) return fmt::format("{:.{}f} {}", n, n < 10.0 ? 1 : 0, unit);
    }
    return fmt::format("{:.1f} TB", n / 1000.0);
}

}  // namespace snnff::app
