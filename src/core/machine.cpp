#include "core/machine.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <charconv>
#include <fstream>

namespace snnff {
namespace {

utsname system_names() {
    utsname names{};
    ::uname(&names);
    return names;
}

struct ArmPart {
    unsigned implementer, part;
    const char* name;
};
// Source: Linux, arch/arm64/include/asm/cputype.h.
constexpr ArmPart arm_parts[] = {
    {0x41, 0xd03, "ARM Cortex-A53"},  {0x41, 0xd08, "ARM Cortex-A72"},  {0x41, 0xd0b, "ARM Cortex-A76"},
    {0x41, 0xd0c, "ARM Neoverse N1"}, {0x41, 0xd40, "ARM Neoverse V1"}, {0x41, 0xd49, "ARM Neoverse N2"},
    {0x41, 0xd4f, "ARM Neoverse V2"}, {0xc0, 0xac3, "Ampere-1"},        {0xc0, 0xac4, "Ampere-1A"},
};

/// A number as /proc/cpuinfo writes it: 0x41.
unsigned hexadecimal(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

std::string arm_name(const std::string& implementer, const std::string& part) {
    for (const ArmPart& known : arm_parts) {
        if (known.implementer == hexadecimal(implementer) && known.part == hexadecimal(part))
            return known.name;
    }
    return fmt::format("ARM, implementer {}, part {}", implementer, part);
}

}  // namespace

std::string cpu_name(std::istream& cpuinfo, const std::string& machine) {
    std::string implementer, part;
    for (std::string line; std::getline(cpuinfo, line);) {
        const std::size_t colon = line.find(':');
        const std::size_t at = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
        if (at == std::string::npos) continue;
        if (line.starts_with("model name")) return line.substr(at);
        if (line.starts_with("CPU implementer")) implementer = line.substr(at);
        if (line.starts_with("CPU part")) part = line.substr(at);
        if (!implementer.empty() && !part.empty()) return arm_name(implementer, part);
    }
    return machine;
}

std::string cpu_name() {
    std::ifstream cpuinfo("/proc/cpuinfo");
    return cpu_name(cpuinfo, system_names().machine);
}

std::string host_name() { return system_names().nodename; }

}  // namespace snnff
