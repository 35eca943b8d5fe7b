#pragma once

#include <iosfwd>
#include <string>

namespace snnff {

/// The processor's name, from what /proc/cpuinfo says on x86 ("model name") or ARM (implementer and part,
/// which are numbers where they are not known here); `machine` where it says neither.
std::string cpu_name(std::istream& cpuinfo, const std::string& machine);
std::string cpu_name();
std::string host_name();

}  // namespace snnff
