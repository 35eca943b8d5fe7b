// A small convolution: units are channels, each with a window of kernel x kernel of every input channel,
// moved over the image by a pixel at a time and half a window beyond its borders; of each 2 x 2 currents the
// largest counts, where wanted.
#include <algorithm>
#include <memory>
#include <snnff/error.hpp>
#include <snnff/options.hpp>
#include <snnff/projection.hpp>
#include <string>

using namespace snnff;

namespace {

class Convolution final : public Projection {
  public:
    Convolution(std::size_t channels, std::size_t side, std::size_t kernel, bool pools)
        : channels_(channels), side_(side), kernel_(kernel), pools_(pools) {}

    std::string_view kind() const noexcept override { return "convolution"; }
    Shape shape(std::size_t n_inputs) const override {
        if (n_inputs != channels_ * side_ * side_)
            throw ModelError("channels = " + std::to_string(channels_) + " of side = " +
                             std::to_string(side_) + " are not " + std::to_string(n_inputs) + " inputs");
        const std::size_t places = side_ * side_;
        return {channels_ * kernel_ * kernel_, places, pools_ ? places / 4 : places};
    }
    void look(std::span<const float> input, MatrixView seen) const noexcept override {
        const std::size_t half = kernel_ / 2;
        for (std::size_t place = 0; place < seen.rows(); ++place) {
            for (std::size_t k = 0; k < seen.cols(); ++k) {
                const std::size_t row = place / side_ + k / kernel_ % kernel_,
                                  col = place % side_ + k % kernel_;
                const bool inside = row >= half && row < side_ + half && col >= half && col < side_ + half;
                const std::size_t channel = k / (kernel_ * kernel_);
                seen(place, k) = inside ? input[(channel * side_ + row - half) * side_ + col - half] : 0.0f;
            }
        }
    }
    void pool(ConstMatrixView current, MatrixView pooled,
              std::span<std::uint32_t> from) const noexcept override {
        if (!pools_) return Projection::pool(current, pooled, from);
        for (std::size_t position = 0; position < pooled.rows(); ++position) {
            const std::size_t first = position / (side_ / 2) * 2 * side_ + position % (side_ / 2) * 2;
            for (std::size_t unit = 0; unit < pooled.cols(); ++unit) {
                std::size_t best = first;
                for (const std::size_t place : {first + 1, first + side_, first + side_ + 1}) {
                    if (current(place, unit) > current(best, unit)) best = place;
                }
                pooled(position, unit) = current(best, unit);
                from[position * pooled.cols() + unit] = static_cast<std::uint32_t>(best);
            }
        }
    }

  private:
    std::size_t channels_, side_, kernel_;
    bool pools_;
};

}  // namespace

std::unique_ptr<Projection> make_convolution(Options& options, const Context&) {
    const auto number = [&](const char* name, const char* meaning, std::int64_t fallback) {
        return static_cast<std::size_t>(
            options.integer({name, "", meaning}, fallback, Bounds::between(1, 4096)));
    };
    const std::size_t channels = number("channels", "of the input", 1);
    const std::size_t side = number("side", "of a channel, in pixels", 28);
    const std::size_t kernel = number("kernel", "side of the window, an odd number of pixels", 3);
    return std::make_unique<Convolution>(
        channels, side, kernel,
        options.flag({"pools", "", "whether 2 x 2 currents become their largest"}, false));
}
