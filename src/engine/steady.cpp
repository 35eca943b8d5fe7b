#include "engine/steady.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/patches.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

/// From here on there are samples enough to cut by them alone: a task takes all units of its samples and
/// scores them while their responses are in cache. Either way gives the same numbers.
constexpr std::size_t many_samples = 512;
/// Floats of responses that such a task may hold.
constexpr std::size_t floats_per_task = 128 * 1024;
/// Inputs or weights that stay in the second-level cache beside all else.
constexpr std::size_t few_floats = 128 * 1024;
constexpr std::size_t samples_per_score = 4;

enum SteadySlot : std::size_t { chain_slot, current_slot, measured_slot, spikes_slot, gradient_slot };

bool counts_spikes(Reading reading) { return reading == Reading::rate || reading == Reading::count; }

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

}  // namespace

Steady::Steady(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
               Range samples, const ForwardRequest& request, Activity& activity)
    : population_(population),
      time_(time),
      variants_(variants),
      samples_(samples),
      n_sent_(population.n_sent()),
      n_panels_(population.below().weight.n_panels()),
      request_(request),
      activity_(activity),
      measures_(request.goodness != nullptr),
      sends_measured_(sends_what_it_measures(population, request)) {}

bool Steady::counts_apart() const noexcept { return counts_spikes_apart(population_, request_); }

void Steady::make_places() {
    if (measures_ && !sends_measured_) shape(activity_.measured, variants_.size(), samples_.count, n_sent_);
    if (counts_apart()) shape(activity_.spikes, variants_.size(), samples_.count, n_sent_);
}

Steady::Places Steady::places(std::size_t v, std::size_t first, std::size_t count) const {
    const auto part = [&](bool wanted, std::vector<Matrix>& of) {
        return wanted ? of[v].view().rows(first, count) : MatrixView{};
    };
    return places(v, first, count, part(measures_ && !sends_measured_, activity_.measured),
                  part(counts_apart(), activity_.spikes));
}

Steady::Places Steady::places(std::size_t v, std::size_t first, std::size_t count, MatrixView measured,
                              MatrixView spikes) const {
    Places to;
    const std::size_t of_batch = samples_.first + first;
    if (request_.output) to.output = activity_.output[v].view().rows(of_batch, count);
    if (measures_) to.measured = sends_measured_ ? to.output : measured;
    if (request_.signal) to.slope = activity_.signal[v].view().rows(of_batch, count).columns(0, n_sent_);
    if (!population_.neuron->spiking()) return to;
    const bool in_measured = measures_ && counts_spikes(population_.measure);
    const bool in_output = request_.output && counts_spikes(population_.output);
    const Reading reading = in_measured ? population_.measure : in_output ? population_.output : read_apart();
    to.spikes = in_measured ? to.measured : in_output ? to.output : spikes;
    if (reading == Reading::count) to.per_step = 1.0 / static_cast<double>(time_.steps);
    return to;
}

std::size_t Steady::responses(const Places& to, std::span<Response, 3> out) const {
    std::size_t n = 0;
    if (measures_) out[n++] = {population_.measure, to.measured, to.slope};
    if (request_.output && !sends_measured_)
        out[n++] = {population_.output, to.output, measures_ ? MatrixView{} : to.slope};
    if (counts_apart()) out[n++] = {read_apart(), to.spikes, {}};
    return n;
}

std::size_t Steady::responses(const Places& to, const Tile& tile, std::span<Response, 3> out) const {
    const auto part = [&](MatrixView all) {
        return all.data() == nullptr ? MatrixView{} : all.columns(tile.first_unit(), tile.n_units(n_sent_));
    };
    const std::size_t n = responses(to, out);
    for (Response& each : out.first(n)) each = {each.reading, part(each.value), part(each.slope)};
    return n;
}

void Steady::currents(const Tile& tile, std::size_t v, const float*& done, MatrixView chains,
                      MatrixView out) const {
    const Variant& variant = variants_[v];
    Tile of_batch = tile;
    of_batch.first_sample += samples_.first;
    if (variant.base.data() != done) {
        base_chains(variant.base.rows(of_batch.first_sample, tile.n_samples), population_.below().weight,
                    tile, chains, next_read(variant.base, of_batch));
        done = variant.base.data();
    }
    variant_currents(population_.below().weight, population_.bias, variant, of_batch, chains, out);
}

/// What the next tile reads first from memory that is more than a cache holds: its weights where tiles go
/// through the units, else its inputs.
std::span<const float> Steady::next_read(ConstMatrixView base, const Tile& tile) const {
    const Panels& weight = population_.below().weight;
    const std::size_t n_samples = samples_.first + samples_.count;
    if (samples_.count >= many_samples) {
        if (weight.memory().size() < few_floats) return {};
        const std::size_t end = tile.first_panel + tile.n_panels, first = end < n_panels_ ? end : 0;
        return {weight.panel(first), std::min(tile.n_panels, n_panels_ - first) * weight.panel_size()};
    }
    if (samples_.count * base.stride() < few_floats) return {};
    const std::size_t end = tile.first_sample + tile.n_samples;
    const std::size_t first = end < n_samples ? end : samples_.first;
    const ConstMatrixView next = base.rows(first, std::min(tile.n_samples, n_samples - first));
    return {next.data(), (next.rows() - 1) * next.stride() + next.cols()};
}

void Steady::by_samples_and_units() {
    make_places();
    respond({0, n_panels_});
    score();
}

void Steady::respond(Range panels) {
    const std::size_t n_samples = samples_.count, end = panels.first + panels.count;
    const std::size_t block = even_block(n_samples, samples_per_tile, rows_at_once);
    const std::size_t n_blocks = ceil_div(n_samples, block),
                      n_groups = ceil_div(panels.count, panels_per_tile);
    for_blocks(n_blocks * n_groups, 1, [&](std::size_t task, std::size_t) {
        const std::size_t first = task % n_blocks * block, count = std::min(block, n_samples - first);
        const std::size_t panel = panels.first + task / n_blocks * panels_per_tile;
        compute({first, count, panel, std::min(panels_per_tile, end - panel)},
                [&](std::size_t v) { return places(v, first, count); });
    });
}

void Steady::score() {
    if (!measures_ && !request_.output && !population_.neuron->spiking()) return;
    for_blocks(samples_.count, samples_per_score, [&](std::size_t first, std::size_t count) {
        for (std::size_t v = 0; v < variants_.size(); ++v) score(v, first, places(v, first, count));
    });
}

void Steady::by_samples() {
    const std::size_t at_most = samples_per_task(variants_.size(), n_panels_);
    for_blocks(samples_.count, even_block(samples_.count, at_most, rows_at_once),
               [&](std::size_t first, std::size_t count) {
                   const std::size_t n_rows = variants_.size() * count;
                   const MatrixView measured = scratch(measured_slot, measures_ ? n_rows : 0, n_sent_);
                   const MatrixView spikes = scratch(spikes_slot, counts_apart() ? n_rows : 0, n_sent_);
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

template <class PlacesOf>
void Steady::compute(const Tile& tile, const PlacesOf& places) const {
    const std::size_t width = tile.n_panels * Panels::width, n = tile.n_units(n_sent_);
    const MatrixView chains = scratch(chain_slot, tile.n_samples, width);
    const MatrixView current = scratch(current_slot, tile.n_samples, width);
    const float* done = nullptr;
    for (std::size_t v = 0; v < variants_.size(); ++v) {
        currents(tile, v, done, chains, current);
        std::array<Response, 3> wanted{};
        const std::size_t n_wanted = responses(places(v), tile, wanted);
        population_.neuron->respond(ConstMatrixView(current).columns(0, n), time_,
                                    std::span(wanted).first(n_wanted), tile.first_unit());
    }
}

void Steady::score(std::size_t v, std::size_t first, const Places& at) const {
    const auto& kernels = kernels::active();
    const std::size_t of_batch = samples_.first + first;
    for (std::size_t s = 0; s < at.spikes.rows(); ++s) {
        const double sum = kernels.sum(at.spikes.row(s).data(), n_sent_);
        activity_.rate[v][of_batch + s] = at.per_step * (sum / static_cast<double>(n_sent_));
    }
    for (std::size_t s = 0; s < at.output.rows() && !activity_.squares.empty(); ++s)
        activity_.squares[v][of_batch + s] = kernels.sum_squares(at.output.row(s).data(), n_sent_);
    if (!measures_) return;
    const std::size_t count = at.measured.rows();
    const MatrixView gradient = request_.signal ? scratch(gradient_slot, count, n_sent_) : MatrixView{};
    const std::size_t n_scores = population_.n_groups;
    request_.goodness->evaluate(
        at.measured, std::span(activity_.goodness[v]).subspan(of_batch * n_scores, count * n_scores),
        gradient, n_scores);
    for (std::size_t s = 0; s < gradient.rows(); ++s) {
        kernels.multiply(gradient.row(s).data(), n_sent_, at.slope.row(s).data());
    }
}

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

void shape(StepValues& values, std::size_t n_variants, Range samples, Range steps, std::size_t n_units) {
    values.samples = samples;
    values.steps = steps;
    const std::size_t n_rows = samples.count * steps.count;
    values.of_variant.resize(n_variants);
    for (Matrix& matrix : values.of_variant) {
        if (matrix.rows() < n_rows || matrix.cols() != n_units) matrix.resize(n_rows, n_units);
    }
}

void Watched::note(std::size_t variant, std::size_t sample, std::size_t step, std::size_t row,
                   const StepView& view) {
    const auto copy = [&](ConstMatrixView from, StepValues& to) {
        std::ranges::copy(from.row(row), to.row(variant, sample, step).subspan(view.first_unit).begin());
    };
    copy(view.current, current);
    copy(view.membrane, membrane);
    copy(view.emitted, emitted);
}

void make_room(const Population& population, std::size_t n_variants, std::size_t n_samples,
               const ForwardRequest& request, Activity& activity, bool squares) {
    const std::size_t n_sent = population.n_sent();
    if (request.output) shape(activity.output, n_variants, n_samples, n_sent);
    if (request.signal) shape(activity.signal, n_variants, n_samples, whole_lines(n_sent));
    if (request.goodness != nullptr) shape(activity.goodness, n_variants, n_samples * population.n_groups);
    shape(activity.rate, n_variants, n_samples);
    if (squares) shape(activity.squares, n_variants, n_samples);
}

void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      std::size_t n_samples, ForwardRequest request, Activity& activity) {
    make_room(population, variants.size(), n_samples, request, activity, request.output);
    forward_constant(population, time, variants, {0, n_samples}, request, activity);
}

void forward_constant(const Population& population, const TimeGrid& time, std::span<const Variant> variants,
                      Range samples, const ForwardRequest& request, Activity& activity) {
    if (!population.below().projection->dense()) {
        assert(samples.first == 0);
        return forward_patches(population, time, variants, samples.count, request, activity);
    }
    Steady steady(population, time, variants, samples, request, activity);
    if (samples.count < many_samples) {
        steady.by_samples_and_units();
    } else {
        steady.by_samples();
    }
}

std::size_t activity_memory(const Population& population, std::size_t n_variants, std::size_t n_samples,
                            const ForwardRequest& request) {
    const std::size_t n_units = population.n_sent();
    std::size_t floats_per_sample = 0, numbers_per_sample = 1 + population.n_groups;
    if (request.output) {
        floats_per_sample += n_units;
        ++numbers_per_sample;
    }
    if (request.signal) floats_per_sample += whole_lines(n_units);
    if (!population.below().projection->dense()) floats_per_sample += n_units;  // where currents came from
    if (n_samples < many_samples || !population.below().projection->dense()) {
        if (request.goodness != nullptr && !sends_what_it_measures(population, request))
            floats_per_sample += n_units;
        if (counts_spikes_apart(population, request)) floats_per_sample += n_units;
    }
    return n_variants * n_samples * (floats_per_sample * sizeof(float) + numbers_per_sample * sizeof(double));
}

std::size_t forward_scratch(const Population& population, std::size_t n_variants) {
    const std::size_t tile = 2 * samples_per_tile * panels_per_tile * Panels::width;
    const std::size_t n_rows =
        n_variants * samples_per_task(n_variants, population.below().weight.n_panels());
    return (2 * tile + 3 * n_rows * population.n_sent()) * sizeof(float);
}

}  // namespace snnff
