#include "engine/patches.hpp"

#include <algorithm>
#include <array>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// One sample's inputs under a variant, and what is seen of them.
class Seen {
  public:
    explicit Seen(const Population& population)
        : projection_(*population.below().projection),
          shape_(projection_.shape(population.below().n_received)) {}

    std::size_t n_places() const noexcept { return shape_.n_places; }
    std::size_t n_weights() const noexcept { return shape_.n_weights; }
    /// To `seen` [place x weight].
    void look(const Variant& variant, std::size_t sample, MatrixView seen) {
        const auto base = variant.base.row(sample);
        input_.assign(base.begin(), base.end());
        for (std::size_t c = sample * variant.n_changes; c < (sample + 1) * variant.n_changes; ++c)
            input_[variant.index[c]] = variant.value[c];
        projection_.look(input_, seen);
    }

  private:
    const Projection& projection_;
    Projection::Shape shape_;
    std::vector<float> input_;
};

/// Currents [place x 16·panels] of one sample.
void currents(const Population& population, ConstMatrixView seen, float gain, MatrixView out) {
    const Panels& weight = population.below().weight;
    base_chains(seen, weight, {0, seen.rows(), 0, weight.n_panels()}, out);
    const std::vector<float> gains(seen.rows(), gain);
    std::vector<float> bias(out.cols());  // zeros past the last unit
    std::ranges::copy(population.bias, bias.begin());
    kernels::active().end_currents({.n_rows = seen.rows(),
                                    .n_panels = weight.n_panels(),
                                    .chain = {out.data(), out.stride()},
                                    .panels = weight.panel(0),
                                    .panel_stride = weight.panel_size(),
                                    .n_changes = 0,
                                    .gain = gains.data(),
                                    .bias = bias.data(),
                                    .current = {out.data(), out.stride()}});
}

/// [position x unit] as it is sent, [unit·positions + position].
void send(ConstMatrixView response, std::span<float> to) {
    for (std::size_t p = 0; p < response.rows(); ++p) {
        for (std::size_t u = 0; u < response.cols(); ++u) to[u * response.rows() + p] = response(p, u);
    }
}

}  // namespace

void forward_patches(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                     std::size_t n_samples, const ForwardRequest& request, Activity& activity) {
    Steady steady(population, time, variants, {0, n_samples}, request, activity);
    steady.make_places();
    const std::size_t n_units = population.n_units(), n_positions = population.below().n_positions;
    activity.pooled_from.resize(variants.size());
    for (auto& of_variant : activity.pooled_from) of_variant.resize(n_samples * n_positions * n_units);
    for_blocks(n_samples, 1, [&](std::size_t s, std::size_t) {
        thread_local Matrix patches, current, pooled, value, slope;
        Seen seen(population);
        patches.resize(seen.n_places(), seen.n_weights());
        current.resize(seen.n_places(), population.below().weight.n_panels() * Panels::width);
        for (Matrix* of_positions : {&pooled, &value, &slope}) of_positions->resize(n_positions, n_units);
        for (std::size_t v = 0; v < variants.size(); ++v) {
            seen.look(variants[v], s, patches);
            currents(population, patches, variants[v].gain[s], current);
            population.below().projection->pool(
                current.view().columns(0, n_units), pooled,
                std::span(activity.pooled_from[v]).subspan(s * n_positions * n_units, n_positions * n_units));
            std::array<Response, 3> wanted{};
            const std::size_t n_wanted = steady.responses(steady.places(v, s, 1), wanted);
            for (const Response& each : std::span(wanted).first(n_wanted)) {
                const Response here{each.reading, value, each.slope.empty() ? MatrixView{} : slope.view()};
                population.neuron->respond(pooled, time, {&here, 1});
                send(value, each.value.row(0));
                if (!each.slope.empty()) send(slope, each.slope.row(0));
            }
        }
    });
    steady.score();
}

namespace {

constexpr std::size_t floats_at_once = std::size_t{4} << 20;

/// Samples whose patches are held at a time.
std::size_t samples_at_once(const Projection::Shape& shape, std::size_t n_samples) {
    return std::clamp<std::size_t>(floats_at_once / (shape.n_places * shape.n_weights), 1, n_samples);
}

}  // namespace

std::size_t PatchGradient::memory(const Population& population, std::size_t n_variants,
                                  std::size_t n_samples) {
    const Projection::Shape shape = population.below().projection->shape(population.below().n_received);
    const std::size_t n_rows = samples_at_once(shape, n_samples) * shape.n_places;
    return n_rows * (shape.n_weights + whole_lines(population.n_units()) + 1) * sizeof(float) +
           GradientSum::memory(population.n_units(), shape.n_weights, n_variants * n_samples * shape.n_places,
                               n_rows);
}

PatchGradient::PatchGradient(const Population& population, std::span<const Variant> variants,
                             const Activity& activity, std::span<const std::vector<double>> slope,
                             GradientSum& sum)
    : sum_(sum) {
    const Projection::Shape shape = population.below().projection->shape(population.below().n_received);
    const std::size_t n_places = shape.n_places, n_weights = shape.n_weights;
    const std::size_t n_units = population.n_units(), n_positions = population.below().n_positions;
    const std::size_t n_samples = variants.front().base.rows(), n_groups = population.n_groups;
    const std::size_t at_once = samples_at_once(shape, n_samples);
    sum.begin(n_units, n_weights);
    Matrix patches, q;
    std::vector<float> gain;
    for (std::size_t v = 0; v < variants.size(); ++v) {
        for (std::size_t first = 0; first < n_samples; first += at_once) {
            const std::size_t count = std::min(at_once, n_samples - first);
            patches.resize(count * n_places, n_weights);
            q.resize(count * n_places, whole_lines(n_units));
            q.fill(0.0f);
            gain.resize(count * n_places);
            for_blocks(count, 1, [&](std::size_t i, std::size_t) {
                const std::size_t s = first + i;
                Seen seen(population);
                seen.look(variants[v], s, patches.view().rows(i * n_places, n_places));
                std::fill_n(gain.begin() + static_cast<std::ptrdiff_t>(i * n_places), n_places,
                            variants[v].gain[s]);
                const auto signal = activity.signal[v].row(s);
                for (std::size_t u = 0; u < n_units; ++u) {
                    for (std::size_t p = 0; p < n_positions; ++p) {
                        const std::size_t column = u * n_positions + p;
                        const std::size_t group = group_of(column, n_groups, n_units * n_positions);
                        const std::size_t place =
                            activity.pooled_from[v][(s * n_positions + p) * n_units + u];
                        q(i * n_places + place, u) +=
                            static_cast<float>(slope[v][s * n_groups + group]) * signal[column];
                    }
                }
            });
            sum.add({.x = patches, .signal = q, .gain = gain});
        }
    }
}

}  // namespace snnff
