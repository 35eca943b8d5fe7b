#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <system_error>

#include "app/execute.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"

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

// CLI11 opens with the description, which also stands in the list of verbs; examples belong only here.
class ExamplesFirst : public CLI::Formatter {
  public:
    explicit ExamplesFirst(std::string examples) : examples_(std::move(examples)) { column_width(26); }
    std::string make_description(const CLI::App* app) const override {
        return "Examples:\n" + by_line(examples_, folded_example) + "\n" +
               by_line(app->get_description(), folded_line) + "\n\n";
    }
    std::string make_usage(const CLI::App* app, std::string name) const override {
        return by_line(CLI::Formatter::make_usage(app, std::move(name)), folded_line);
    }
    std::string make_footer(const CLI::App* app) const override {
        return by_line(CLI::Formatter::make_footer(app), folded_line);
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return in_columns(make_option_name(option, is_positional) + make_option_opts(option),
                          make_option_desc(option));
    }
    std::string make_subcommand(const CLI::App* sub) const override {
        return in_columns(sub->get_name(), sub->get_description());
    }

  private:
    /// A name on the left, what it means on the right; below each other where the name is long.
    std::string in_columns(const std::string& name, const std::string& meaning) const {
        const std::size_t left = std::min(get_column_width(), line_width() / 3);
        std::string text = "  " + name;
        std::size_t used = text.size();
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

    std::string examples_;
};

}  // namespace

void open_help_with(CLI::App& command, const std::string& examples) {
    command.formatter(std::make_shared<ExamplesFirst>(examples));
}

CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& summary,
                      const std::string& examples) {
    CLI::App* command = program.add_subcommand(name, summary);
    open_help_with(*command, examples);
    return command;
}

void add_override_options(CLI::App& command, Assignments& assignments, const std::string& what) {
    command.add_option("--set", assignments.set, what)->type_name("KEY=VALUE")->allow_extra_args(false);
    command
        .add_option("--add", assignments.add,
                    "the same for a population that the model does not have yet, which is made; comes first")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
    return {[least, most](const std::string& text) {
                std::int64_t value = 0;
                const char* const end = text.data() + text.size();
                const auto [stopped, error] = std::from_chars(text.data(), end, value);
                if (error == std::errc() && stopped == end && value >= least && value <= most) {
                    return std::string();
                }
                return fmt::format("{} is not a whole number from {} to {}", text, least, most);
            },
            ""};
}

void add_threads_option(CLI::App& command, std::size_t& n_threads) {
    command
        .add_option("--threads", n_threads,
                    "threads to use; default: as many as the process may, which 0 asks for, too")
        ->check(whole_number(0, most_threads))
        ->type_name("N");
}

}  // namespace snnff::app
