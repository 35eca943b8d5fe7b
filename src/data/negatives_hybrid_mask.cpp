#include <fmt/format.h>

#include <algorithm>

#include "data/hybrid_mask.hpp"
#include "data/negatives_redraw.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// Images put together of two different ones: the sample's own where a mask of large patches is 1,
/// another sample's where it is 0. They need no labels.
/// Source: Hinton, The Forward-Forward algorithm (2022), section 3.2.
class HybridMaskNegatives final : public Negatives {
  public:
    HybridMaskNegatives(bool redrawn, std::uint32_t n_blurs_least, std::uint32_t n_blurs_most)
        : redrawn_(redrawn), n_blurs_least_(n_blurs_least), n_blurs_most_(n_blurs_most) {}

    bool redrawn() const noexcept override { return redrawn_; }
    bool makes_images() const noexcept override { return true; }

    void make_images(const Request& request, MatrixView images) const override {
        const Dataset& dataset = request.dataset;
        const auto n_others = static_cast<std::uint32_t>(dataset.size() - 1);
        const std::size_t n = request.samples.size();
        HybridMask mask(dataset.image_rows, dataset.image_cols, n_blurs_least_, n_blurs_most_);
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint32_t sample = request.samples[i];
            const std::uint64_t which = static_cast<std::uint64_t>(request.epoch) << 32 | sample;
            for (std::uint32_t set = 0; set < request.n_sets; ++set) {
                const std::uint64_t step =
                    1 + below(n_others, request.seed, Stream::negative_label, which, set);
                const auto own = dataset.x.row(sample),
                           other = dataset.x.row((sample + step) % dataset.size());
                const auto& inside = mask.draw(request.seed, which, set);
                const auto image = images.row(set * n + i);
                for (std::size_t p = 0; p < image.size(); ++p) image[p] = inside[p] != 0 ? own[p] : other[p];
            }
        }
    }

    void check(const Dataset& dataset, std::size_t) const override {
        const std::string file = dataset.files.empty() ? "the data set" : dataset.files.front().path.string();
        if (dataset.image_rows * dataset.image_cols != dataset.n_inputs() || dataset.n_inputs() == 0) {
            throw DataError(
                fmt::format("{}: samples are no images, of which negatives \"hybrid_mask\" are put together; "
                            "IDX files have images",
                            file));
        }
        if (dataset.size() < 2) {
            throw DataError(
                fmt::format("{}: negatives \"hybrid_mask\" are made of two images, and there is "
                            "{}; two or more will do",
                            file, dataset.size()));
        }
    }

  private:
    bool redrawn_;
    std::uint32_t n_blurs_least_, n_blurs_most_;
};

}  // namespace

std::unique_ptr<Negatives> make_negatives_hybrid_mask(Options& options, const Context&) {
    constexpr double most_exact = 13;
    const bool redrawn = read_redraw(options);
    const std::int64_t least =
        options.integer({"n_blurs_least", "", "how often a mask of random pixels is blurred at least"}, 5,
                        Bounds::between(0, most_exact));
    const std::int64_t most =
        options.integer({"n_blurs_most", "", "and at most; more blurs make larger patches"}, 9,
                        Bounds::between(0, most_exact));
    if (least > most) {
        options.conflict("n_blurs_least", options, "n_blurs_most", "the first may not be the larger one");
    }
    return std::make_unique<HybridMaskNegatives>(redrawn, static_cast<std::uint32_t>(least),
                                                 static_cast<std::uint32_t>(most));
}

}  // namespace snnff
