#pragma once

#include <string>

namespace snnff::app {

/// What this process was called with, quoted so that a shell would read it back.
std::string invocation();
void remember_invocation(int argc, char** argv);

}  // namespace snnff::app
