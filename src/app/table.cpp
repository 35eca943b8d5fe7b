#include "app/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/functions.hpp"

namespace snnff::app {
namespace {

/// Columns, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string Table::text(std::size_t indent) const {
    std::vector<std::size_t> widths;
    const auto widen = [&](const std::vector<std::string>& row) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
    };
    widen(header_);
    for (const auto& row : rows_) widen(row);

    std::string text;
    const auto put = [&](const std::vector<std::string>& row) {
        std::string line(indent, ' ');
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string blanks(widths[c] - width_of(row[c]), ' ');
            if (c > 0) line += "  ";
            const bool left = c == 0 || left_ || (last_left_ && c + 1 == header_.size());
            line += left ? row[c] + blanks : blanks + row[c];
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    const bool has_header =
        std::any_of(header_.begin(), header_.end(), [](const std::string& cell) { return !cell.empty(); });
    if (has_header) {
        put(header_);
        std::vector<std::string> rule;
        for (const std::size_t width : widths) rule.emplace_back(width, '-');
        put(rule);
    }
    for (const auto& row : rows_) put(row);
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
