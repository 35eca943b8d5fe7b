#include "core/float_environment.hpp"

namespace snnff {
namespace {

#if defined(__x86_64__)

// Of MXCSR bits 0 to 5 are flags of what has happened, the others the mode: 6 takes denormals as 0, 7 to 12
// hold exceptions back, 13 and 14 round, 15 makes results 0 that would be denormal.
constexpr std::uint64_t flags = 0x3f, usual = 0x1f80;
std::uint64_t mode() noexcept { return __builtin_ia32_stmxcsr(); }
void set_mode(std::uint64_t mode) noexcept { __builtin_ia32_ldmxcsr(static_cast<unsigned>(mode)); }

#elif defined(__aarch64__)

// FPCR holds the mode alone: 0 rounds to nearest, keeps denormals (FZ, FZ16, FIZ) and traps nothing.
constexpr std::uint64_t flags = 0, usual = 0;
std::uint64_t mode() noexcept {
    std::uint64_t mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}
void set_mode(std::uint64_t mode) noexcept { asm volatile("msr fpcr, %0" ::"r"(mode)); }

#else
#error "snnff: how this processor is told to round to nearest and to keep denormals stands in no case above"
#endif

}  // namespace

FloatEnvironment::FloatEnvironment() noexcept : before_(mode()), changed_((before_ & ~flags) != usual) {
    if (changed_) set_mode(usual);
}

FloatEnvironment::~FloatEnvironment() {
    if (changed_) set_mode(before_);
}

}  // namespace snnff
