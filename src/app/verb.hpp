#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace snnff::app {

struct Assignments;

/// More than the largest machines have.
inline constexpr std::int64_t most_threads = 4096;

/// A verb of the command line: its options are bound when it is added to the program, `run` does the
/// work once they are parsed and returns what the process answers.
struct Verb {
    CLI::App* command;
    std::function<int()> run;
};

Verb add_run(CLI::App& program);
Verb add_resume(CLI::App& program);
Verb add_eval(CLI::App& program);
Verb add_compare(CLI::App& program);
Verb add_reproduce(CLI::App& program);
Verb add_sweep(CLI::App& program);
Verb add_trace(CLI::App& program);
Verb add_export(CLI::App& program);
Verb add_info(CLI::App& program);
Verb add_validate(CLI::App& program);
Verb add_new(CLI::App& program);
Verb add_explain(CLI::App& program);

/// A command whose help opens with examples, one per line.
CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& summary,
                      const std::string& examples);
/// --set and --add; `what` is the help of the first.
void add_override_options(CLI::App& command, Assignments& assignments, const std::string& what);
/// --threads, which takes no more of them than any machine has.
void add_threads_option(CLI::App& command, std::size_t& n_threads);
/// Refuses what is no whole number of these bounds, whatever type it would be turned into.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);
/// Lets the help of `command` open with examples.
void open_help_with(CLI::App& command, const std::string& examples);

}  // namespace snnff::app
