#include "kernels/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "snnff/error.hpp"

namespace snnff::kernels {

extern const Kernels baseline_kernels;
#if defined(__x86_64__)
extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;
#elif defined(__aarch64__)
extern const Kernels neon_kernels;
#endif

namespace {

// On whatever processor.
constexpr std::string_view all_names[] = {"baseline", "avx2", "avx512", "neon"};

// What is asked of the processor has to cover the options in src/CMakeLists.txt.
const std::vector<const Kernels*>& found() {
    static const std::vector<const Kernels*> all = [] {
        std::vector<const Kernels*> result{&baseline_kernels};
#if defined(__x86_64__)
        __builtin_cpu_init();
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        if (avx2) result.push_back(&avx2_kernels);
        if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
            result.push_back(&avx512_kernels);
        }
#elif defined(__aarch64__)
        result.push_back(&neon_kernels);
#endif
        return result;
    }();
    return all;
}

std::atomic<const Kernels*>& chosen() {
    static std::atomic<const Kernels*> kernels{found().back()};
    return kernels;
}

}  // namespace

std::span<const Kernels* const> available() noexcept { return found(); }
const Kernels& active() noexcept { return *chosen().load(std::memory_order_relaxed); }

void use(std::string_view name, std::string_view where) {
    std::string able;
    for (const Kernels* kernels : found()) {
        if (kernels->name == name) return chosen().store(kernels);
        able += fmt::format("{}{}", able.empty() ? "" : " or ", kernels->name);
    }
    const bool known = std::ranges::find(all_names, name) != std::end(all_names);
    throw UsageError(
        fmt::format("{}: {}; {} would do", where,
                    known ? "this processor cannot run these kernels" : "no kernels are called so", able));
}

Use::Use(const Kernels& kernels) noexcept : before_(chosen().exchange(&kernels)) {}
Use::~Use() { chosen().store(before_); }

}  // namespace snnff::kernels
