#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace snnff {

/// The process's group in a hierarchy that limits something, and those above it.
struct ControlGroup {
    int version = 2;
    std::vector<std::filesystem::path>
        folders;  ///< from where the hierarchy is mounted down to the group's own
};

/// Of the hierarchies of both versions that `controller` ("cpu", "memory") may be in. `root` is where /proc
/// and the control groups are found. What cannot be read or understood is left out. Source: Linux,
/// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cgroups.rst.
std::vector<ControlGroup> control_groups(const std::filesystem::path& root, std::string_view controller);

}  // namespace snnff
