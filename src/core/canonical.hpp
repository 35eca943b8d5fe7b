#pragma once

#include <concepts>
#include <span>
#include <vector>

namespace snnff {

/// What is not a number has one pattern of bits wherever it is stored or hashed, 0x7fc00000, of double
/// 0x7ff8000000000000: processors make it with either sign, and it may carry anything.
float canonical(float x) noexcept;
double canonical(double x) noexcept;

/// The values themselves where each is a number or of that pattern, else a copy in `room`.
std::span<const float> canonical(std::span<const float> values, std::vector<float>& room);
std::span<const double> canonical(std::span<const double> values, std::vector<double>& room);

/// Likewise for values of any kind, of which integers are what they are.
template <class T>
class Canonical {
  public:
    explicit Canonical(std::span<const T> values) : values_(values) {
        if constexpr (std::floating_point<T>) values_ = canonical(values, room_);
    }
    Canonical(const Canonical&) = delete;
    Canonical& operator=(const Canonical&) = delete;
    std::span<const T> values() const noexcept { return values_; }

  private:
    std::vector<T> room_;
    std::span<const T> values_;
};

}  // namespace snnff
