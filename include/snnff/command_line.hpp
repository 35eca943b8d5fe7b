#pragma once

#include "snnff/arithmetic.hpp"

namespace snnff {

/// The program snnff-sim: reads the words of a command line, does what they ask and returns what the process
/// is to answer (0, or an exit code as README has them). Results go to stdout, all else to stderr; nothing is
/// thrown. Call it once, first thing in main, after kinds of your own are in the catalogue
/// (snnff/catalogue.hpp).
int command_line(int argc, char** argv);

}  // namespace snnff
