#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "data/negatives_redraw.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

/// A shuffled order of 0 .. n-1 whose elements are computed one at a time: a Feistel network on
/// pairs (left, right) with left < a, right < b and a·b just above n. Every round is invertible, so
/// the whole is a bijection of the a·b pairs; following it until it lands below n again makes it
/// one of the n. Source: Black & Rogaway, Ciphers with Arbitrary Finite Domains, CT-RSA 2002.
class Shuffle {
  public:
    Shuffle(std::uint32_t n, Seed seed, std::uint32_t which, std::size_t set)
        : n_(n), a_(root_above(n)), b_((n + a_ - 1) / a_), seed_(seed), which_(which), set_(set) {}

    std::uint32_t operator()(std::uint32_t i) const noexcept {
        assert(i < n_);
        std::uint64_t x = i;
        do {
            x = permuted_pair(x);
        } while (x >= n_);
        return static_cast<std::uint32_t>(x);
    }

  private:
    /// The smallest whole number whose square is at least n.
    static std::uint32_t root_above(std::uint32_t n) noexcept {
        const auto root = static_cast<std::uint32_t>(std::sqrt(static_cast<double>(n)));
        return std::uint64_t{root} * root < n ? root + 1 : root;
    }
    std::uint64_t permuted_pair(std::uint64_t x) const noexcept {
        std::uint64_t left = x / b_, right = x % b_;
        for (std::uint64_t round = 0; round < 8; round += 2) {
            left = (left + draw(a_, round, right)) % a_;
            right = (right + draw(b_, round + 1, left)) % b_;
        }
        return left * b_ + right;
    }
    std::uint32_t draw(std::uint32_t n, std::uint64_t round, std::uint64_t half) const noexcept {
        return below(n, seed_, Stream::negative_label, set_ << 40 | round << 32 | half, which_);
    }

    std::uint32_t n_, a_, b_;
    Seed seed_;
    std::uint32_t which_;
    std::uint64_t set_;
};

/// Sample i gets the label of sample shuffle(i) of the whole data set: over an epoch every label is
/// written as often as it is true, whatever the batches are, and which one a sample gets depends on
/// the seed, the epoch and the sample alone. Several sets are several shuffles.
class Permuted final : public Negatives {
  public:
    explicit Permuted(bool redrawn) : redrawn_(redrawn) {}

    bool redrawn() const noexcept override { return redrawn_; }

    void make(const Request& request, std::span<std::int32_t> labels) const override {
        const std::size_t n = request.samples.size();
        for (std::size_t set = 0; set < request.n_sets; ++set) {
            const Shuffle shuffle(static_cast<std::uint32_t>(request.dataset.size()), request.seed,
                                  request.epoch, set);
            for (std::size_t i = 0; i < n; ++i) {
                labels[set * n + i] = request.dataset.label[shuffle(request.samples[i])];
            }
        }
    }

    void check(const Dataset& dataset, std::size_t) const override {
        if (dataset.size() < 2) {
            throw DataError(
                fmt::format("negatives \"permuted\": the data set has {} sample(s); two are needed to "
                            "permute their labels, or take \"uniform_wrong\"",
                            dataset.size()));
        }
    }

  private:
    bool redrawn_;
};

}  // namespace

std::unique_ptr<Negatives> make_negatives_permuted(Options& options, const Context&) {
    return std::make_unique<Permuted>(read_redraw(options));
}

}  // namespace snnff
