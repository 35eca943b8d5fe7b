#include "machine.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "kernels/dispatch.hpp"
#include "parallel/parallel.hpp"
#include "rates.hpp"
#include "snnff/matrix.hpp"

namespace snnff::bench {

extern const RateLoops baseline_rates;
#if defined(__x86_64__)
extern const RateLoops avx2_rates, avx512_rates;
#elif defined(__aarch64__)
extern const RateLoops neon_rates;
#endif

namespace {

/// Blocks enough for 64 threads, each of them long beside what a task costs.
constexpr std::size_t n_blocks = 64;
constexpr int n_measurements = 24;
/// Floats of the rows that are added: half of a first-level cache of 32 KB.
constexpr std::size_t row_floats = 4096;

/// Where the results of loops go, so that none is left out.
std::atomic<float> result{0.0f};

/// Seconds of the shortest of some rounds of `block`, on all threads.
template <class Block>
double shortest(const Block& block) {
    const auto round = [&] {
        return seconds_of([&] { for_blocks(n_blocks, 1, [&](std::size_t b, std::size_t) { block(b); }); });
    };
    double best = round();
    for (int i = 1; i < n_measurements; ++i) best = std::min(best, round());
    return best;
}

/// Such a number of rounds that a block takes a twentieth of a millisecond on any machine of today.
std::size_t rounds(std::size_t per_block, bool vectors_of_four) {
    return vectors_of_four ? per_block / 8 : per_block;
}

double measure_copies(double footprint) {
    const auto n =
        std::max<std::size_t>(static_cast<std::size_t>(footprint / (2.0 * sizeof(float) * n_blocks)), 64);
    Matrix from(n_blocks, whole_lines(n)), to(n_blocks, whole_lines(n));
    const std::size_t n_times = std::max<std::size_t>(1, (std::size_t{1} << 21) / from.size());
    const double seconds = shortest([&](std::size_t b) {
        for (std::size_t i = 0; i < n_times; ++i) std::ranges::copy(from.row(b), to.row(b).begin());
    });
    return 2.0 * static_cast<double>(from.size() * sizeof(float) * n_times) / seconds;
}

}  // namespace

const RateLoops& rate_loops() {
    const std::string_view name = kernels::active().name;
#if defined(__x86_64__)
    if (name == avx2_rates.name) return avx2_rates;
    if (name == avx512_rates.name) return avx512_rates;
#elif defined(__aarch64__)
    if (name == neon_rates.name) return neon_rates;
#endif
    if (name != baseline_rates.name) throw std::logic_error("no loops for these kernels");
    return baseline_rates;
}

double measure_fused() {
    const RateLoops& loops = rate_loops();
    const std::size_t n = rounds(20000, &loops == &baseline_rates);
    const double seconds = shortest([&](std::size_t) { result = loops.fuse(n, 0.25f); });
    return 2.0 * static_cast<double>(n_blocks * n * loops.fused_per_round) / seconds;
}

Machine measure_machine(double footprint) {
    const RateLoops& loops = rate_loops();
    Machine machine;
    machine.fused_flops_per_s = measure_fused();
    constexpr std::size_t n = 10000;
    const double elements = shortest([&](std::size_t) { result = loops.elementwise(n, 0.25f); });
    machine.vector_flops_per_s =
        static_cast<double>(n_blocks * n * loops.elements_per_round * operations_per_element) / elements;
    AlignedVector<float> rows(row_floats, 0.25f);
    const std::size_t n_rows = row_floats / loops.floats_per_row, n_times = 400;
    const double additions =
        shortest([&](std::size_t) { result = loops.add_rows(rows.data(), n_rows, n_times); });
    machine.row_additions_per_s =
        static_cast<double>(n_blocks * n_times * n_rows * loops.floats_per_row) / additions;
    machine.bytes_per_s = measure_copies(footprint);
    return machine;
}

Machine best_of(const Machine& a, const Machine& b) {
    return {std::max(a.fused_flops_per_s, b.fused_flops_per_s),
            std::max(a.vector_flops_per_s, b.vector_flops_per_s),
            std::max(a.row_additions_per_s, b.row_additions_per_s), std::max(a.bytes_per_s, b.bytes_per_s)};
}

double floor_ms(const Work& work, const Machine& machine) {
    const double arithmetic = work.product_flops / machine.fused_flops_per_s +
                              work.row_additions / machine.row_additions_per_s +
                              work.vector_flops / machine.vector_flops_per_s;
    return 1e3 * std::max(arithmetic, work.bytes / machine.bytes_per_s);
}

}  // namespace snnff::bench
