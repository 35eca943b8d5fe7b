#pragma once

#include <string>
#include <string_view>

namespace snnff {

/// Puts the variant of the kernels in use that the environment variable SNNFF_KERNELS names; does nothing
/// where it is not set, or empty. Call before anything is calculated. Throws UsageError for a name nobody
/// knows, or a variant that this processor cannot run.
void use_kernels_of_environment();

/// "baseline", "avx2", "avx512" or "neon".
std::string kernels_in_use();
/// Who chose them: "processor", or "SNNFF_KERNELS".
std::string kernels_chosen_by();
/// A sentence where kernels calculate fused multiply-adds without the processor's help; empty where they do
/// not.
std::string note_on_kernels(std::string_view kernels, std::string_view chosen_by);

}  // namespace snnff
