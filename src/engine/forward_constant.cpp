#include <algorithm>
#include <array>

#include "engine/activity.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// Tiles of up to 36 samples and 64 units keep their currents in the first-level cache; products take 6 rows
/// at a time.
constexpr std::size_t panels_per_tile = 4, samples_per_tile = 36, rows_at_once = 6;
/// From here on there are samples enough to cut by them alone: a task takes all units of its samples and
/// scores them while their responses are in cache. Either way gives the same numbers.
constexpr std::size_t many_samples = 512;
/// Floats of responses that such a task may hold.
constexpr std::size_t floats_per_task = 128 * 1024;
/// Inputs or weights that stay in the second-level cache beside all else.
constexpr std::size_t few_floats = 128 * 1024;
constexpr std::size_t samples_per_score = 4, samples_per_gain = 8, gains_at_once = 512;

enum Slot : std::size_t { chain_slot, current_slot, measured_slot, spikes_slot, gradient_slot };

bool counts_spikes(Readout readout) { return readout == Readout::rate || readout == Readout::count; }

bool sends_what_it_measures(const Population& population, const ForwardRequest& request) {
    return request.goodness != nullptr && request.output && population.measure == population.output;
}

/// Whether spikes are counted for the rate alone: neither what is measured nor what is sent tells them.
bool counts_spikes_apart(const Population& population, const ForwardRequest& request) {
    return population.neuron->spiking() &&
           !(request.goodness != nullptr && counts_spikes(population.measure)) &&
           !(request.output && counts_spikes(population.output));
}

/// Samples that by_samples() takes at a time.
std::size_t samples_per_task(std::size_t n_variants, std::size_t n_panels) {
    const std::size_t fit = floats_per_task / (n_variants * n_panels * Panels::width);
    return std::clamp(fit / rows_at_once * rows_at_once, rows_at_once, samples_per_tile);
}

class Forward {
  public:
    Forward(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
            std::size_t n_samples, const ForwardRequest& request, Activity& activity)
        : population_(population),
          time_(time),
          variants_(variants),
          n_samples_(n_samples),
          n_units_(population.n_units()),
          n_panels_(population.weight.n_panels()),
          request_(request),
          activity_(activity),
          measures_(request.goodness != nullptr),
          sends_measured_(sends_what_it_measures(population, request)) {}

    void by_samples_and_units() {
        if (measures_ && !sends_measured_) shape(activity_.measured, variants_.size(), n_samples_, n_units_);
        if (counts_apart()) shape(activity_.spikes, variants_.size(), n_samples_, n_units_);
        const auto places = [&](std::size_t v, std::size_t first, std::size_t count) {
            const auto part = [&](bool wanted, std::vector<Matrix>& of) {
                return wanted ? of[v].view().rows(first, count) : MatrixView{};
            };
            return this->places(v, first, count, part(measures_ && !sends_measured_, activity_.measured),
                                part(counts_apart(), activity_.spikes));
        };
        const std::size_t block = even_block(n_samples_, samples_per_tile, rows_at_once);
        const std::size_t n_blocks = (n_samples_ + block - 1) / block;
        const std::size_t n_groups = (n_panels_ + panels_per_tile - 1) / panels_per_tile;
        for_blocks(n_blocks * n_groups, 1, [&](std::size_t task, std::size_t) {
            const std::size_t first = task % n_blocks * block, count = std::min(block, n_samples_ - first);
            const std::size_t panel = task / n_blocks * panels_per_tile;
            compute({first, count, panel, std::min(panels_per_tile, n_panels_ - panel)},
                    [&](std::size_t v) { return places(v, first, count); });
        });
        if (!measures_ && !request_.output && !population_.neuron->spiking()) return;
        for_blocks(n_samples_, samples_per_score, [&](std::size_t first, std::size_t count) {
            for (std::size_t v = 0; v < variants_.size(); ++v) score(v, first, places(v, first, count));
        });
    }

    void by_samples() {
        const std::size_t at_most = samples_per_task(variants_.size(), n_panels_);
        for_blocks(
            n_samples_, even_block(n_samples_, at_most, rows_at_once),
            [&](std::size_t first, std::size_t count) {
                const std::size_t n_rows = variants_.size() * count;
                const MatrixView measured = scratch(measured_slot, measures_ ? n_rows : 0, n_units_);
                const MatrixView spikes = scratch(spikes_slot, counts_apart() ? n_rows : 0, n_units_);
                const auto places = [&](std::size_t v) {
                    const auto part = [&](MatrixView of) {
                        return of.rows() > 0 ? of.rows(v * count, count) : MatrixView{};
                    };
                    return this->places(v, first, count, part(measured), part(spikes));
                };
                for (std::size_t panel = 0; panel < n_panels_; panel += panels_per_tile) {
                    compute({first, count, panel, std::min(panels_per_tile, n_panels_ - panel)}, places);
                }
                for (std::size_t v = 0; v < variants_.size(); ++v) score(v, first, places(v));
            });
    }

  private:
    /// Where a variant's readouts go, [sample x unit]; empty where they are not wanted. Two that are the same
    /// share their place.
    struct Places {
        MatrixView measured, slope, output, spikes;
        double per_step = 1.0;  ///< what makes spikes per step of what is in `spikes`
    };
    Places places(std::size_t v, std::size_t first, std::size_t count, MatrixView measured,
                  MatrixView spikes) const {
        Places to;
        if (request_.output) to.output = activity_.output[v].view().rows(first, count);
        if (measures_) to.measured = sends_measured_ ? to.output : measured;
        if (request_.signal) to.slope = activity_.signal[v].view().rows(first, count).columns(0, n_units_);
        if (!population_.neuron->spiking()) return to;
        const bool in_measured = measures_ && counts_spikes(population_.measure);
        const bool in_output = request_.output && counts_spikes(population_.output);
        const Readout readout = in_measured ? population_.measure
                                : in_output ? population_.output
                                            : Readout::rate;
        to.spikes = in_measured ? to.measured : in_output ? to.output : spikes;
        if (readout == Readout::count) to.per_step = 1.0 / static_cast<double>(time_.steps);
        return to;
    }
    bool counts_apart() const { return counts_spikes_apart(population_, request_); }

    /// Responses of a tile's units, all variants; `places(v)` are of the tile's samples.
    template <class PlacesOf>
    void compute(const Tile& tile, const PlacesOf& places) const {
        const std::size_t width = tile.n_panels * Panels::width, n = tile.n_units(n_units_);
        const MatrixView chains = scratch(chain_slot, tile.n_samples, width);
        const MatrixView currents = scratch(current_slot, tile.n_samples, width);
        const auto part = [&](MatrixView all) {
            return all.data() == nullptr ? MatrixView{} : all.columns(tile.first_unit(), n);
        };
        const float* done = nullptr;
        for (std::size_t v = 0; v < variants_.size(); ++v) {
            const Variant& variant = variants_[v];
            if (variant.base.data() != done) {
                base_chains(variant.base.rows(tile.first_sample, tile.n_samples), population_.weight, tile,
                            chains, next_read(variant.base, tile));
                done = variant.base.data();
            }
            variant_currents(population_, variant, tile, chains, currents);
            const Places to = places(v);
            std::array<Response, 3> responses{};
            std::size_t n_responses = 0;
            if (measures_)
                responses[n_responses++] = {population_.measure, part(to.measured), part(to.slope)};
            if (request_.output && !sends_measured_)
                responses[n_responses++] = {population_.output, part(to.output), {}};
            if (counts_apart()) responses[n_responses++] = {Readout::rate, part(to.spikes), {}};
            population_.neuron->respond(ConstMatrixView(currents).columns(0, n), time_,
                                        std::span(responses).first(n_responses), tile.first_unit());
        }
    }

    /// What the next tile reads first from memory that is more than a cache holds: its weights where tiles
    /// go through the units, else its inputs.
    std::span<const float> next_read(ConstMatrixView base, const Tile& tile) const {
        const Panels& weight = population_.weight;
        if (n_samples_ >= many_samples) {
            if (weight.memory().size() < few_floats) return {};
            const std::size_t end = tile.first_panel + tile.n_panels, first = end < n_panels_ ? end : 0;
            return {weight.panel(first), std::min(tile.n_panels, n_panels_ - first) * weight.panel_size()};
        }
        if (n_samples_ * base.stride() < few_floats) return {};
        const std::size_t end = tile.first_sample + tile.n_samples, first = end < n_samples_ ? end : 0;
        const ConstMatrixView next = base.rows(first, std::min(tile.n_samples, n_samples_ - first));
        return {next.data(), (next.rows() - 1) * next.stride() + next.cols()};
    }

    /// Goodness and rates of samples from `first` on, whose responses are all there; slopes become signals.
    void score(std::size_t v, std::size_t first, const Places& at) const {
        const auto& kernels = kernels::active();
        for (std::size_t s = 0; s < at.spikes.rows(); ++s) {
            const double sum = kernels.sum(at.spikes.row(s).data(), n_units_);
            activity_.rate[v][first + s] = at.per_step * (sum / static_cast<double>(n_units_));
        }
        for (std::size_t s = 0; s < at.output.rows(); ++s)
            activity_.squares[v][first + s] = kernels.sum_squares(at.output.row(s).data(), n_units_);
        if (!measures_) return;
        const std::size_t count = at.measured.rows();
        const MatrixView gradient = request_.signal ? scratch(gradient_slot, count, n_units_) : MatrixView{};
        const std::size_t n_scores = population_.n_groups;
        request_.goodness->evaluate(
            at.measured, std::span(activity_.goodness[v]).subspan(first * n_scores, count * n_scores),
            gradient, n_scores);
        for (std::size_t s = 0; s < gradient.rows(); ++s) {
            kernels.multiply(gradient.row(s).data(), n_units_, at.slope.row(s).data());
        }
    }

    const Population& population_;
    const TimeGrid& time_;
    std::span<const Variant> variants_;
    std::size_t n_samples_, n_units_, n_panels_;
    const ForwardRequest& request_;
    Activity& activity_;
    bool measures_, sends_measured_;
};

}  // namespace

void shape(std::vector<Matrix>& matrices, std::size_t n_variants, std::size_t rows, std::size_t cols) {
    matrices.resize(n_variants);
    for (Matrix& matrix : matrices) {
        if (matrix.rows() != rows || matrix.cols() != cols) matrix.resize(rows, cols);
    }
}

void shape(std::vector<std::vector<double>>& numbers, std::size_t n_variants, std::size_t n_samples) {
    numbers.resize(n_variants);
    for (std::vector<double>& of_variant : numbers) of_variant.assign(n_samples, 0.0);
}

void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      std::size_t n_samples, ForwardRequest request, Activity& activity) {
    const std::size_t n_variants = variants.size(), n_units = population.n_units();
    if (request.output) {
        shape(activity.output, n_variants, n_samples, n_units);
        shape(activity.squares, n_variants, n_samples);
    }
    if (request.signal) shape(activity.signal, n_variants, n_samples, whole_lines(n_units));
    if (request.goodness != nullptr) shape(activity.goodness, n_variants, n_samples * population.n_groups);
    shape(activity.rate, n_variants, n_samples);
    Forward forward(population, time, variants, n_samples, request, activity);
    if (n_samples < many_samples) {
        forward.by_samples_and_units();
    } else {
        forward.by_samples();
    }
}

std::size_t activity_memory(const Population& population, std::size_t n_variants, std::size_t n_samples,
                            const ForwardRequest& request) {
    const std::size_t n_units = population.n_units();
    std::size_t floats_per_sample = 0, numbers_per_sample = 1 + population.n_groups;
    if (request.output) {
        floats_per_sample += n_units;
        ++numbers_per_sample;
    }
    if (request.signal) floats_per_sample += whole_lines(n_units);
    if (n_samples < many_samples) {
        if (request.goodness != nullptr && !sends_what_it_measures(population, request))
            floats_per_sample += n_units;
        if (counts_spikes_apart(population, request)) floats_per_sample += n_units;
    }
    return n_variants * n_samples * (floats_per_sample * sizeof(float) + numbers_per_sample * sizeof(double));
}

std::size_t forward_scratch(const Population& population, std::size_t n_variants) {
    const std::size_t tile = 2 * samples_per_tile * panels_per_tile * Panels::width;
    const std::size_t n_rows = n_variants * samples_per_task(n_variants, population.weight.n_panels());
    return (2 * tile + 3 * n_rows * population.n_units()) * sizeof(float);
}

std::vector<Variant> as_input(std::span<Matrix> outputs, const Normalisation& normalisation,
                              std::size_t n_groups) {
    std::vector<Variant> variants;
    as_input(outputs, {}, normalisation, n_groups, variants);
    return variants;
}

void as_input(std::span<Matrix> outputs, std::span<const std::vector<double>> squares,
              const Normalisation& normalisation, std::size_t n_groups, std::vector<Variant>& variants) {
    variants.resize(outputs.size());
    for (std::size_t v = 0; v < outputs.size(); ++v) {
        variants[v].base = outputs[v].view();
        variants[v].gain.assign(outputs[v].rows(), 1.0f);
    }
    if (!normalisation.scales() && !normalisation.replaces()) return;
    const std::size_t n_samples = outputs.empty() ? 0 : outputs.front().rows();
    const bool known = !squares.empty() && !normalisation.replaces();
    const std::size_t block = known ? gains_at_once : samples_per_gain;
    for_blocks(outputs.size() * n_samples, block, [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) {
            const std::size_t v = i / n_samples, s = i % n_samples;
            const auto row = outputs[v].row(s);
            normalisation.replace(row, n_groups);
            if (!normalisation.scales()) continue;
            const double sum = known ? squares[v][s] : kernels::active().sum_squares(row.data(), row.size());
            variants[v].gain[s] = normalisation.gain(sum, row.size());
        }
    });
}

}  // namespace snnff
