#include "interfaces/kernels_in_use.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "kernels/dispatch.hpp"

namespace snnff {
namespace {

constexpr const char* variable = "SNNFF_KERNELS";
bool forced = false;

}  // namespace

void use_kernels_of_environment() {
    const char* wanted = std::getenv(variable);
    if (wanted == nullptr || *wanted == '\0') return;
    kernels::use(wanted, fmt::format("{} = {}", variable, wanted));
    forced = true;
}

std::string kernels_in_use() { return kernels::active().name; }
std::string kernels_chosen_by() { return forced ? variable : "processor"; }

std::string note_on_kernels(std::string_view kernels, std::string_view chosen_by) {
    if (kernels != "baseline") return {};
    return fmt::format(
        "without fused multiply-adds of the processor, {}: the same bits as everywhere, slowly",
        chosen_by == variable ? "as SNNFF_KERNELS asks" : "which has none");
}

}  // namespace snnff
