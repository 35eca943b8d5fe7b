#include "app/help.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "app/table.hpp"
#include "app/terminal.hpp"

namespace snnff::app {
namespace {

/// Where a terminal does not say otherwise, help has the lines of a usual one.
std::size_t line_width() { return std::clamp<std::size_t>(stdout_columns().value_or(80), 20, 100); }

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// A command in lines that a shell takes for one; what is quoted stays whole.
std::string folded_command(const std::string& line, std::size_t columns) {
    std::vector<std::string> words;
    bool open = false;
    char quote = 0;
    for (const char c : line) {
        if (quote == 0 && c == ' ') {
            open = false;
            continue;
        }
        if (!open) words.emplace_back();
        open = true;
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        }
        words.back() += c;
    }
    const std::string indent(indent_of(line), ' ');
    std::string text, current = indent;
    for (const std::string& word : words) {
        if (current.size() > indent.size() && current.size() + word.size() + 3 > columns) {
            text += current + "\\\n";
            current = indent + "    ";
        }
        current += word + " ";
    }
    return text + current.substr(0, current.find_last_not_of(' ') + 1);
}

/// Every line of a text folded by itself, continued below its own beginning.
template <class Fold>
std::string by_line(const std::string& text, Fold fold) {
    std::string result;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t end = std::min(text.find('\n', first), text.size());
        result += fold(text.substr(first, end - first));
        if (end < text.size()) result += '\n';
        first = end + 1;
    }
    return result;
}

std::string folded_line(const std::string& line) {
    if (line.size() <= line_width()) return line;
    const std::string indent(indent_of(line), ' ');
    std::string text;
    for (const std::string& part : folded(line, line_width() - std::min(line_width() / 2, indent.size())))
        text += (text.empty() ? "" : "\n") + indent + part;
    return text;
}

std::string folded_example(const std::string& line) {
    return line.size() <= line_width() ? line : folded_command(line, line_width());
}

}  // namespace

std::string folded_text(const std::string& text) { return by_line(text, folded_line); }

std::string folded_examples(const std::string& text) { return by_line(text, folded_example); }

std::string folded_lines(const std::string& text) {
    const auto columns = stdout_columns();
    if (!columns) return text;
    return by_line(text, [&](const std::string& line) {
        if (line.size() <= *columns) return line;
        std::string lines;
        for (const std::string& part : folded(line, *columns)) lines += (lines.empty() ? "" : "\n") + part;
        return lines;
    });
}

std::string in_columns(const std::string& name, const std::string& meaning, std::size_t name_columns) {
    const std::size_t left = std::min(name_columns, line_width() / 3);
    std::string text;
    std::size_t used = 0;
    for (const std::string& part : folded(name, line_width() - std::min<std::size_t>(line_width() / 2, 6))) {
        const std::string line = (text.empty() ? "  " : "      ") + part;
        text += (text.empty() ? "" : "\n") + line;
        used = line.size();
    }
    for (const std::string& line : folded(meaning, line_width() - left)) {
        if (used + 1 > left) {
            text += "\n";
            used = 0;
        }
        text += std::string(left - used, ' ') + line;
        used = left + 1;
    }
    return text + "\n";
}

}  // namespace snnff::app
