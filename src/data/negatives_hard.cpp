#include <algorithm>
#include <vector>

#include "data/labels_left.hpp"
#include "snnff/functions.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// Wrong labels that the network itself takes for nearly right. Until it has been asked for the first
/// time, before the second epoch or episode, any wrong label is as likely as the other.
/// Source: Hinton, The Forward-Forward algorithm (2022), section 3.3; choosing in proportion to a power
/// of the goodness: Lee & Song, Symba (2023), who take the square root.
class Hard final : public Negatives {
  public:
    Hard(bool best, double power, bool every_episode, std::int64_t every)
        : best_(best), power_(power), every_episode_(every_episode), every_(every) {}

    bool redrawn() const noexcept override { return true; }
    bool ranks(std::int64_t epoch, bool begins_episode) const noexcept override {
        return epoch > 0 && (every_episode_ ? begins_episode : epoch % every_ == 0 || epoch == 1);
    }

    std::size_t most_per_sample(std::size_t n_labels) const noexcept override { return n_labels - 1; }

    void make(const Request& request, std::span<std::int32_t> labels) const override {
        const std::size_t n = request.samples.size();
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint32_t sample = request.samples[i];
            const std::int32_t truth = request.dataset.label[sample];
            LabelsLeft left(request.n_labels, truth);
            for (std::size_t set = 0; set < request.n_sets; ++set) {
                std::int32_t& label = labels[set * n + i];
                if (request.ranking.empty()) {
                    const auto after_truth = static_cast<std::uint32_t>(truth) + 1;
                    label = left.take(after_truth, drawn_below(left.size(), request, i, set));
                } else if (best_) {
                    label = best(request.ranking.row(sample), left);
                } else {
                    const std::uint64_t which = static_cast<std::uint64_t>(set) << 32 | sample;
                    const float draw = uniform(request.seed, Stream::negative_label, which, request.epoch);
                    label = drawn(request.ranking.row(sample), left, static_cast<double>(draw));
                }
            }
        }
    }

    void check(const Dataset&, std::size_t) const override {}

  private:
    static std::int32_t best(std::span<const float> goodness, LabelsLeft& left) {
        auto chosen = static_cast<std::uint32_t>(goodness.size());
        for (std::uint32_t label = 0; label < goodness.size(); ++label) {
            if (!left.has(label)) continue;
            if (chosen == goodness.size() || goodness[label] > goodness[chosen]) chosen = label;
        }
        left.remove(chosen);
        return static_cast<std::int32_t>(chosen);
    }

    /// A wrong label with probability in proportion to goodness^power; goodness is taken relative to the
    /// largest, so that no power overflows. Where all are zero, each is as likely as the other.
    std::int32_t drawn(std::span<const float> goodness, LabelsLeft& left, double draw) const {
        const auto largest = static_cast<double>(std::ranges::max(goodness));
        double sum = 0.0;
        const auto weight = [&](std::uint32_t label) {
            if (!left.has(label)) return 0.0;
            if (!(largest > 0.0)) return 1.0;
            return functions::pow(std::max(0.0, static_cast<double>(goodness[label]) / largest), power_);
        };
        for (std::uint32_t label = 0; label < goodness.size(); ++label) sum += weight(label);
        if (!(sum > 0.0)) return best(goodness, left);
        double rest = draw * sum;
        std::uint32_t chosen = 0;
        for (std::uint32_t label = 0; label < goodness.size(); ++label) {
            const double w = weight(label);
            if (w <= 0.0) continue;
            chosen = label;  // the last one possible, should rounding leave something over
            if (rest < w) break;
            rest -= w;
        }
        left.remove(chosen);
        return static_cast<std::int32_t>(chosen);
    }

    bool best_;
    double power_;
    bool every_episode_;
    std::int64_t every_;
};

}  // namespace

std::unique_ptr<Negatives> make_negatives_hard(Options& options, const Context&) {
    constexpr std::string_view choices[] = {"drawn", "best"};
    constexpr std::string_view times[] = {"epoch", "episode"};
    const bool best =
        options.choice({"choose", "",
                        "drawn: wrong labels in proportion to goodness^power; best: the wrong label "
                        "with the largest goodness"},
                       "drawn", choices) == 1;
    const double power = options.number(
        {"power", "", "how much likelier a wrong label of larger goodness is drawn; 0: all alike"}, 4.0,
        Bounds::between(0.0, 100.0));
    const bool episode =
        options.choice(
            {"rank", "", "when the network ranks the labels anew: before epochs, or before episodes"},
            "epoch", times) == 1;
    const std::int64_t every = options.integer(
        {"every_n_epochs", "epochs", "epochs from one ranking to the next, for rank = \"epoch\""}, 1,
        Bounds::between(1, 1'000'000));
    return std::make_unique<Hard>(best, power, episode, every);
}

}  // namespace snnff
