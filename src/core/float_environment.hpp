#pragma once

#include <cstdint>

namespace snnff {

/// While it lives, this thread rounds to nearest, keeps denormals and traps nothing, which every number of a
/// run is defined for; the caller's mode and flags come back with its end. A library that was linked with
/// -ffast-math by g++ before version 13 turns denormals off for every thread begun after it was loaded. Where
/// the mode is right it costs the reading of one register.
///
/// Stands in every function of the library that a program calls for numbers, and in every task
/// (parallel/parallel).
class FloatEnvironment {
  public:
    FloatEnvironment() noexcept;
    ~FloatEnvironment();
    FloatEnvironment(const FloatEnvironment&) = delete;
    FloatEnvironment& operator=(const FloatEnvironment&) = delete;

  private:
    std::uint64_t before_;
    bool changed_;
};

}  // namespace snnff
