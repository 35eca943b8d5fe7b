#pragma once

#include <filesystem>

namespace snnff {

/// Throws RunError where `ulimit -s` leaves less stack than the program takes. Takes hardly any itself: call
/// it first.
void check_stack();

/// Throws FileError, beginning with `output`, where `ulimit -n`, or the system, lets too few files be opened
/// for what is written there: before work that could not be saved.
void check_descriptors(const std::filesystem::path& output);

}  // namespace snnff
