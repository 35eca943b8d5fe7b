// The kernels alone, with Google Benchmark: what one pass over a unit, a parameter or a spike costs.
#include <benchmark/benchmark.h>

#include <vector>

#include "arrays.hpp"
#include "engine/sparse_rows.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "kernels/dispatch.hpp"
#include "snnff/panels.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_rows = 128, n_units = 512;

/// All steps of LIF units under a constant current, with the slope as in training.
void lif_respond(benchmark::State& state) {
    const ModelSpec model =
        read_model_text("[population.only]\nneuron = \"lif\"\nsize = 512\nbeta = 0.9\n", "kernels", ".", {});
    const TimeGrid time{.dt_ms = 1.0, .steps = state.range(0)};
    const Matrix current = bench::random_images(n_rows, n_units);
    Matrix rate(n_rows, n_units), slope(n_rows, n_units);
    const Response response{Reading::rate, rate, slope};
    for (auto _ : state) model.network.populations.front().neuron->respond(current, time, {&response, 1});
    const auto unit_steps = static_cast<double>(current.size()) * static_cast<double>(time.steps);
    state.counters["unit-steps/s"] =
        benchmark::Counter(unit_steps, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(lif_respond)->Arg(1)->Arg(10)->Arg(100);

void adam(benchmark::State& state) {
    const auto n = static_cast<std::size_t>(state.range(0));
    std::vector<float> gradient(n, 0.1f), parameter(n), mean(n), square(n);
    kernels::AdamStep step;
    step.n = n;
    step.gradient = gradient.data();
    step.parameter = parameter.data();
    step.mean = mean.data();
    step.square = square.data();
    step.beta1 = 0.9f, step.one_minus_beta1 = 0.1f, step.beta2 = 0.999f, step.one_minus_beta2 = 0.001f;
    step.step_size = 0.001f, step.inverse_root_correction = 1.0f, step.epsilon = 1e-8f;
    for (auto _ : state) kernels::active().adam(step);
    state.counters["parameters/s"] =
        benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(adam)->Arg(1 << 14)->Arg(1 << 22);

void set_rate(benchmark::State& state) {
    state.counters["dense GFLOP/s"] =
        benchmark::Counter(2e-9 * n_rows * n_units * n_units, benchmark::Counter::kIsIterationInvariantRate);
}

void product(benchmark::State& state) {
    const Matrix a = bench::random_images(n_rows, n_units), b = bench::random_images(n_units, n_units);
    const Panels panels(b.view());
    Matrix out(n_rows, n_units);
    const kernels::Chains job{.n_rows = n_rows,
                              .depth = n_units,
                              .n_panels = panels.n_panels(),
                              .a = a.data(),
                              .row_stride = a.cols(),
                              .depth_stride = 1,
                              .panels = panels.panel(0),
                              .panel_stride = panels.panel_size(),
                              .out = out.data(),
                              .out_row_stride = out.cols(),
                              .out_panel_stride = Panels::width};
    for (auto _ : state) kernels::active().chains(job);
    set_rate(state);
}
BENCHMARK(product);

/// The same shape when so many percent of the inputs are spikes.
void sparse_product(benchmark::State& state) {
    const double density = static_cast<double>(state.range(0)) / 100.0;
    Matrix spikes(n_rows, n_units);
    for (std::size_t r = 0; r < n_rows; ++r) {
        for (std::size_t i = 0; i < n_units; ++i) {
            const float u = uniform(Seed{1}, Stream::mask, r, static_cast<std::uint32_t>(i));
            spikes(r, i) = static_cast<double>(u) < density ? 1.0f : 0.0f;
        }
    }
    constexpr std::size_t columns_per_part = 192;
    // [column x 32] for 32 units after the other, with a row for what pads short lists after each part
    const Matrix block = bench::random_images(n_units + n_units / columns_per_part + 1, group_width);
    Matrix out(n_rows, group_width);
    SparseRows rows;
    std::vector<SpikeList> parts;
    for (auto _ : state) {
        rows.begin(n_rows, n_units);
        for (std::size_t r = 0; r < n_rows; ++r) rows.put(r, spikes.row(r));
        rows.end();
        rows.list_rows(0, n_rows, columns_per_part, parts);
        for (std::size_t group = 0; group < n_groups(n_units); ++group) {
            for (const SpikeList& part : parts) {
                const std::size_t row = part.first_column + part.first_column / columns_per_part;
                part.multiply(block.row(row).data(), 2, part.first_column > 0, out.data());
            }
        }
    }
    set_rate(state);
}
BENCHMARK(sparse_product)->Arg(1)->Arg(5)->Arg(10)->Arg(20)->Arg(30)->Arg(50);

}  // namespace

int main(int argc, char** argv) {
    use_kernels_of_environment();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
