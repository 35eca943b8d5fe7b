#pragma once

#include <span>
#include <string_view>

#include "kernels/table.hpp"

namespace snnff::kernels {

/// The variants this processor can run, the plainest first.
std::span<const Kernels* const> available() noexcept;

/// The variant in use: the widest there is, chosen once.
const Kernels& active() noexcept;

/// Puts the variant of that name in use for good; not while other threads calculate. Throws UsageError, which
/// begins with `where`, for a name nobody knows, or a variant that this processor cannot run.
void use(std::string_view name, std::string_view where);

/// Puts another variant in use while it lives, for tests; not while other threads calculate.
class Use {
  public:
    explicit Use(const Kernels& kernels) noexcept;
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

  private:
    const Kernels* before_;
};

}  // namespace snnff::kernels
