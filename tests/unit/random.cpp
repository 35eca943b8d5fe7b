#include "snnff/random.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "catch.hpp"

using namespace snnff;

namespace {

constexpr Seed seed{20240607};

/// χ² of counts that should all be `expected`.
double chi_squared(const std::vector<int>& counts, double expected) {
    double sum = 0.0;
    for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
}
/// Five standard deviations above the mean of χ² with that many degrees of freedom.
double chi_squared_limit(double freedom) { return freedom + 5.0 * std::sqrt(2.0 * freedom); }

/// Random123's published answers of philox4x32-10 (kat_vectors): what goes in, as arguments of the
/// public functions, and the first two words that come out.
struct KnownAnswer {
    Seed seed;
    Stream stream;
    std::uint64_t i;
    std::uint32_t j, first, second;
};
const KnownAnswer known_answers[] = {
    {{0}, static_cast<Stream>(0), 0, 0, 0x6627e8d5u, 0xe169c58du},
    {{0xffffffffffffffffu},
     static_cast<Stream>(0xffffffffu),
     0xffffffffffffffffu,
     0xffffffffu,
     0x408f276du,
     0x41c83b0eu},
    {{0x299f31d0a4093822u},
     static_cast<Stream>(0x03707344u),
     0x85a308d3243f6a88u,
     0x13198a2eu,
     0xd16cfe09u,
     0x94fdccebu},
};

}  // namespace

TEST_CASE("numbers are those of Philox4x32-10's published test vectors") {
    for (const KnownAnswer& known : known_answers) {
        CHECK(uniform(known.seed, known.stream, known.i, known.j) ==
              static_cast<float>(known.first >> 8) / 16777216.0f);

        const double u = (known.first + 0.5) / 4294967296.0;
        const double angle = 2.0 * std::numbers::pi * known.second / 4294967296.0;
        const double z = std::sqrt(-2.0 * std::log(u)) * std::cos(angle);
        CHECK(normal(known.seed, known.stream, known.i, known.j) == Approx(z).epsilon(1e-6));

        // floor(r·n / 2^64) for the 64-bit r, in two halves by long division from the right.
        for (const std::uint32_t n : {1u, 2u, 10u, 60000u, 0xffffffffu}) {
            const std::uint64_t low = std::uint64_t{known.second} * n;
            const std::uint64_t high = std::uint64_t{known.first} * n + (low >> 32);
            CHECK(below(n, known.seed, known.stream, known.i, known.j) == high >> 32);
        }
    }
}

TEST_CASE("uniform numbers fill [0, 1) evenly, whichever argument counts") {
    constexpr int n = 1 << 18, n_bins = 256;
    for (const bool over_i : {true, false}) {
        std::vector<int> counts(n_bins);
        for (int k = 0; k < n; ++k) {
            const auto index = static_cast<std::uint32_t>(k);
            const float u =
                over_i ? uniform(seed, Stream::shuffle, index, 3) : uniform(seed, Stream::shuffle, 3, index);
            REQUIRE(u >= 0.0f);
            REQUIRE(u < 1.0f);
            ++counts[static_cast<std::size_t>(u * n_bins)];
        }
        CHECK(chi_squared(counts, double(n) / n_bins) < chi_squared_limit(n_bins - 1));
    }
}

TEST_CASE("normal numbers have the moments and the tail of a normal distribution") {
    constexpr int n = 1 << 20;
    double sum[5] = {}, neighbours = 0.0, last = 0.0;
    int beyond_three = 0;
    for (int k = 0; k < n; ++k) {
        const double z = normal(seed, Stream::initial_weight, static_cast<std::uint64_t>(k), 0);
        double power = 1.0;
        for (double& s : sum) {
            s += power;
            power *= z;
        }
        neighbours += z * last;
        last = z;
        beyond_three += std::abs(z) > 3.0;
    }
    // Five standard errors each: of z, z², z³, z⁴ and z·z' these are √(1, 2, 15, 96, 1)/√n.
    const double error = 5.0 / std::sqrt(double(n));
    CHECK(std::abs(sum[1] / n) < error);
    CHECK(std::abs(sum[2] / n - 1.0) < error * std::sqrt(2.0));
    CHECK(std::abs(sum[3] / n) < error * std::sqrt(15.0));
    CHECK(std::abs(sum[4] / n - 3.0) < error * std::sqrt(96.0));
    CHECK(std::abs(neighbours / n) < error);
    const double tail = std::erfc(3.0 / std::sqrt(2.0));
    CHECK(std::abs(beyond_three - n * tail) < 5.0 * std::sqrt(n * tail));
}

TEST_CASE("below(n) reaches every number under n, and all equally often") {
    for (const std::uint32_t n : {1u, 2u, 3u, 10u, 100u}) {
        constexpr int draws = 100000;
        std::vector<int> counts(n);
        for (std::uint32_t k = 0; k < draws; ++k) {
            const std::uint32_t drawn = below(n, seed, Stream::negative_label, k, 1);
            REQUIRE(drawn < n);
            ++counts[drawn];
        }
        CHECK(chi_squared(counts, double(draws) / n) <= chi_squared_limit(n - 1));
    }
}

TEST_CASE("seeds, streams and indices give numbers of their own") {
    std::vector<float> drawn;
    for (std::uint64_t s = 0; s < 4; ++s) {
        for (std::uint32_t stream = 1; stream <= 8; ++stream) {
            for (std::uint64_t i : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
                for (std::uint32_t j = 0; j < 4; ++j) {
                    drawn.push_back(uniform(Seed{s << 30}, static_cast<Stream>(stream), i, j));
                }
            }
        }
    }
    std::ranges::sort(drawn);
    // 384 numbers of 2^24: two of them agree by chance with probability 0.4 %.
    CHECK(std::ranges::adjacent_find(drawn) == drawn.end());
}

TEST_CASE("a permutation holds every number once, and every order is as likely") {
    CHECK(permutation(0, seed, Stream::shuffle, 0).empty());
    CHECK(permutation(1, seed, Stream::shuffle, 0) == std::vector<std::uint32_t>{0});

    std::vector<std::uint32_t> sorted = permutation(60000, seed, Stream::shuffle, 7);
    CHECK(sorted != permutation(60000, seed, Stream::shuffle, 8));
    CHECK(sorted == permutation(60000, seed, Stream::shuffle, 7));
    std::ranges::sort(sorted);
    for (std::uint32_t k = 0; k < sorted.size(); ++k) REQUIRE(sorted[k] == k);

    std::map<std::vector<std::uint32_t>, int> orders;
    constexpr int draws = 24000;
    for (std::uint32_t k = 0; k < draws; ++k) ++orders[permutation(4, seed, Stream::shuffle, k)];
    REQUIRE(orders.size() == 24);
    std::vector<int> counts;
    for (const auto& [order, count] : orders) counts.push_back(count);
    CHECK(chi_squared(counts, draws / 24.0) < chi_squared_limit(23));
}
