// What was sent becomes the input of a population, normalised, and slopes of the one become slopes of the
// other.
#include "core/sums.hpp"
#include "engine/activity.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t samples_per_gain = 8, gains_at_once = 512;

}  // namespace

float normalise(const Normalisation& normalisation, std::span<float> sent, std::size_t n_groups) noexcept {
    normalisation.replace(sent, n_groups);
    if (!normalisation.scales()) return 1.0f;
    return normalisation.gain(kernels::active().sum_squares(sent.data(), sent.size()), sent.size());
}

std::vector<Variant> as_input(std::span<Matrix> outputs, const Normalisation& normalisation,
                              std::size_t n_groups) {
    std::vector<Variant> variants;
    as_input(outputs, {}, normalisation, n_groups, {0, outputs.empty() ? 0 : outputs.front().rows()},
             variants);
    return variants;
}

void as_input(std::span<Matrix> outputs, std::span<const std::vector<double>> squares,
              const Normalisation& normalisation, std::size_t n_groups, Range samples,
              std::vector<Variant>& variants) {
    variants.resize(outputs.size());
    for (std::size_t v = 0; v < outputs.size(); ++v) {
        variants[v].base = outputs[v].view();
        variants[v].gain.resize(outputs[v].rows());
        std::fill_n(variants[v].gain.data() + samples.first, samples.count, 1.0f);
    }
    if (!normalisation.scales() && !normalisation.replaces()) return;
    const bool known = !squares.empty() && !normalisation.replaces();
    const std::size_t block = known ? gains_at_once : samples_per_gain;
    for_blocks(outputs.size() * samples.count, block, [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) {
            const std::size_t v = i / samples.count, s = samples.first + i % samples.count;
            const auto row = outputs[v].row(s);
            variants[v].gain[s] = known ? normalisation.gain(squares[v][s], row.size())
                                        : normalise(normalisation, row, n_groups);
        }
    });
}

void normalise_back(const Normalisation& normalisation, std::span<const float> sent,
                    std::span<float> slope) noexcept {
    if (!normalisation.scales()) return;
    const double along = sum_in_blocks(sent.size(), [&](std::size_t i) {
        return static_cast<double>(slope[i]) * static_cast<double>(sent[i]);
    });
    const double squares = kernels::active().sum_squares(sent.data(), sent.size());
    const double gain = static_cast<double>(normalisation.gain(squares, sent.size()));
    const double length = normalisation.length(squares, sent.size());
    const double factor = length > 0.0 ? gain * gain / length * along : 0.0;
    // The difference cancels where all of the slope points along x; it is rounded once.
    for (std::size_t i = 0; i < sent.size(); ++i) {
        slope[i] =
            static_cast<float>(gain * static_cast<double>(slope[i]) - factor * static_cast<double>(sent[i]));
    }
}

}  // namespace snnff
