#include <fmt/format.h>

#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "stimulus/negatives_redraw.hpp"

namespace snnff {
namespace {

/// Each of the other labels with the same probability, never the true one.
class UniformWrong final : public Negatives {
  public:
    explicit UniformWrong(bool redrawn) : redrawn_(redrawn) {}

    bool redrawn() const noexcept override { return redrawn_; }

    void make(const Request& request, std::span<std::int32_t> labels) const override {
        const auto n_wrong = static_cast<std::uint32_t>(request.n_labels - 1);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const std::uint32_t sample = request.samples[i];
            const auto drawn = static_cast<std::int32_t>(
                below(n_wrong, request.seed, Stream::negative_label, sample, request.epoch));
            labels[i] = drawn + (drawn >= request.dataset.label[sample] ? 1 : 0);
        }
    }

    void check(const Dataset&, std::size_t n_labels) const override {
        if (n_labels < 2) {
            throw ModelError(fmt::format(
                "negatives \"uniform_wrong\": there is {} label, hence no wrong one; two or more will do",
                n_labels));
        }
    }

  private:
    bool redrawn_;
};

}  // namespace

std::unique_ptr<Negatives> make_negatives_uniform_wrong(Options& options, const Context&) {
    return std::make_unique<UniformWrong>(read_redraw(options));
}

}  // namespace snnff
