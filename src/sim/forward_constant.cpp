#include <algorithm>
#include <numeric>

#include "sim/activity.hpp"
#include "sim/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t samples_per_task = 64;
/// Up to here products are cut by units.
constexpr std::size_t few_samples = 1024;

enum Slot : std::size_t { product_slot, current_slot, measured_slot, slope_slot, output_slot, rate_slot };

/// Sorts out which readouts a block has to compute: each once, with a slope only where it is needed.
class Wanted {
  public:
    Wanted(const Population& population, ForwardRequest request, MatrixView measured, MatrixView slope,
           MatrixView output, MatrixView rate) {
        if (request.goodness != nullptr) add({population.measure, measured, slope});
        if (request.output) output_ = add({population.output, output, {}});
        if (population.neuron->spiking()) {
            // spikes can be counted in the rate as in the count, if one of them is there already
            const std::size_t count = find(Readout::count);
            rate_ = count < n_ ? count : add({Readout::rate, rate, {}});
        }
    }
    std::span<const Response> responses() const { return {responses_, n_}; }
    ConstMatrixView output() const { return responses_[output_].value; }
    const Response& spikes() const { return responses_[rate_]; }

  private:
    std::size_t find(Readout readout) const {
        std::size_t i = 0;
        while (i < n_ && responses_[i].readout != readout) ++i;
        return i;
    }
    std::size_t add(const Response& response) {
        const std::size_t i = find(response.readout);
        if (i == n_) responses_[n_++] = response;
        return i;
    }
    Response responses_[3];
    std::size_t n_ = 0, output_ = 0, rate_ = 0;
};

double mean(std::span<const float> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

void shape(std::vector<Matrix>& matrices, std::size_t n_variants, std::size_t rows, std::size_t cols) {
    matrices.resize(n_variants);
    for (Matrix& matrix : matrices) {
        if (matrix.rows() != rows || matrix.cols() != cols) matrix.resize(rows, cols);
    }
}

void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      std::size_t n_samples, ForwardRequest request, Activity& activity) {
    const std::size_t n_variants = variants.size(), n_units = population.n_units();
    if (request.output) shape(activity.output, n_variants, n_samples, n_units);
    if (request.signal) shape(activity.signal, n_variants, n_samples, n_units);
    activity.goodness.assign(n_variants, std::vector<double>(n_samples));
    activity.rate.assign(n_variants, std::vector<double>(n_samples));
    Currents currents(population, variants);
    if (n_samples <= few_samples) currents.multiply(n_samples, activity.products);

    for_blocks(n_samples, even_block(n_samples, samples_per_task), [&](std::size_t first, std::size_t count) {
        const MatrixView product = scratch(product_slot, count, n_units);
        const MatrixView current = scratch(current_slot, count, n_units);
        const MatrixView measured = scratch(measured_slot, count, n_units);
        const MatrixView rate = scratch(rate_slot, count, n_units);
        Currents::Block block(currents, first, count, product);
        for (std::size_t v = 0; v < n_variants; ++v) {
            block.compute(v, current);
            const MatrixView slope =
                request.signal ? activity.signal[v].view().rows(first, count) : MatrixView{};
            const MatrixView output =
                request.output ? activity.output[v].view().rows(first, count) : MatrixView{};
            const Wanted wanted(population, request, measured, slope, output, rate);
            population.neuron->respond(current, time, wanted.responses());
            if (request.output && wanted.output().data() != output.data()) {
                for (std::size_t s = 0; s < count; ++s) {
                    std::ranges::copy(wanted.output().row(s), output.row(s).begin());
                }
            }
            if (population.neuron->spiking()) {
                const Response& spikes = wanted.spikes();
                const double per_step =
                    spikes.readout == Readout::count ? 1.0 / static_cast<double>(time.steps) : 1.0;
                for (std::size_t s = 0; s < count; ++s) {
                    activity.rate[v][first + s] = per_step * mean(spikes.value.row(s));
                }
            }
            if (request.goodness == nullptr) continue;
            // the response has been copied out by now: its memory may take dG/d response
            request.goodness->evaluate(measured, std::span(activity.goodness[v]).subspan(first, count),
                                       request.signal ? measured : MatrixView{});
            if (!request.signal) continue;
            for (std::size_t s = 0; s < count; ++s) {
                const auto gradient = measured.row(s);
                const auto signal = slope.row(s);
                for (std::size_t u = 0; u < n_units; ++u) signal[u] *= gradient[u];
            }
        }
    });
}

std::vector<Variant> as_input(std::span<Matrix> outputs, Normalisation normalisation) {
    std::vector<Variant> variants(outputs.size());
    for (std::size_t v = 0; v < outputs.size(); ++v) {
        Matrix& output = outputs[v];
        variants[v].base = output.view();
        variants[v].gain.assign(output.rows(), 1.0f);
        if (normalisation == Normalisation::none) continue;
        for_blocks(output.rows(), 256, [&](std::size_t first, std::size_t count) {
            for (std::size_t s = first; s < first + count; ++s) {
                double sum = 0.0;
                for (const float x : output.row(s)) sum += static_cast<double>(x) * static_cast<double>(x);
                const float gain = normalising_gain(normalisation, sum, output.cols());
                for (float& x : output.row(s)) x *= gain;
            }
        });
    }
    return variants;
}

}  // namespace snnff
