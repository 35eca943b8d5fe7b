// What provenance says of the machine.
#include "core/machine.hpp"

#include <cstdlib>
#include <sstream>

#include "catch.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "kernels/dispatch.hpp"
#include "snnff/error.hpp"

using namespace snnff;

namespace {

std::string cpu_of(const std::string& cpuinfo) {
    std::istringstream text(cpuinfo);
    return cpu_name(text, "aarch64");
}

}  // namespace

TEST_CASE("the processor's name is found on x86 and ARM") {
    CHECK(cpu_of("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7R13 Processor\nflags\t\t: fpu\n") ==
          "AMD EPYC 7R13 Processor");
    // as a Neoverse N1 has it
    CHECK(cpu_of("processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
                 "CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n") == "ARM Neoverse N1");
    CHECK(cpu_of("CPU implementer\t: 0x61\nCPU part\t: 0x022\n") == "ARM, implementer 0x61, part 0x022");
    CHECK(cpu_of("") == "aarch64");
    CHECK(cpu_of("model name\nmodel name\t:\n:\n") == "aarch64");
    CHECK(!cpu_name().empty());
}

TEST_CASE("kernels are chosen by name, or refused by name") {
    const kernels::Use restored(kernels::active());
    for (const kernels::Kernels* each : kernels::available()) {
        kernels::use(each->name, "here");
        CHECK(kernels_in_use() == each->name);
    }
    const std::string before = kernels_in_use();
    CHECK_THROWS_AS(kernels::use("sse9", "here"), UsageError);
    CHECK_THROWS_AS(kernels::use("", "here"), UsageError);
    CHECK(kernels_in_use() == before);
}

TEST_CASE("the environment chooses the kernels, and says so") {
    const kernels::Use restored(kernels::active());
    ::setenv("SNNFF_KERNELS", "", 1);
    use_kernels_of_environment();
    CHECK(kernels_chosen_by() == "processor");
    ::setenv("SNNFF_KERNELS", "Baseline", 1);
    CHECK_THROWS_AS(use_kernels_of_environment(), UsageError);
    CHECK(kernels_chosen_by() == "processor");
    ::setenv("SNNFF_KERNELS", "baseline", 1);
    use_kernels_of_environment();
    CHECK(kernels_in_use() == "baseline");
    CHECK(kernels_chosen_by() == "SNNFF_KERNELS");
    ::unsetenv("SNNFF_KERNELS");
}

TEST_CASE("kernels without fused multiply-adds are called slow, others are not") {
    CHECK(note_on_kernels("avx2", "processor").empty());
    CHECK(note_on_kernels("neon", "SNNFF_KERNELS").empty());
    CHECK(note_on_kernels("", "").empty());  // a run file from before kernels were noted
    CHECK(note_on_kernels("baseline", "processor").find("same bits") != std::string::npos);
    CHECK(note_on_kernels("baseline", "SNNFF_KERNELS").find("SNNFF_KERNELS") != std::string::npos);
}
