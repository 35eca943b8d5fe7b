#include "app/provenance.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace snnff::app {
namespace {

std::string cpu_model() {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);) {
        if (!line.starts_with("model name")) continue;
        const std::size_t at = line.find_first_not_of(" \t", line.find(':') + 1);
        if (at != std::string::npos) return line.substr(at);
    }
    return "unknown";
}

std::string compiler() {
#if defined(__clang__)
    return fmt::format("clang {}", __clang_version__);
#else
    return fmt::format("g++ {}", __VERSION__);
#endif
}

}  // namespace

std::string version_line() {
    const std::string_view commit = SNNFF_COMMIT;
    if (commit.empty()) return "snnff-sim " SNNFF_VERSION;
    return fmt::format("snnff-sim " SNNFF_VERSION " (commit {})", commit);
}

Provenance provenance_of(const Experiment& experiment, std::size_t n_threads,
                         const std::string& command_line) {
    if (n_threads == 0) n_threads = std::max(1u, std::thread::hardware_concurrency());
    const std::string_view commit = SNNFF_COMMIT;
    Provenance provenance;
    provenance.facts = {
        {"version", SNNFF_VERSION},     {"git_commit", std::string(commit.empty() ? "unknown" : commit)},
        {"compiler", compiler()},       {"compiler_flags", SNNFF_COMPILER_FLAGS},
        {"cpu", cpu_model()},           {"threads", std::uint64_t{n_threads}},
        {"ranks", std::uint64_t{1}},    {"seed", experiment.model.seed.value},
        {"command_line", command_line}, {"blas", SNNFF_BLAS_NAME},
    };
    provenance.data = experiment.files;
    return provenance;
}

}  // namespace snnff::app
