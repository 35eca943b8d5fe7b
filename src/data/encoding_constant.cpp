#include <algorithm>

#include "core/sums.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// Values as they are: a static one is a constant current, one that varies in time a current that does.
class Constant final : public Encoding {
  public:
    bool constant() const noexcept override { return true; }
    void check(std::string_view, bool, float, float) const override {}
    float at(float value, float, Seed, const TimeGrid&, std::int64_t, std::uint32_t) const noexcept override {
        return value;
    }
    void encode(std::span<const float> value, std::span<const float>, Seed, const TimeGrid&, std::int64_t,
                std::span<float> input) const noexcept override {
        std::ranges::copy(value, input.begin());
    }
    double square(float value, float, const TimeGrid&) const noexcept override {
        return static_cast<double>(value) * static_cast<double>(value);
    }
    double sum_of_squares(std::span<const float> value, std::span<const float>,
                          const TimeGrid& time) const noexcept override {
        return sum_in_blocks(value.size(), [&](std::size_t i) { return square(value[i], 0.0f, time); });
    }
};

}  // namespace

std::unique_ptr<Encoding> make_encoding_constant(Options&, const Context&) {
    return std::make_unique<Constant>();
}

}  // namespace snnff
