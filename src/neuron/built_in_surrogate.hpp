#pragma once

#include <string_view>

#include "kernels/table.hpp"
#include "snnff/surrogate.hpp"

namespace snnff {

/// What a model file calls it.
constexpr std::string_view name_of(kernels::SurrogateKind kind) noexcept {
    switch (kind) {
#define SNNFF_NAME(name, formula)      \
    case kernels::SurrogateKind::name: \
        return #name;
        SNNFF_SURROGATES(SNNFF_NAME)
#undef SNNFF_NAME
    }
    return "";
}

/// A surrogate that kernels know.
class BuiltInSurrogate final : public Surrogate {
  public:
    BuiltInSurrogate(kernels::SurrogateKind which, double sharpness) noexcept
        : which_(which), sharpness_(static_cast<float>(sharpness)) {}

    std::string_view kind() const noexcept override { return name_of(which_); }
    void slopes(std::span<const float> z, std::span<float> slope) const noexcept override;

    kernels::SurrogateKind which() const noexcept { return which_; }
    float sharpness() const noexcept { return sharpness_; }

  private:
    kernels::SurrogateKind which_;
    float sharpness_;
};

}  // namespace snnff
