// Leaky integrate-and-fire units against their equations written unit by unit, as bits, in every variant of
// the kernels.
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "twins.hpp"

using namespace snnff::kernels;
using namespace twins;

namespace {

constexpr LifReset resets[] = {LifReset::none, LifReset::zero, LifReset::subtract_delayed,
                               LifReset::subtract_immediate};
#define SNNFF_KIND(name, formula) SurrogateKind::name,
constexpr SurrogateKind surrogates[] = {SNNFF_SURROGATES(SNNFF_KIND)};
#undef SNNFF_KIND

float slope_of(SurrogateKind kind, float sharpness, float z) {
    switch (kind) {
        case SurrogateKind::atan: {
            const float q = (1.57079632679f * sharpness) * z;
            return (0.5f * sharpness) / (1.0f + q * q);
        }
        case SurrogateKind::fast_sigmoid: {
            const float q = 1.0f + sharpness * std::abs(z);
            return 1.0f / (q * q);
        }
        case SurrogateKind::sigmoid: {
            const float e = exp_nonpositive(-(sharpness * std::abs(z))), q = 1.0f + e;
            return sharpness * e / (q * q);
        }
        case SurrogateKind::triangular: {
            const float inverse = 1.0f / sharpness, height = 1.0f - inverse * std::abs(z);
            return inverse * (height < 0.0f ? 0.0f : height);
        }
        case SurrogateKind::straight_through:
            break;
    }
    return 1.0f;
}

/// u[t]; see neuron/lif.cpp.
float membrane(LifReset kind, float v, float beta, float current, float threshold, bool reset) {
    if (kind == LifReset::none) return beta * v + current;
    if (kind == LifReset::zero) return beta * (reset ? 0.0f : v) + current;
    return beta * v + current - (reset ? threshold : 0.0f);
}
float left_behind(LifReset kind, float u, float threshold, bool reset, bool fires) {
    if (kind != LifReset::subtract_immediate) return u;
    return u + (reset ? threshold : 0.0f) - (fires ? threshold : 0.0f);
}

/// Units with their inputs, a few of them on the edge of a spike.
struct Units {
    std::vector<float> beta, threshold;
    LifUnits view;

    Units(Numbers& numbers, std::size_t n, LifReset reset, SurrogateKind surrogate) {
        for (std::size_t u = 0; u < n; ++u) {
            beta.push_back(u % 7 == 3 ? 0.0f : std::abs(numbers.plain()));
            threshold.push_back(u % 5 == 1 ? 0.5f : 0.25f + std::abs(numbers.plain()));
        }
        view = {n,     beta.data(), threshold.data(),
                reset, surrogate,   surrogate == SurrogateKind::atan ? 2.0f : 0.75f};
    }
};

enum Matrix : std::size_t { potential, refractory, mem, emitted, psi, carry, charge, n_matrices };

void check_step(std::size_t n, std::size_t rows, LifReset reset, SurrogateKind surrogate, Kind kind,
                unsigned how, std::uint64_t seed) {
    const bool refractory_units = (how & 1) != 0, slopes = (how & 2) != 0, cuts = (how & 4) != 0;
    Numbers numbers(kind, seed);
    Units units(numbers, n, reset, surrogate);
    units.view.refractory = refractory_units ? 2.0f : 0.0f;
    const std::size_t stride = n + n % 4;
    std::vector<float> current = numbers.list(rows * stride);
    std::vector<std::vector<float>> start(n_matrices, std::vector<float>(rows * stride, untouched));
    start[potential] = numbers.list(rows * stride);
    for (std::size_t i = 0; i < rows * stride; ++i) {
        start[refractory][i] = static_cast<float>(numbers.below(3));
        if (i % 3 == 0) start[potential][i] += start[potential][i];
        if (i % 11 == 0) current[i] = 0x1.8p-128f;  // what is left of it is cut
        if (i % 22 == 0) start[potential][i] = 0.0f;
    }
    std::vector<std::vector<float>> right = start;
    for (std::size_t i = 0; i < rows * stride; ++i) {
        const std::size_t u = i % stride;
        if (u >= n) continue;
        const float beta = units.beta[u], threshold = units.threshold[u], v = start[potential][i];
        const float wait = start[refractory][i];
        const bool free = !refractory_units || wait <= 0.0f;
        bool resets_now = v > threshold;
        if (refractory_units) {
            resets_now = reset == LifReset::subtract_immediate ? resets_now && free : wait == 2.0f;
        }
        const float x = free ? current[i] : 0.0f;
        const float now = membrane(reset, v, beta, x, threshold, resets_now);
        const bool fires = now > threshold && free;
        const float left = left_behind(reset, now, threshold, resets_now, fires);
        right[potential][i] = cuts ? cut(left) : left;
        right[mem][i] = now;
        right[emitted][i] = std::isnan(now) ? now : fires ? 1.0f : 0.0f;
        if (refractory_units) right[refractory][i] = fires ? 2.0f : free ? 0.0f : wait - 1.0f;
        if (!slopes) continue;
        right[psi][i] = free ? slope_of(surrogate, units.view.sharpness, now - threshold) : 0.0f;
        right[carry][i] = reset == LifReset::zero && resets_now ? 0.0f : beta;
        right[charge][i] = free ? 1.0f : 0.0f;
    }
    for (const Kernels* kernels : variants()) {
        std::vector<std::vector<float>> found = start;
        const auto place = [&](Matrix m, bool wanted) {
            return wanted ? Rows{found[m].data(), stride} : Rows{};
        };
        kernels->lif_step({units.view,
                           rows,
                           {current.data(), stride},
                           place(potential, true),
                           place(refractory, refractory_units),
                           place(mem, true),
                           place(emitted, true),
                           place(psi, slopes),
                           place(carry, slopes),
                           place(charge, slopes),
                           cuts});
        INFO(kernels->name << ": " << n << " units, reset " << static_cast<int>(reset) << ", surrogate "
                           << static_cast<int>(surrogate) << ", how " << how << ", kind "
                           << static_cast<int>(kind));
        for (std::size_t m = 0; m < n_matrices; ++m) {
            CAPTURE(m);
            CHECK(n_different(found[m], right[m]) == 0);
        }
    }
}

struct Wanted {
    LifMeasure measure;
    float factor;
    bool value, slope;
};

void check_respond(std::size_t n, std::size_t rows, std::int64_t steps, LifReset reset,
                   SurrogateKind surrogate, Kind kind, const std::vector<Wanted>& wanted,
                   std::uint64_t seed) {
    Numbers numbers(kind, seed);
    const Units units(numbers, n, reset, surrogate);
    const std::size_t stride = n + 3;
    auto current = numbers.list(rows * stride);
    for (std::size_t i = 0; i < current.size(); i += 5) current[i] = i % 2 == 0 ? 0x1.4p-127f : -0x1p-130f;
    const std::vector<float> blank(rows * stride, untouched);
    std::vector<std::vector<float>> right(2 * wanted.size(), blank);
    for (std::size_t i = 0; i < rows * stride; ++i) {
        const std::size_t at = i % stride;
        if (at >= n) continue;
        const float beta = units.beta[at], threshold = units.threshold[at];
        float v = 0, u = 0, s = 0, spikes = 0, spikes_slope = 0, sum = 0, sum_slope = 0;
        for (std::int64_t t = 0; t < steps; ++t) {
            const bool resets_now = v > threshold;
            u = membrane(reset, v, beta, current[i], threshold, resets_now);
            const bool fires = u > threshold;
            v = left_behind(reset, u, threshold, resets_now, fires);
            spikes += fires ? 1.0f : 0.0f;
            sum += u;
            s = beta * (reset == LifReset::zero && resets_now ? 0.0f : s) + 1.0f;
            sum_slope += s;
            spikes_slope += slope_of(surrogate, units.view.sharpness, u - threshold) * s;
            if ((t + 1) % 64 != 0) continue;
            v = cut(v);
            s = cut(s);
        }
        for (std::size_t w = 0; w < wanted.size(); ++w) {
            const bool last = wanted[w].measure == LifMeasure::last_membrane;
            const bool of_spikes = wanted[w].measure == LifMeasure::spikes;
            const float value = of_spikes ? (std::isnan(u) ? u : spikes) : last ? u : sum;
            const float slope = of_spikes ? spikes_slope : last ? s : sum_slope;
            if (wanted[w].value) right[2 * w][i] = wanted[w].factor * value;
            if (wanted[w].slope) right[2 * w + 1][i] = wanted[w].factor * slope;
        }
    }
    for (const Kernels* kernels : variants()) {
        std::vector<std::vector<float>> found(2 * wanted.size(), blank);
        std::vector<LifOutput> outputs;
        for (std::size_t w = 0; w < wanted.size(); ++w) {
            outputs.push_back({wanted[w].measure, wanted[w].factor,
                               wanted[w].value ? Rows{found[2 * w].data(), stride} : Rows{},
                               wanted[w].slope ? Rows{found[2 * w + 1].data(), stride} : Rows{}});
        }
        kernels->lif_respond(
            {units.view, rows, steps, {current.data(), stride}, outputs.data(), outputs.size()});
        INFO(kernels->name << ": " << n << " units, " << steps << " steps, reset " << static_cast<int>(reset)
                           << ", surrogate " << static_cast<int>(surrogate) << ", kind "
                           << static_cast<int>(kind));
        for (std::size_t w = 0; w < found.size(); ++w) {
            CAPTURE(w);
            CHECK(n_different(found[w], right[w]) == 0);
        }
    }
}

}  // namespace

TEST_CASE("a step of lif units is their equations, for any number of units") {
    std::uint64_t seed = 0;
    for (const std::size_t n : sizes()) {
        for (const LifReset reset : resets) {
            for (unsigned how = 0; how < 8; ++how) {
                const Kind kind = n % 3 == 0 ? Kind::awkward : Kind::plain;
                check_step(n, n % 2 == 0 ? 1 : 3, reset, surrogates[n % 5], kind, how, ++seed);
            }
        }
    }
}

TEST_CASE("a step of lif units is their equations, for any surrogate and any numbers") {
    std::uint64_t seed = 0;
    for (const Kind kind : all_kinds) {
        for (const SurrogateKind surrogate : surrogates) {
            for (const LifReset reset : resets) {
                for (const unsigned how : {2U, 3U}) check_step(67, 7, reset, surrogate, kind, how, ++seed);
            }
        }
    }
}

TEST_CASE("a response of lif units is their steps one by one") {
    const std::vector<std::vector<Wanted>> wishes{
        {{LifMeasure::spikes, 0.1f, true, false}, {LifMeasure::last_membrane, 1.0f, true, false}},
        {{LifMeasure::membrane_sum, 0.1f, true, true}, {LifMeasure::spikes, 1.0f, true, false}},
        {{LifMeasure::spikes, 0.1f, true, true}, {LifMeasure::last_membrane, 1.0f, false, true}},
    };
    std::uint64_t seed = 0;
    for (const std::size_t n : sizes()) {
        for (const LifReset reset : resets) {
            for (const std::int64_t steps : {1, 10, 65}) {
                const Kind kind = n % 4 == 0 ? Kind::awkward : Kind::plain;
                check_respond(n, n % 2 == 0 ? 1 : 3, steps, reset, surrogates[n % 5], kind, wishes[n % 3],
                              ++seed);
            }
        }
    }
    // Every number of steps up to 67, and cuts after 64 and 128.
    for (std::int64_t steps = 1; steps <= 130; steps += steps < 68 ? 1 : 20) {
        for (const std::size_t n : {1u, 15u, 16u, 17u, 31u, 32u, 33u}) {
            check_respond(n, 2, steps, resets[seed % 4], surrogates[seed % 5], Kind::plain, wishes[seed % 3],
                          seed);
            ++seed;
        }
    }
    for (const Kind kind : all_kinds) {
        for (const LifReset reset : resets) {
            for (const SurrogateKind surrogate : surrogates) {
                for (const auto& wanted : wishes)
                    check_respond(67, 3, 129, reset, surrogate, kind, wanted, ++seed);
            }
        }
    }
}

TEST_CASE("slopes of surrogates alone are those that units have in their steps") {
    for (const SurrogateKind surrogate : surrogates) {
        for (const std::size_t n : {1u, 15u, 16u, 17u, 70u}) {
            Numbers numbers(Kind::plain, n);
            const float sharpness = surrogate == SurrogateKind::atan ? 2.0f : 0.75f;
            const std::vector<float> z = numbers.list(n);
            std::vector<float> right(n);
            for (std::size_t i = 0; i < n; ++i) right[i] = slope_of(surrogate, sharpness, z[i]);
            for (const Kernels* kernels : variants()) {
                INFO(kernels->name << ": surrogate " << static_cast<int>(surrogate));
                std::vector<float> found = z;  // in place
                kernels->surrogate(surrogate, sharpness, found.data(), n, found.data());
                CHECK(n_different(found, right) == 0);
            }
        }
    }
}
