#pragma once

#include <cstddef>
#include <string>

#include "snnff/run_file.hpp"

namespace snnff::app {

/// "snnff-sim 0.1.0 (commit 1a2b3c4)", for --version.
std::string version_line();

/// How a run came about: version, commit, compiler and flags, CPU, threads, seed, command line, BLAS
/// and the SHA-256 of every data file.
Provenance provenance_of(const Experiment& experiment, std::size_t n_threads,
                         const std::string& command_line);

}  // namespace snnff::app
