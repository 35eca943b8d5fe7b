#pragma once

#include <cstddef>
#include <string>

#include "snnff/provenance.hpp"
#include "snnff/training.hpp"

namespace snnff::app {

/// "snnff-sim 0.1.0 (commit 1a2b3c4)", for --version.
std::string version_line();
/// "1a2b3c4", or "unknown" of a program that was not built from a repository.
std::string git_commit();

/// How many threads were asked for, 0 for as many as the process may use, and what asked.
struct ThreadsAsked {
    std::size_t n = 0;
    std::string from;
};

/// How a run comes about: program, machine, libraries, seed, command line and data files, with the run's
/// first stretch, which begins now.
Provenance provenance_of(const Experiment& experiment, const ThreadsAsked& threads,
                         const std::string& command_line);

}  // namespace snnff::app
