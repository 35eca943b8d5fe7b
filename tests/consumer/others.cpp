// Small kinds of further families, each the twin of one that the program has: a surrogate, a loss, an
// encoding and a reader.
#include <cmath>
#include <memory>
#include <snnff/functions.hpp>
#include <snnff/learning.hpp>
#include <snnff/options.hpp>
#include <snnff/stimulus.hpp>
#include <snnff/surrogate.hpp>

using namespace snnff;

namespace {

/// fast_sigmoid.
struct Quick final : Surrogate {
    explicit Quick(double k) : k(static_cast<float>(k)) {}
    std::string_view kind() const noexcept override { return "quick"; }
    void slopes(std::span<const float> z, std::span<float> slope) const noexcept override {
        for (std::size_t i = 0; i < z.size(); ++i) {
            const float q = 1.0f + k * std::abs(z[i]);
            slope[i] = 1.0f / (q * q);
        }
    }
    float k;
};

/// softplus.
struct Telling final : Loss {
    explicit Telling(double theta) : theta(theta) {}
    Takes takes() const noexcept override { return Takes::pairs; }
    double evaluate(const LayerShape&, const Scores& scores, std::size_t n_positive,
                    std::span<const std::int32_t>, const ScoreSlopes& slope) const noexcept override {
        const double n = static_cast<double>(scores.n_variants() * scores.n_samples());
        double sum = 0.0;
        for (std::size_t v = 0; v < scores.n_variants(); ++v) {
            const double sign = v < n_positive ? -1.0 : 1.0;
            for (std::size_t i = 0; i < scores.n_samples(); ++i) {
                const double excess = sign * (scores.of_variant[v][i] - theta);
                sum += functions::softplus(excess);
                slope.of_variant[v][i] = sign * functions::logistic(excess) / n;
            }
        }
        return sum / n;
    }
    bool should_be_high(bool positive_variant, std::size_t, std::int32_t) const noexcept override {
        return positive_variant;
    }
    void add_evidence(const Scores& scores, std::span<double> by_label) const noexcept override {
        for (std::size_t v = 0; v < scores.n_variants(); ++v) {
            for (std::size_t s = 0; s < scores.n_samples(); ++s)
                by_label[s * scores.n_variants() + v] += scores.of_variant[v][s];
        }
    }
    double threshold(const LayerShape&) const noexcept override { return theta; }
    double theta;
};

/// One spike in the step that a value names, none for values below 0: latency's spikes, given by hand.
struct SpikeAt final : Encoding {
    bool passes_labels() const noexcept override { return true; }
    void check(std::string_view, bool, float, float) const override {}
    float at(float value, float, Seed, const TimeGrid&, std::int64_t step,
             std::uint32_t) const noexcept override {
        return value >= 0.0f && static_cast<std::int64_t>(value) == step ? 1.0f : 0.0f;
    }
    double square(float value, float, const TimeGrid& time) const noexcept override {
        const bool fires = value >= 0.0f && static_cast<std::int64_t>(value) < time.steps;
        return fires ? 1.0 / static_cast<double>(time.steps) : 0.0;
    }
};

/// Points of a grid, labelled by their column.
struct Grid final : DatasetReader {
    explicit Grid(std::size_t side) : side(side) {}
    Dataset read(Split, std::size_t limit) const override {
        const std::size_t n = limit == 0 ? side * side : std::min(limit, side * side);
        Dataset data;
        data.x.resize(n, 2);
        for (std::size_t i = 0; i < n; ++i) {
            data.x(i, 0) = static_cast<float>(i % side) / static_cast<float>(side);
            data.x(i, 1) = static_cast<float>(i / side) / static_cast<float>(side);
            data.label.push_back(static_cast<std::int32_t>(3 * (i % side) / side));
        }
        return data;
    }
    bool has(Split) const override { return true; }
    std::size_t side;
};

}  // namespace

std::unique_ptr<Surrogate> make_quick(Options& options, const Context&) {
    return std::make_unique<Quick>(options.number({"k", "", "sharpness"}, 25.0, Bounds::positive()));
}
std::unique_ptr<Loss> make_telling(Options& options, const Context&) {
    return std::make_unique<Telling>(options.number({"theta", "", "where good and bad part"}, 2.0));
}
std::unique_ptr<Encoding> make_spike_at(Options&, const Context&) { return std::make_unique<SpikeAt>(); }
std::unique_ptr<DatasetReader> make_grid(Options& options, const Context&) {
    const std::int64_t side = options.integer({"side", "", "points of a row"}, 9, Bounds::between(3, 1000));
    return std::make_unique<Grid>(static_cast<std::size_t>(side));
}
