#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "run/doubts.hpp"

namespace snnff {
namespace {

/// Share of test samples which training may have by chance, or since there are few different ones.
constexpr double many_shared = 0.05;
/// Samples over time are long: so many, at the same places, show whether a set is the other one.
constexpr std::size_t n_looked_at = 20;

std::uint64_t hash_of(std::span<const float> x, std::int32_t label) {
    constexpr std::uint64_t prime = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio, odd
    std::uint64_t hash = static_cast<std::uint32_t>(label);
    for (const float value : x) hash = (std::rotl(hash, 5) ^ std::bit_cast<std::uint32_t>(value)) * prime;
    return hash;
}

std::size_t n_shared_rows(const Dataset& train, const Dataset& test) {
    std::unordered_multimap<std::uint64_t, std::size_t> unseen;
    for (std::size_t s = 0; s < test.size(); ++s) unseen.emplace(hash_of(test.x.row(s), test.label[s]), s);
    const std::size_t n_test = unseen.size();
    for (std::size_t s = 0; s < train.size() && !unseen.empty(); ++s) {
        const auto same = [&](const auto& entry) {
            return test.label[entry.second] == train.label[s] &&
                   std::ranges::equal(test.x.row(entry.second), train.x.row(s));
        };
        auto [at, end] = unseen.equal_range(hash_of(train.x.row(s), train.label[s]));
        while (at != end) at = same(*at) ? unseen.erase(at) : std::next(at);
    }
    return n_test - unseen.size();
}

/// Whether the first samples over time are the same, one by one.
bool starts_alike(const Dataset& train, const Dataset& test, std::int64_t n_steps) {
    const std::size_t n = std::min({train.size(), test.size(), n_looked_at});
    Matrix a(static_cast<std::size_t>(n_steps), train.series->n_inputs()), b(a.rows(), a.cols());
    for (std::size_t s = 0; s < n; ++s) {
        if (train.label[s] != test.label[s]) return false;
        train.series->fill(train.first_in_series + s, 0, a.view());
        test.series->fill(test.first_in_series + s, 0, b.view());
        if (!std::ranges::equal(a.values(), b.values())) return false;
    }
    return n > 0;
}

}  // namespace

std::vector<std::string> doubts_about_shared_samples(const Dataset& train, const Dataset& test,
                                                     std::int64_t n_steps) {
    if (test.size() == 0 || train.n_inputs() != test.n_inputs() || !train.series != !test.series) return {};
    constexpr const char* advice =
        "their error says nothing of samples that a network has not seen; others would do";
    if (test.series) {
        if (!starts_alike(train, test, n_steps)) return {};
        return {fmt::format("{}: test samples are those of training, the first {} at least; {}",
                            place_of(test), std::min({train.size(), test.size(), n_looked_at}), advice)};
    }
    const std::size_t n = n_shared_rows(train, test);
    if (static_cast<double>(n) < many_shared * static_cast<double>(test.size())) return {};
    return {fmt::format("{}: {} of {} test samples are among those of training; {}", place_of(test), n,
                        test.size(), advice)};
}

}  // namespace snnff
