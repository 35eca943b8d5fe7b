#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "app/command.hpp"

namespace snnff::app {

struct Assignments;
struct SampleSource;

/// A verb of the command line: its options are bound when it is added to the program, `run` does the
/// work once they are parsed and returns what the process answers.
struct Verb {
    Command command;
    std::function<int()> run;
};

Verb add_run(Command& program);
Verb add_resume(Command& program);
Verb add_eval(Command& program);
Verb add_compare(Command& program);
Verb add_reproduce(Command& program);
Verb add_sweep(Command& program);
Verb add_trace(Command& program);
Verb add_export(Command& program);
Verb add_info(Command& program);
Verb add_validate(Command& program);
Verb add_new(Command& program);
Verb add_explain(Command& program);

/// --set and --add; `what` is the help of the first.
void add_override_options(Command& command, Assignments& assignments, const std::string& what);
/// --data, --set and --split: which samples are presented to a trained network.
void add_source_options(Command& command, SampleSource& source);
/// --threads, which takes no more of them than any machine has.
void add_threads_option(Command& command, std::size_t& n_threads);

}  // namespace snnff::app
