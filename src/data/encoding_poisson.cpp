#include <fmt/format.h>

#include <algorithm>

#include "data/encoding_range.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

constexpr std::size_t at_once = 4;  // inputs that share a draw

/// A value x in 0 to 1 fires in a step with probability x·p, p = max_rate_hz·dt_ms/1000, whatever happened
/// before: a Poisson process seen through bins of one step that hold one spike at most.
///
/// Whether input i fires in step t is a function of (draws, t, i), so a sample keeps the spikes of all inputs
/// whose value stays when another label is written into it.
class Poisson final : public Encoding {
  public:
    explicit Poisson(double probability) : probability_(probability), scale_(0x1p32 * probability) {}

    bool random() const noexcept override { return true; }
    void check(std::string_view where, bool, float smallest, float largest) const override {
        check_unit_range(where, "poisson", smallest, largest);
    }
    float at(float value, float, Seed draws, const TimeGrid&, std::int64_t step,
             std::uint32_t input) const noexcept override {
        const auto numbers = drawn(draws, step, input / at_once);
        return fires(value, numbers[input % at_once]);
    }
    void encode(std::span<const float> value, std::span<const float>, Seed draws, const TimeGrid&,
                std::int64_t step, std::span<float> input) const noexcept override {
        for (std::size_t first = 0; first < value.size(); first += at_once) {
            const std::size_t n = std::min(at_once, value.size() - first);
            const auto here = value.subspan(first, n);
            const auto out = input.subspan(first, n);
            // Much of an image is background, which needs no number.
            if (std::ranges::all_of(here, [](float x) { return x <= 0.0f; })) {
                std::ranges::fill(out, 0.0f);
                continue;
            }
            const auto numbers = drawn(draws, step, first / at_once);
            for (std::size_t k = 0; k < n; ++k) out[k] = fires(here[k], numbers[k]);
        }
    }
    double square(float value, float, const TimeGrid&) const noexcept override {
        return probability_ * std::clamp(static_cast<double>(value), 0.0, 1.0);
    }

  private:
    static std::array<std::uint32_t, at_once> drawn(Seed draws, std::int64_t step,
                                                    std::size_t group) noexcept {
        return four_numbers(draws, Stream::input_spikes, static_cast<std::uint64_t>(step),
                            static_cast<std::uint32_t>(group));
    }
    /// P(number < x·p·2^32) is x·p, to 2^-32; at x·p = 1 always.
    float fires(float value, std::uint32_t number) const noexcept {
        return static_cast<double>(number) < static_cast<double>(value) * scale_ ? 1.0f : 0.0f;
    }
    double probability_, scale_;
};

}  // namespace

std::unique_ptr<Encoding> make_encoding_poisson(Options& options, const Context& context) {
    const auto rate = options.number_or(
        {"max_rate_hz", "Hz",
         "rate of an input of value 1, at most one spike per step; every_step: one in every step"},
        "every_step", Bounds::positive());
    const double most = 1000.0 / context.time.dt_ms;
    const double probability = rate.value_or(most) / most;
    if (probability > 1.0 && !options.describing()) {
        options.reject("max_rate_hz",
                       fmt::format("is more than one spike per step of time.dt_ms = {}; up to {} Hz are not",
                                   context.time.dt_ms, most));
    }
    return std::make_unique<Poisson>(probability);
}

}  // namespace snnff
