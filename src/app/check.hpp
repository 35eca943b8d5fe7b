#pragma once

#include <string>
#include <vector>

namespace snnff::app {

/// Reads all of every file, and of every run file and checkpoint below a folder, and says for each whether it
/// is whole or what is damaged. Returns what the process answers: 5 where anything is.
int check_files(const std::vector<std::string>& paths, bool json);

}  // namespace snnff::app
