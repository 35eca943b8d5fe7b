// Kernels of spike trains and of the walk back through the steps against their definitions written as loops,
// as bits, in every variant of the kernels. Lists of spikes within whole products: sparse_rows.cpp.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "twins.hpp"

using namespace snnff::kernels;
using namespace twins;

namespace {

std::size_t n_words(std::size_t n) { return (n + 63) / 64; }

/// Bits that are set one time in `one_in`.
std::vector<std::uint64_t> random_bits(Numbers& numbers, std::size_t n_rows, std::size_t n_columns,
                                       std::size_t one_in) {
    std::vector<std::uint64_t> words(n_rows * n_words(n_columns));
    for (std::size_t row = 0; row < n_rows; ++row) {
        for (std::size_t c = 0; c < n_columns; ++c) {
            const std::uint64_t bit = numbers.below(one_in) == 0 ? 1 : 0;
            words[row * n_words(n_columns) + c / 64] |= bit << (c % 64);
        }
    }
    return words;
}

}  // namespace

TEST_CASE("spikes are marked where a value is not 0, and known to be 1 or not") {
    for (const Kernels* kernels : variants()) {
        for (const std::size_t n : sizes({128, 256})) {
            for (const Kind kind : all_kinds) {
                for (const bool ones : {true, false}) {
                    Numbers numbers(kind, n);
                    std::vector<float> x(n);
                    for (float& value : x)
                        value = numbers.below(3) == 0 ? (ones ? 1.0f : numbers.next()) : -0.0f;
                    std::vector<std::uint64_t> right(n_words(n)), found(n_words(n), ~std::uint64_t{0});
                    bool right_ones = true;
                    for (std::size_t i = 0; i < n; ++i) {
                        if (x[i] == 0.0f) continue;
                        right[i / 64] |= std::uint64_t{1} << (i % 64);
                        right_ones &= x[i] == 1.0f;
                    }
                    INFO(kernels->name << ": " << n << " values, kind " << static_cast<int>(kind));
                    CHECK(kernels->mark_spikes(x.data(), n, found.data()) == right_ones);
                    CHECK(found == right);
                }
            }
        }
    }
}

TEST_CASE("bits are counted and turned over") {
    Numbers numbers(Kind::plain);
    for (const Kernels* kernels : variants()) {
        CAPTURE(kernels->name);
        for (const std::size_t one_in : {1u, 2u, 9u}) {
            const auto rows = random_bits(numbers, 64, 64, one_in);
            std::vector<std::uint64_t> found = rows, right(64);
            std::size_t n = 0;
            for (std::size_t i = 0; i < 64; ++i) {
                for (std::size_t k = 0; k < 64; ++k) {
                    const std::uint64_t bit = rows[i] >> k & 1;
                    right[k] |= bit << i;
                    n += static_cast<std::size_t>(bit);
                }
            }
            kernels->transpose_bits(found.data());
            CHECK(found == right);
            CHECK(kernels->count_bits(rows.data(), 64) == n);
            CHECK(kernels->count_bits(rows.data(), 0) == 0);
        }
    }
}

namespace {

void check_lists(const Kernels& kernels, std::size_t n_rows, std::size_t n_columns, bool valued,
                 std::size_t n_panels, Kind kind) {
    Numbers numbers(kind, n_rows * 131 + n_columns);
    const std::size_t bundle = kernels.rows_per_bundle, n_bundles = (n_rows + bundle - 1) / bundle;
    const auto marks = random_bits(numbers, n_rows, n_columns, 3);
    const auto has = [&](std::size_t row, std::size_t c) {
        return (marks[row * n_words(n_columns) + c / 64] >> (c % 64) & 1) != 0;
    };
    const auto values = numbers.list(n_rows * n_columns);
    std::vector<std::uint32_t> count(n_rows), order(n_bundles * bundle), length(n_bundles);
    ListSpikes list{.bits = marks.data(),
                    .n_rows = n_rows,
                    .stride = n_words(n_columns),
                    .n_words = n_words(n_columns),
                    .zero_column = n_columns,
                    .value = valued ? values.data() : nullptr,
                    .value_row_stride = n_columns,
                    .value_column_stride = 1,
                    .count = count.data(),
                    .order = order.data(),
                    .length = length.data()};
    const std::size_t n_listed = kernels.order_spikes(list);
    std::vector<std::uint16_t> column(n_listed);
    std::vector<float> column_value(valued ? n_listed : 0);
    list.column = column.data();
    list.column_value = valued ? column_value.data() : nullptr;
    kernels.list_spikes(list);

    // Rows with most spikes first, those with as many in their order.
    std::vector<std::uint32_t> right_order(n_rows);
    std::iota(right_order.begin(), right_order.end(), 0U);
    std::ranges::stable_sort(right_order,
                             [&](std::uint32_t a, std::uint32_t b) { return count[a] > count[b]; });
    right_order.resize(n_bundles * bundle, no_row);
    CHECK(order == right_order);

    // Of finite numbers: a column of zeros fills bundles up, and 0 times an infinite number is none.
    auto dense = Numbers(kind == Kind::awkward ? Kind::ties : kind, 7).list(n_columns * group_width);
    dense.resize((n_columns + 1) * group_width, 0.0f);
    for (const bool go_on : {false, true}) {
        const auto before = numbers.list(n_rows * group_width);
        std::vector<float> right = before, found = before;
        for (std::size_t row = 0; row < n_rows; ++row) {
            for (std::size_t u = 0; u < 16 * n_panels; ++u) {
                float c = go_on ? right[row * group_width + u] : 0.0f;
                for (std::size_t k = 0; k < n_columns; ++k) {
                    if (!has(row, k)) continue;
                    c = std::fma(valued ? values[row * n_columns + k] : 1.0f, dense[k * group_width + u], c);
                }
                right[row * group_width + u] = c;
            }
        }
        kernels.add_spikes({.n_bundles = n_bundles,
                            .order = order.data(),
                            .length = length.data(),
                            .column = column.data(),
                            .value = valued ? column_value.data() : nullptr,
                            .dense = dense.data(),
                            .n_panels = n_panels,
                            .out = found.data(),
                            .go_on = go_on});
        // A column of zeros makes +0 of a chain that is -0; whoever takes the chain adds +0 to it anyway.
        for (float& x : found) x += 0.0f;
        for (float& x : right) x += 0.0f;
        CHECK(n_different(found, right) == 0);
    }
}

}  // namespace

TEST_CASE("lists of spikes add what a chain over all columns adds") {
    for (const Kernels* kernels : variants()) {
        for (std::size_t n = 1; n <= 67; ++n) {
            for (const std::size_t few : {1u, 2u, 3u, 4u, 5u, 67u}) {
                const Kind kind = n % 2 == 0 ? Kind::ties : Kind::plain;
                INFO(kernels->name << ": " << n << " and " << few);
                check_lists(*kernels, n, few, n % 3 == 0, 1 + n % 2, kind);
                check_lists(*kernels, few, n, n % 3 != 0, 2 - n % 2, kind);
            }
        }
        for (const Kind kind : all_kinds) {
            INFO(kernels->name << ": kind " << static_cast<int>(kind));
            check_lists(*kernels, 9, 130, false, 2, kind);
            check_lists(*kernels, 9, 130, true, 2, kind);
        }
    }
}

TEST_CASE("signals of rows are weighed and summed, and what is not finite is found") {
    for (const Kernels* kernels : variants()) {
        for (const std::size_t n : sizes()) {
            for (const Kind kind : all_kinds) {
                INFO(kernels->name << ": " << n << " rows, kind " << static_cast<int>(kind));
                Numbers numbers(kind, n);
                const std::size_t n_panels = 1 + n % 2;
                const auto signal = numbers.list(n * group_width), gain = numbers.list(n);
                // [panel][row x 16] with a gap, or [row x 32]
                const bool apart = n % 3 == 0;
                const std::size_t row_stride = apart ? 16 : group_width,
                                  panel_stride = apart ? n * 16 + 4 : 16;
                const auto before = numbers.list(2 * panel_stride + n * row_stride);
                for (const bool first : {true, false}) {
                    for (const bool gains : {true, false}) {
                        auto found = before, right = before;
                        bool finite = true;
                        for (std::size_t i = 0; i < n * 16 * n_panels; ++i) {
                            const std::size_t row = i / (16 * n_panels), u = i % (16 * n_panels);
                            float& to = right[row * row_stride + u / 16 * panel_stride + u % 16];
                            const float part = (gains ? gain[row] : 1.0f) * signal[row * group_width + u];
                            to = first ? part : part + to;
                            finite &= std::isfinite(to);
                        }
                        CHECK(kernels->weigh_rows({.n_rows = n,
                                                   .n_panels = n_panels,
                                                   .signal = signal.data(),
                                                   .gain = gains ? gain.data() : nullptr,
                                                   .weighed = found.data(),
                                                   .row_stride = row_stride,
                                                   .panel_stride = panel_stride,
                                                   .first = first}) == finite);
                        CHECK(n_different(found, right) == 0);
                    }
                }
                std::vector<double> sum(group_width, 0.1);
                auto right = sum;
                for (std::size_t i = 0; i < signal.size(); ++i) {
                    right[i % group_width] += static_cast<double>(signal[i]);
                }
                kernels->sum_rows(signal.data(), n, sum.data());
                CHECK(n_different(sum, right) == 0);
                CHECK(kernels->all_finite(gain.data(), n) ==
                      std::ranges::all_of(gain, [](float x) { return std::isfinite(x); }));
            }
        }
    }
}

namespace {

void check_walk(std::size_t n_samples, std::size_t n_steps, std::size_t n, Kind kind, unsigned how) {
    const bool from_emitted = (how & 1) != 0, summed = (how & 2) != 0, last_only = (how & 4) != 0,
               has_charge = (how & 8) != 0;
    Numbers numbers(kind, n_steps * 71 + n);
    const std::size_t step_stride = n + n % 4, sample_stride = n_steps * step_stride + 8;
    const std::size_t size = n_samples * sample_stride;
    const auto arriving = numbers.list(n_samples * n), charge = numbers.list(size);
    auto psi = numbers.list(size), carry = numbers.list(n);
    for (std::size_t u = 0; u < n; u += 3) carry[u] = u % 2 == 0 ? 0.25f : 0x1p-100f;  // down to what is cut
    auto right = psi;
    for (std::size_t s = 0; s < n_samples; ++s) {
        for (std::size_t u = 0; u < n; ++u) {
            float later = 0.0f, sum = 0.0f;
            for (std::size_t back = 1; back <= n_steps; ++back) {
                const std::size_t i = s * sample_stride + (n_steps - back) * step_stride + u;
                float direct = (last_only && back > 1 ? 0.0f : 0.3f) * arriving[s * n + u];
                if (from_emitted) direct *= psi[i];
                const float a = direct + later;
                later = carry[u] * a;
                if (back % 64 == 0) later = cut(later);
                const float signal = has_charge ? charge[i] * a : a;
                sum += signal;
                if (!summed) right[i] = signal;
            }
            if (summed) right[s * sample_stride + u] = sum;
        }
    }
    for (const Kernels* kernels : variants()) {
        auto found = psi;  // the signal takes the place of psi
        kernels->walk_back(
            {.n_samples = n_samples,
             .n_steps = n_steps,
             .n = n,
             .weight = 0.3f,
             .last_only = last_only,
             .arriving = {arriving.data(), n, 0},
             .psi = {found.data(), sample_stride, step_stride},
             .carry = {carry.data(), 0, 0},
             .from_emitted = from_emitted,
             .charge = has_charge ? ConstSteps{charge.data(), sample_stride, step_stride} : ConstSteps{},
             .signal = {found.data(), sample_stride, step_stride},
             .summed = summed});
        INFO(kernels->name << ": " << n_steps << " steps, " << n << " units, how " << how << ", kind "
                           << static_cast<int>(kind));
        CHECK(n_different(found, right) == 0);
    }
}

}  // namespace

TEST_CASE("the walk back is its recursion, for any number of steps and units") {
    for (std::size_t n = 1; n <= 67; ++n) {
        const Kind kind = all_kinds[n % 4];
        for (unsigned how = 0; how < 16; ++how) {
            for (const std::size_t steps : {1u, 25u, 65u}) check_walk(1 + n % 3, steps, n, kind, how);
        }
        for (const std::size_t units : {1u, 15u, 16u, 17u, 31u, 32u, 33u, 67u})
            check_walk(2, n, units, kind, n % 16);
    }
    for (const std::size_t steps : {127u, 128u, 129u, 200u}) {
        for (unsigned how = 0; how < 16; ++how) check_walk(2, steps, 35, Kind::plain, how);
    }
}
