#include <memory>

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

}  // namespace snnff::app
