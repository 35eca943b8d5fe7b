#include <algorithm>

#include "snnff/options.hpp"
#include "snnff/projection.hpp"

namespace snnff {
namespace {

class Dense final : public Projection {
  public:
    std::string_view kind() const noexcept override { return "dense"; }
    bool dense() const noexcept override { return true; }
    Shape shape(std::size_t n_inputs) const override { return {n_inputs, 1, 1}; }
};

}  // namespace

void Projection::look(std::span<const float> input, MatrixView seen) const noexcept {
    std::ranges::copy(input, seen.row(0).begin());
}

void Projection::pool(ConstMatrixView current, MatrixView pooled,
                      std::span<std::uint32_t> from) const noexcept {
    for (std::size_t place = 0; place < pooled.rows(); ++place) {
        std::ranges::copy(current.row(place), pooled.row(place).begin());
        std::ranges::fill(from.subspan(place * pooled.cols(), pooled.cols()),
                          static_cast<std::uint32_t>(place));
    }
}

std::shared_ptr<const Projection> dense_projection() {
    static const auto dense = std::make_shared<const Dense>();
    return dense;
}

std::unique_ptr<Projection> make_projection_dense(Options&, const Context&) {
    return std::make_unique<Dense>();
}

}  // namespace snnff
