#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace snnff {

/// SHA-256 (FIPS 180-4) of bytes given piece by piece, by OpenSSL.
/// Throws std::bad_alloc where OpenSSL cannot be had.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> bytes);
    /// Call one of these once, last: the sum, or its 64 lower-case hex digits.
    std::array<std::byte, 32> bytes();
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace snnff
