#include "engine/steady_steps.hpp"

#include <algorithm>
#include <array>

#include "engine/steps.hpp"
#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"

namespace snnff {
namespace {

enum SteadyStepsSlot : std::size_t { of_steps_slot };

constexpr std::size_t samples_per_room = 16;  ///< of a tile, whose states and sums stay in cache

}  // namespace

SteadySteps::SteadySteps(const Population& population, const TimeGrid& time,
                         std::span<const Variant> variants, Range samples, const ForwardRequest& request,
                         Activity& activity, Memory& memory)
    : population_(population),
      time_(time),
      variants_(variants),
      samples_(samples),
      request_(request),
      activity_(activity),
      memory_(memory),
      steady_(population, time, variants, samples, request, activity),
      adds_up_(population.neuron->n_state() > 0 && (population.neuron->exact_by_step() || !request.signal)) {
    steady_.make_places();
    const std::size_t n_variants = variants.size(),
                      width = population.below().weight.n_panels() * Panels::width;
    const std::size_t n_tiles = ceil_div(samples.count, samples_per_room) *
                                ceil_div(population.below().weight.n_panels(), panels_per_tile);
    memory.responses.resize(std::max(memory.responses.size(), n_tiles * n_variants));
    if (memory.current.size() != n_variants || memory.current[0].rows() < samples.count)
        shape(memory.current, n_variants, samples.count, width);
    const std::size_t n_rows = samples.count * static_cast<std::size_t>(time.steps);
    if (request.slopes_of_sent() && (memory.psi.size() != n_variants || memory.psi[0].rows() < n_rows)) {
        const bool fixed = !population.neuron->fixed_carry().empty();
        shape(memory.psi, n_variants, n_rows, width);
        for (std::vector<Matrix>* slopes : {&memory.carry, &memory.charge})
            shape(*slopes, n_variants, fixed ? 0 : n_rows, width);
    }
    for_tiles([&](const Tile& tile, std::size_t number) {
        const float* done = nullptr;
        const MatrixView chains = scratch(of_steps_slot, tile.n_samples, tile.n_panels * Panels::width);
        for (std::size_t v = 0; v < n_variants; ++v) {
            const MatrixView to = memory.current[v]
                                      .view()
                                      .rows(tile.first_sample, tile.n_samples)
                                      .columns(tile.first_unit(), chains.cols());
            steady_.currents(tile, v, done, chains, to);
            memory.responses[number * n_variants + v].begin(
                *population.neuron, tile.n_samples, tile.n_units(population.n_units()),
                request.goodness != nullptr && request.signal && adds_up_);
        }
    });
}

std::size_t SteadySteps::memory(const Population& population, const TimeGrid& time, std::size_t n_variants,
                                std::size_t n_samples, const ForwardRequest& request) noexcept {
    const std::size_t line = population.below().weight.n_panels() * Panels::width;
    const bool adds_slopes = request.signal && !request.slopes_of_sent();
    const std::size_t of_unit = 4 + population.neuron->n_state() + (adds_slopes ? 6 : 0);  // SteppedResponse
    const std::size_t n_slopes = population.neuron->fixed_carry().empty() ? 3 : 1;
    const std::size_t steps =
        request.slopes_of_sent() ? n_slopes * static_cast<std::size_t>(time.steps) * line : 0;
    return n_variants * n_samples * (line + of_unit * population.n_units() + steps) * sizeof(float);
}

/// Where a step of a tile leaves its slopes.
SteppedResponse::Kept SteadySteps::kept(const Tile& tile, std::size_t v, std::size_t step) const {
    const auto n_steps = static_cast<std::size_t>(time_.steps);
    const auto view = [&](std::vector<Matrix>& of) {
        if (of[v].empty()) return MatrixView{};
        return MatrixView(of[v].row(tile.first_sample * n_steps + step).data() + tile.first_unit(),
                          tile.n_samples, tile.n_units(population_.n_units()), n_steps * of[v].cols());
    };
    return {view(memory_.psi), view(memory_.carry), view(memory_.charge)};
}

void SteadySteps::backward(std::span<const ConstMatrixView> by_sent) {
    const auto n_steps = static_cast<std::size_t>(time_.steps);
    const auto fixed = population_.neuron->fixed_carry();
    for_tiles([&](const Tile& tile, std::size_t) {
        for (std::size_t v = 0; v < variants_.size(); ++v) {
            const SteppedResponse::Kept slopes = kept(tile, v, 0);
            const auto steps = [&](const MatrixView& of) {
                return kernels::ConstSteps{of.data(), of.stride(), of.stride() / n_steps};
            };
            const std::size_t unit = tile.first_unit(), stride = by_sent[v].stride();
            Matrix& signal = activity_.signal[v];
            kernels::WalkBack job = way_back(Reading::spikes, n_steps);
            job.n_samples = tile.n_samples;
            job.n = tile.n_units(population_.n_units());
            job.arriving = {by_sent[v].row(tile.first_sample * n_steps).data() + unit, n_steps * stride,
                            stride};
            job.psi = steps(slopes.psi);
            job.carry = fixed.empty() ? steps(slopes.carry) : kernels::ConstSteps{fixed.data() + unit, 0, 0};
            if (fixed.empty()) job.charge = steps(slopes.charge);
            job.summed = true;
            job.signal = {signal.row(samples_.first + tile.first_sample).data() + unit, signal.cols(), 0};
            kernels::active().walk_back(job);
        }
    });
}

template <class Body>
void SteadySteps::for_tiles(const Body& body) const {
    const std::size_t n_panels = population_.below().weight.n_panels();
    const std::size_t n_blocks = ceil_div(samples_.count, samples_per_room);
    for_blocks(n_blocks * ceil_div(n_panels, panels_per_tile), 1, [&](std::size_t number, std::size_t) {
        const std::size_t first = number % n_blocks * samples_per_room;
        const std::size_t panel = number / n_blocks * panels_per_tile;
        body(Tile{first, std::min(samples_per_room, samples_.count - first), panel,
                  std::min(panels_per_tile, n_panels - panel)},
             number);
    });
}

void SteadySteps::advance(Range steps) {
    const std::size_t n_variants = variants_.size();
    for_tiles([&](const Tile& tile, std::size_t number) {
        const std::size_t n = tile.n_units(population_.n_units());
        for (std::size_t v = 0; v < n_variants; ++v) {
            const ConstMatrixView current = ConstMatrixView(memory_.current[v])
                                                .rows(tile.first_sample, tile.n_samples)
                                                .columns(tile.first_unit(), n);
            SteppedResponse& response = memory_.responses[number * n_variants + v];
            for (std::size_t t = steps.first; t < steps.first + steps.count; ++t) {
                const StepView& view =
                    request_.slopes_of_sent()
                        ? response.step(*population_.neuron, current, tile.first_unit(), kept(tile, v, t))
                        : response.step(*population_.neuron, current, tile.first_unit());
                for (std::size_t s = 0; s < tile.n_samples; ++s) {
                    const std::size_t sample = samples_.first + tile.first_sample + s;
                    if (request_.sent_steps) {
                        std::ranges::copy(
                            view.emitted.row(s),
                            activity_.sent_steps.row(v, sample, t).subspan(tile.first_unit()).begin());
                    }
                    if (request_.watch != nullptr) activity_.watched.note(v, sample, t, s, view);
                }
            }
        }
    });
}

void SteadySteps::end() {
    for_tiles([&](const Tile& tile, std::size_t number) {
        const std::size_t n = tile.n_units(population_.n_units());
        for (std::size_t v = 0; v < variants_.size(); ++v) {
            std::array<Response, 3> wanted{};
            const Steady::Places to = steady_.places(v, tile.first_sample, tile.n_samples);
            const auto responses = std::span(wanted).first(steady_.responses(to, tile, wanted));
            if (adds_up_) {
                memory_.responses[number * variants_.size() + v].write(responses);
                continue;
            }
            population_.neuron->respond(ConstMatrixView(memory_.current[v])
                                            .rows(tile.first_sample, tile.n_samples)
                                            .columns(tile.first_unit(), n),
                                        time_, responses, tile.first_unit());
        }
    });
    steady_.score();
}

}  // namespace snnff
