#include "app/command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "app/help.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff::app {
namespace {

// CLI11 opens with the description, which also stands in the list of verbs; examples belong only here.
class ExamplesFirst : public CLI::Formatter {
  public:
    explicit ExamplesFirst(std::string examples) : examples_(std::move(examples)) { column_width(26); }
    std::string make_description(const CLI::App* app) const override {
        return "Examples:\n" + folded_examples(examples_) + "\n" + folded_text(app->get_description()) +
               "\n\n";
    }
    std::string make_usage(const CLI::App* app, std::string name) const override {
        return folded_text(CLI::Formatter::make_usage(app, std::move(name)));
    }
    std::string make_footer(const CLI::App* app) const override {
        return folded_text(CLI::Formatter::make_footer(app));
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return in_columns(make_option_name(option, is_positional) + make_option_opts(option),
                          make_option_desc(option), get_column_width());
    }
    std::string make_subcommand(const CLI::App* sub) const override {
        return in_columns(sub->get_name(), sub->get_description(), get_column_width());
    }

  private:
    std::string examples_;
};

/// What is said of a word where a verb should stand; a verb nobody knows gets the nearest one.
std::string about_verb(const CLI::App& program, const std::string& word) {
    std::vector<std::string> verbs{"help", "version"};
    for (const CLI::App* command : program.get_subcommands({})) verbs.push_back(command->get_name());
    const auto guess = nearest(word, verbs);
    return fmt::format("no verb \"{}\"; {}", word,
                       guess ? "did you mean \"" + *guess + "\"?" : "snnff-sim --help lists them");
}

/// The first word that is no option is the verb.
std::string about_usage(const CLI::App& program, const CLI::ParseError& error,
                        const std::vector<std::string>& words) {
    const auto commands = program.get_subcommands({});
    for (const CLI::App* command : commands) {
        if (command->parsed()) {
            return fmt::format("{}: {}; see snnff-sim {} --help", command->get_name(), error.what(),
                               command->get_name());
        }
    }
    const auto word = std::ranges::find_if(words, [](const std::string& w) { return !w.starts_with('-'); });
    if (word == words.end()) return fmt::format("{}; see snnff-sim --help", error.what());
    return about_verb(program, *word);
}

/// Help was asked for: of a verb that there is, or of the program.
void check_help(const CLI::App& program, const std::vector<std::string>& words) {
    const auto word = std::ranges::find_if(words, [](const std::string& w) { return !w.starts_with('-'); });
    if (word == words.end() || *word == "help" || *word == "version") return;
    const auto commands = program.get_subcommands({});
    const auto is_word = [&](const CLI::App* command) { return command->get_name() == *word; };
    if (std::ranges::none_of(commands, is_word)) throw UsageError(about_verb(program, *word));
}

CLI::Option& cli(void* option) { return *static_cast<CLI::Option*>(option); }

}  // namespace

Option& Option::required() {
    cli(option_).required();
    return *this;
}

Option& Option::type_name(std::string_view name) {
    cli(option_).type_name(std::string(name));
    return *this;
}

Option& Option::one_of(std::initializer_list<const char*> values) {
    cli(option_).check(CLI::IsMember(std::vector<std::string>(values.begin(), values.end())));
    return *this;
}

Option& Option::whole_number(std::int64_t least, std::int64_t most) {
    const auto refusal = [least, most](const std::string& text) {
        std::int64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && stopped == end && value >= least && value <= most) return std::string();
        return fmt::format("{} is not a whole number from {} to {}", text, least, most);
    };
    cli(option_).check(CLI::Validator(refusal, ""));
    return *this;
}

Option& Option::positive() {
    const auto refusal = [](const std::string& text) {
        double value = 0.0;
        const char* const end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, value);
        // So that float32 holds it, and its product with a few thousand.
        constexpr double least = 1e-30, most = 1e30;
        const bool is_one = error == std::errc() && stopped == end && value >= least && value <= most;
        return is_one ? std::string() : fmt::format("{} is not a number from {} to {}", text, least, most);
    };
    cli(option_).check(CLI::Validator(refusal, "POSITIVE"));
    return *this;
}

Option& Option::delimiter(char between) {
    cli(option_).delimiter(between);
    return *this;
}

Option& Option::one_value_each() {
    cli(option_).allow_extra_args(false);
    return *this;
}

Option& Option::excludes(const Option& other) {
    cli(option_).excludes(&cli(other.option_));
    return *this;
}

struct Command::Implementation {
    std::unique_ptr<CLI::App> owned;  // the program; a verb belongs to it
    CLI::App* app;
};

Command::Command(std::string name, const std::string& summary, const std::string& examples)
    : implementation_(std::make_unique<Implementation>()) {
    implementation_->owned = std::make_unique<CLI::App>(summary, std::move(name));
    implementation_->app = implementation_->owned.get();
    implementation_->app->formatter(std::make_shared<ExamplesFirst>(examples));
}

Command::Command(std::unique_ptr<Implementation> implementation) noexcept
    : implementation_(std::move(implementation)) {}
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

Command Command::verb(const std::string& name, const std::string& summary, const std::string& examples) {
    auto verb = std::make_unique<Implementation>();
    verb->app = implementation_->app->add_subcommand(name, summary);
    verb->app->formatter(std::make_shared<ExamplesFirst>(examples));
    return Command(std::move(verb));
}

template <class Value>
Option Command::option(const std::string& names, Value& value, const std::string& meaning) {
    return Option(implementation_->app->add_option(names, value, meaning));
}
template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::size_t&, const std::string&);
template Option Command::option(const std::string&, std::int64_t&, const std::string&);
template Option Command::option(const std::string&, std::optional<std::uint64_t>&, const std::string&);
template Option Command::option(const std::string&, std::optional<double>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::uint64_t>&, const std::string&);

Option Command::flag(const std::string& names, bool& value, const std::string& meaning) {
    return Option(implementation_->app->add_flag(names, value, meaning));
}

void Command::footer(const std::string& text) { implementation_->app->footer(text); }

bool Command::asked() const { return implementation_->app->parsed(); }

std::string Command::read(const std::vector<std::string>& words, const std::string& version) {
    CLI::App& program = *implementation_->app;
    program.set_version_flag("--version", version, "print the version");
    program.require_subcommand(1);
    try {
        std::vector<std::string> from_the_back(words.rbegin(), words.rend());  // as CLI11 takes them
        program.parse(std::move(from_the_back));
    } catch (const CLI::CallForHelp&) {
        check_help(program, words);
        return program.help();
    } catch (const CLI::CallForVersion& asked) {
        return std::string(asked.what()) + "\n";
    } catch (const CLI::ParseError& error) {
        throw UsageError(about_usage(program, error, words));
    }
    return "";
}

}  // namespace snnff::app
