#include <fmt/format.h>

#include "data/labels_left.hpp"
#include "data/negatives_redraw.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// Each of the other labels with the same probability, never the true one; several without replacement.
class UniformWrong final : public Negatives {
  public:
    explicit UniformWrong(bool redrawn) : redrawn_(redrawn) {}

    bool redrawn() const noexcept override { return redrawn_; }
    std::size_t most_per_sample(std::size_t n_labels) const noexcept override { return n_labels - 1; }

    void make(const Request& request, std::span<std::int32_t> labels) const override {
        const std::size_t n = request.samples.size();
        for (std::size_t i = 0; i < n; ++i) {
            LabelsLeft left(request.n_labels, request.dataset.label[request.samples[i]]);
            for (std::size_t set = 0; set < request.n_sets; ++set) {
                labels[set * n + i] = left.take(0, drawn_below(left.size(), request, i, set));
            }
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
