#include <fmt/format.h>

#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// The wrong labels that the data set brings along.
class Given final : public Negatives {
  public:
    bool redrawn() const noexcept override { return false; }
    std::size_t most_per_sample(std::size_t) const noexcept override { return 1; }

    void make(const Request& request, std::span<std::int32_t> labels) const override {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            labels[i] = request.dataset.negative_label[request.samples[i]];
        }
    }

    void check(const Dataset& dataset, std::size_t n_labels) const override {
        const std::string file = dataset.files.empty() ? "the data set" : dataset.files.front().path.string();
        if (dataset.negative_label.size() != dataset.size()) {
            throw DataError(fmt::format(
                "{}: negatives \"given\" need y_negative [sample], which is not there; add it, or "
                "take \"permuted\" or \"uniform_wrong\"",
                file));
        }
        for (std::size_t i = 0; i < dataset.size(); ++i) {
            const std::int32_t label = dataset.negative_label[i];
            if (label < 0 || static_cast<std::size_t>(label) >= n_labels) {
                throw DataError(fmt::format("{}: y_negative[{}] = {} is not a label; 0 to {} are", file, i,
                                            label, n_labels - 1));
            }
        }
    }
};

}  // namespace

std::unique_ptr<Negatives> make_negatives_given(Options&, const Context&) {
    return std::make_unique<Given>();
}

}  // namespace snnff
