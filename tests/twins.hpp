#pragma once
// Kernels and their definitions, written as plain loops: which variants there are to compare, numbers to
// compare them with, and the comparison, as bits.
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/dispatch.hpp"

namespace snnff::kernels {
#if defined(__x86_64__)
extern const Kernels wide_kernels;
#endif
#ifdef SNNFF_KERNELS_APART
// Compiled for these tests with the sanitizers, which the library's own kernels are without.
extern const Kernels apart_baseline_kernels;
#if defined(__x86_64__)
extern const Kernels apart_avx2_kernels;
extern const Kernels apart_avx512_kernels;
#elif defined(__aarch64__)
extern const Kernels apart_neon_kernels;
#endif
#endif
}  // namespace snnff::kernels

namespace twins {

using snnff::kernels::Kernels;

/// The variant that the tests run in place of this one of the library's.
inline const Kernels* stand_in(const Kernels* kernels) {
#ifdef SNNFF_KERNELS_APART
    using namespace snnff::kernels;
    const std::string_view name = kernels->name;
#if defined(__x86_64__)
    if (name == "avx2") return &apart_avx2_kernels;
    if (name == "avx512") return &apart_avx512_kernels;
#elif defined(__aarch64__)
    if (name == "neon") return &apart_neon_kernels;
#endif
    if (name == "baseline") return &apart_baseline_kernels;
#endif
    return kernels;
}

/// Every variant that this processor can run, with the tiles of avx512 wherever there is AVX2.
inline std::vector<const Kernels*> variants() {
    std::vector<const Kernels*> all;
    for (const Kernels* kernels : snnff::kernels::available()) {
        all.push_back(stand_in(kernels));
#if defined(__x86_64__)
        if (std::string_view(kernels->name) == "avx2") all.push_back(&snnff::kernels::wide_kernels);
#endif
    }
    return all;
}

enum class Kind {
    plain,    ///< from -1 to 1
    awkward,  ///< zeros of both signs, denormals, a few huge ones, infinities and what is no number
    ties,     ///< whose products end half way between two floats, and what decides then
    huge,     ///< whose sums overflow, to infinity and on to what is no number
};
constexpr Kind all_kinds[] = {Kind::plain, Kind::ties, Kind::awkward, Kind::huge};

/// The same numbers for the same seed.
class Numbers {
  public:
    explicit Numbers(Kind kind, std::uint64_t seed = 1) : kind_(kind), state_(seed * 0x9e3779b97f4a7c15) {}

    /// Source: Vigna's splitmix64.
    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() >> 32) % n; }
    float plain() {
        return static_cast<float>(static_cast<std::int64_t>(bits() >> 39) - (1 << 24)) * 0x1p-24f;
    }
    float next() {
        static constexpr float small[] = {0.0f,      0x1p-149f,        0x1.8p-127f,
                                          0x1p-126f, 0x1.fffffep-127f, 0x1p-63f};
        static constexpr float large[] = {FLT_MAX, 0x1p127f, 1e30f, 0x1p64f};
        static constexpr float ties[] = {1.0f + 0x1p-12f, 1.0f + 0x1p-23f, 1.0f - 0x1p-24f, 0x1p-60f,
                                         0x1p-30f,        0x1p-24f,        0x1p-12f,        1.0f,
                                         3.0f * 0x1p-24f};
        static constexpr float huge[] = {FLT_MAX, 0x1p127f, 0x1p100f, 2.0f, 1.0f, 0x1p-100f};
        const float sign = (bits() & 1) != 0 ? 1.0f : -1.0f;
        const std::size_t draw = below(256);
        if (kind_ == Kind::ties) return sign * ties[below(std::size(ties))];
        if (kind_ == Kind::huge && draw < 64) return sign * huge[below(std::size(huge))];
        if (kind_ != Kind::awkward || draw >= 96) return plain();
        if (draw == 0) return std::numeric_limits<float>::quiet_NaN();
        if (draw == 1) return sign * std::numeric_limits<float>::infinity();
        return sign * (draw < 8 ? large[below(std::size(large))] : small[below(std::size(small))]);
    }
    std::vector<float> list(std::size_t n) {
        std::vector<float> values(n);
        for (float& value : values) value = next();
        return values;
    }

  private:
    Kind kind_;
    std::uint64_t state_;
};

/// Bits of a number; what is none has one pattern.
inline std::uint32_t bits(float x) { return std::isnan(x) ? 0x7fc00000U : std::bit_cast<std::uint32_t>(x); }
inline std::uint64_t bits(double x) {
    return std::isnan(x) ? 0x7ff8000000000000U : std::bit_cast<std::uint64_t>(x);
}

/// Elements that are not the same bits.
template <class List>
std::size_t n_different(const List& found, const List& right) {
    std::size_t n = found.size() == right.size() ? 0 : 1;
    for (std::size_t i = 0; i < found.size() && i < right.size(); ++i) n += bits(found[i]) != bits(right[i]);
    return n;
}

/// +0 for what is too small for a normal float.
inline float cut(float x) { return std::abs(x) < 0x1p-126f ? 0.0f : x; }

/// e^x for x <= 0, as src/kernels/vector.inc defines it.
inline float exp_nonpositive(float x) {
    if (std::isnan(x)) return x;
    if (x < -87.0f) return 0.0f;
    const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    const float f = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    float series = 1.0f / 5040.0f;
    for (const float term : {1.0f / 720.0f, 1.0f / 120.0f, 1.0f / 24.0f, 1.0f / 6.0f, 0.5f, 1.0f, 1.0f}) {
        series = series * f + term;
    }
    return series * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

/// 1 to 67, and what lies around `more`.
inline std::vector<std::size_t> sizes(std::initializer_list<std::size_t> more = {}) {
    std::vector<std::size_t> all;
    for (std::size_t n = 1; n <= 67; ++n) all.push_back(n);
    for (const std::size_t n : more) all.insert(all.end(), {n - 1, n, n + 1});
    return all;
}

/// What is written nowhere keeps this.
constexpr float untouched = 7.25f;

}  // namespace twins
