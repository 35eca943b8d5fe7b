#include "app/provenance.hpp"

#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <string>
#include <string_view>

#include "core/available_threads.hpp"
#include "core/clock.hpp"
#include "core/machine.hpp"
#include "core/numbers.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "interfaces/tbb_version.hpp"
#include "io/libraries.hpp"
#include "snnff/catalogue.hpp"

namespace snnff::app {
namespace {

std::string compiler() {
#if defined(__clang__)
    return fmt::format("clang {}", __clang_version__);
#else
    return fmt::format("g++ {}", __VERSION__);
#endif
}

/// As loaded; fmt is compiled in as far as its version says.
std::string libraries() {
    return fmt::format("{}, oneTBB {}, fmt {}.{}.{}, glibc {}", file_libraries(), tbb_version(),
                       FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100,
                       gnu_get_libc_version());
}

}  // namespace

std::string git_commit() {
    const std::string_view commit = SNNFF_COMMIT;
    return std::string(commit.empty() ? "unknown" : commit);
}

std::string version_line() {
    const std::string_view commit = SNNFF_COMMIT;
    if (commit.empty()) return "snnff-sim " SNNFF_VERSION;
    return fmt::format("snnff-sim " SNNFF_VERSION " (commit {})", commit);
}

Provenance provenance_of(const Experiment& experiment, const ThreadsAsked& threads,
                         const std::string& command_line) {
    const AvailableThreads used =
        threads.n > 0 ? AvailableThreads{threads.n, threads.from} : available_threads();
    const Stretch stretch{.first_epoch = 0,
                          .version = SNNFF_VERSION,
                          .git_commit = git_commit(),
                          .libraries = libraries(),
                          .kernels = kernels_in_use(),
                          .cpu = cpu_name(),
                          .host = host_name(),
                          .command_line = command_line,
                          .kernels_from = std::string(kernels_chosen_by()),
                          .threads_from = std::string(used.from),
                          .created = now_utc(),
                          .threads = used.n};
    Provenance provenance;
    provenance.facts = {
        {"version", stretch.version},
        {"git_commit", stretch.git_commit},
        {"compiler", compiler()},
        {"compiler_flags", SNNFF_COMPILER_FLAGS},
        {"libraries", stretch.libraries},
        {"numbers", std::uint64_t{numbers}},
        {"kernels", stretch.kernels},
        {"kernels_from", stretch.kernels_from},
        {"cpu", stretch.cpu},
        {"host", stretch.host},
        {"threads", stretch.threads},
        {"threads_from", stretch.threads_from},
        {"ranks", std::uint64_t{1}},
        {"seed", experiment.model.seed.value},
        {"command_line", command_line},
    };
    std::string kinds_added;
    for (const std::string& kind : catalogue().added())
        kinds_added += (kinds_added.empty() ? "" : ", ") + kind;
    if (!kinds_added.empty()) provenance.add("kinds_added", kinds_added);
    provenance.data = experiment.files;
    provenance.stretches = {stretch};
    const auto add = [&](const char* role, const Dataset& dataset) {
        if (dataset.size() == 0) return;
        InputFacts& facts = provenance.inputs.emplace_back(role, dataset.facts).second;
        // Only those of training are what later data are held to.
        if (&dataset != &experiment.train) facts.spreads.clear();
    };
    add("train", experiment.train);
    add("validation", experiment.validation);
    add("test", experiment.test);
    return provenance;
}

}  // namespace snnff::app
