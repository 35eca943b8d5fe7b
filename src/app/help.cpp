#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <system_error>

#include "app/execute.hpp"
#include "app/verb.hpp"

namespace snnff::app {
namespace {

// CLI11 opens with the description, which also stands in the list of verbs; examples belong only here.
class ExamplesFirst : public CLI::Formatter {
  public:
    explicit ExamplesFirst(std::string examples) : examples_(std::move(examples)) { column_width(26); }
    std::string make_description(const CLI::App* app) const override {
        return "Examples:\n" + examples_ + "\n" + app->get_description() + "\n\n";
    }

  private:
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
