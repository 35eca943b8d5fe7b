// What is made of chains (currents, signals for the gradient) against the definitions written as loops, as
// bits, in every variant of the kernels.
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "twins.hpp"

using namespace snnff::kernels;
using namespace twins;

namespace {

constexpr std::size_t width = 16;

/// Inputs that rows change, in rising order; `regular`: as many in each row, else 0 to 3.
struct Changes {
    std::size_t n_changes = 0;
    std::vector<std::size_t> end;
    std::vector<std::uint32_t> index;
    std::vector<float> value;

    Changes(Numbers& numbers, std::size_t n_rows, std::uint32_t n_inputs, bool regular, std::size_t n)
        : n_changes(n) {
        for (std::size_t row = 0; row < n_rows; ++row) {
            const std::size_t count = regular ? n : numbers.below(4);
            for (std::size_t c = 0; c < count; ++c) {
                const auto step = static_cast<std::size_t>(n_inputs) / 4;
                index.push_back(static_cast<std::uint32_t>(c * step + numbers.below(step)));
                value.push_back(numbers.next());
            }
            end.push_back(index.size());
        }
    }
    std::size_t first(std::size_t row) const { return row == 0 ? 0 : end[row - 1]; }
};

void check_currents(std::size_t n_rows, std::size_t n_panels, Kind kind, bool regular, std::size_t n_changes,
                    std::uint64_t seed) {
    constexpr std::uint32_t n_inputs = 20;
    Numbers numbers(kind, seed);
    const std::size_t n_units = n_panels * width, chain_stride = n_units + 4, stride = n_units + 8;
    const std::size_t panel_stride = n_inputs * width + 4;
    std::vector<float> chain = numbers.list(n_rows * chain_stride);
    for (std::size_t i = 0; i < chain.size(); i += 5) chain[i] = -0.0f;
    const auto panels = numbers.list(n_panels * panel_stride), gain = numbers.list(n_rows),
               bias = numbers.list(n_units);
    const Changes changes(numbers, n_rows, n_inputs, regular, n_changes);
    const bool gains = seed % 3 != 0, in_place = seed % 2 != 0;
    std::vector<float> right = in_place ? chain : std::vector<float>(n_rows * stride, untouched);
    for (std::size_t row = 0; row < n_rows; ++row) {
        for (std::size_t u = 0; u < n_units; ++u) {
            float p = chain[row * chain_stride + u];
            for (std::size_t c = changes.first(row); c < changes.end[row]; ++c) {
                const std::size_t at = u / width * panel_stride + changes.index[c] * width + u % width;
                p = std::fma(changes.value[c], panels[at], p);
            }
            const float weighted = (gains ? gain[row] : 1.0f) * (p + 0.0f);
            right[row * (in_place ? chain_stride : stride) + u] = weighted + bias[u];
        }
    }
    for (const Kernels* kernels : variants()) {
        std::vector<float> work = chain, found(n_rows * stride, untouched);
        kernels->end_currents(
            {.n_rows = n_rows,
             .n_panels = n_panels,
             .chain = {work.data(), chain_stride},
             .panels = panels.data(),
             .panel_stride = panel_stride,
             .n_changes = changes.n_changes,
             .changes_end = regular ? nullptr : changes.end.data(),
             .index = changes.index.data(),
             .value = changes.value.data(),
             .gain = gains ? gain.data() : nullptr,
             .bias = bias.data(),
             .current = in_place ? Rows{work.data(), chain_stride} : Rows{found.data(), stride}});
        INFO(kernels->name << ": " << n_rows << " rows, " << n_panels << " panels, kind "
                           << static_cast<int>(kind));
        CHECK(n_different(in_place ? work : found, right) == 0);
    }
}

}  // namespace

TEST_CASE("currents are chains that go on over changed inputs, plus 0, by the gain, plus the bias") {
    std::uint64_t seed = 0;
    for (std::size_t n = 1; n <= 67; ++n) {
        for (const std::size_t few : {1u, 3u, 4u, 5u, 67u}) {
            const Kind kind = all_kinds[n % 4];
            check_currents(n, few, kind, true, n % 4, ++seed);
            check_currents(n, few, kind, false, 0, ++seed);
            check_currents(few, n, kind, n % 2 == 0, 2, ++seed);
        }
    }
}

TEST_CASE("a chain that underflowed to -0 gives the current +0") {
    const std::vector<float> chain(width, -0.0f), panels(width), bias(width, -0.0f);
    for (const Kernels* kernels : variants()) {
        std::vector<float> current(width, untouched);
        kernels->end_currents({.n_rows = 1,
                               .n_panels = 1,
                               .chain = {chain.data(), width},
                               .panels = panels.data(),
                               .panel_stride = width,
                               .bias = bias.data(),
                               .current = {current.data(), width}});
        CHECK(n_different(current, std::vector<float>(width, 0.0f)) == 0);
    }
}

TEST_CASE("signals are weighed, by a slope of each sample or unit, and their biases summed in double") {
    std::uint64_t seed = 0;
    for (const Kind kind : all_kinds) {
        for (std::size_t n = 1; n <= 67; ++n) {
            Numbers numbers(kind, ++seed);
            const std::size_t stride = width + n % 3 * 4;
            const auto signal = numbers.list(n * stride), gain = numbers.list(n);
            const auto before = numbers.list(n * width);
            const std::vector<double> bias_before(width, 0.1 * static_cast<double>(numbers.plain()));
            for (const bool of_units : {false, true}) {
                const std::size_t slopes_of_sample = of_units ? width : 1;
                const auto slope = numbers.list(n * slopes_of_sample);
                for (const bool first : {true, false}) {
                    for (const bool gains : {true, false}) {
                        std::vector<float> right(n * width);
                        std::vector<double> right_bias = bias_before;
                        for (std::size_t s = 0; s < n; ++s) {
                            for (std::size_t u = 0; u < width; ++u) {
                                const float by = slope[s * slopes_of_sample + (of_units ? u : 0)];
                                const float part = (gains ? by * gain[s] : by) * signal[s * stride + u];
                                right[s * width + u] = first ? part : before[s * width + u] + part;
                                right_bias[u] += static_cast<double>(by * signal[s * stride + u]);
                            }
                        }
                        for (const Kernels* kernels : variants()) {
                            for (const bool biases : {true, false}) {
                                std::vector<float> found = before;
                                std::vector<double> bias = bias_before;
                                kernels->weigh_signal({.n_samples = n,
                                                       .signal = {signal.data(), stride},
                                                       .slope = slope.data(),
                                                       .gain = gains ? gain.data() : nullptr,
                                                       .weighed = found.data(),
                                                       .bias = biases ? bias.data() : nullptr,
                                                       .first = first,
                                                       .slope_of_units = of_units});
                                INFO(kernels->name << ": " << n << " samples, kind "
                                                   << static_cast<int>(kind));
                                CHECK(n_different(found, right) == 0);
                                CHECK(n_different(bias, biases ? right_bias : bias_before) == 0);
                            }
                        }
                    }
                }
            }
        }
    }
}

TEST_CASE("gradients of changed inputs are chains over samples and their variants") {
    constexpr std::uint32_t n_inputs = 12, first_input = 5;
    std::uint64_t seed = 0;
    for (const Kind kind : all_kinds) {
        for (std::size_t n = 1; n <= 67; ++n) {
            Numbers numbers(kind, ++seed);
            const std::size_t n_variants = 1 + n % 3, stride = width + 4;
            const bool of_units = n % 2 == 0;
            const std::size_t slopes_of_sample = of_units ? width : 1;
            std::vector<std::vector<float>> signal, slope, gain;
            std::vector<Changes> changes;
            for (std::size_t v = 0; v < n_variants; ++v) {
                signal.push_back(numbers.list(n * stride));
                slope.push_back(numbers.list(n * slopes_of_sample));
                gain.push_back(numbers.list(n));
                changes.emplace_back(numbers, n, n_inputs, v == 0, n % 4);
                for (std::uint32_t& input : changes.back().index) input += first_input;
            }
            const auto before = numbers.list(n_inputs * width);
            std::vector<float> right = before;
            std::vector<ChangedInputs::Variant> given;
            for (std::size_t v = 0; v < n_variants; ++v) {
                given.push_back({{signal[v].data(), stride},
                                 slope[v].data(),
                                 v == 1 ? nullptr : gain[v].data(),
                                 changes[v].n_changes,
                                 v == 0 ? nullptr : changes[v].end.data(),
                                 changes[v].index.data(),
                                 changes[v].value.data()});
            }
            for (std::size_t s = 0; s < n; ++s) {
                for (std::size_t v = 0; v < n_variants; ++v) {
                    for (std::size_t c = changes[v].first(s); c < changes[v].end[s]; ++c) {
                        for (std::size_t u = 0; u < width; ++u) {
                            const float of_unit = slope[v][s * slopes_of_sample + (of_units ? u : 0)];
                            const float by = v == 1 ? of_unit : of_unit * gain[v][s];
                            float& chain = right[(changes[v].index[c] - first_input) * width + u];
                            chain = std::fma(by * signal[v][s * stride + u], changes[v].value[c], chain);
                        }
                    }
                }
            }
            for (const Kernels* kernels : variants()) {
                std::vector<float> found = before;
                kernels->changed_inputs({.n_samples = n,
                                         .n_variants = n_variants,
                                         .variants = given.data(),
                                         .first_input = first_input,
                                         .chain = found.data(),
                                         .slope_of_units = of_units});
                INFO(kernels->name << ": " << n << " samples, kind " << static_cast<int>(kind));
                CHECK(n_different(found, right) == 0);
            }
        }
    }
}
