#include "run/frozen.hpp"

#include <algorithm>
#include <numeric>

#include "parallel/parallel.hpp"
#include "run/present_samples.hpp"

namespace snnff {
namespace {

constexpr std::size_t most_kept_bytes = std::size_t{4} << 30;
constexpr std::size_t samples_kept_at_once = 1024;

bool runs_through(std::span<const std::uint32_t> samples, std::size_t n) {
    if (samples.size() != n) return false;
    for (std::size_t s = 0; s < n; ++s) {
        if (samples[s] != s) return false;
    }
    return true;
}

/// Whether what the populations below answer is kept.
bool are_kept(const Network& network, std::size_t entry, bool fixed, std::size_t n_variants,
              std::size_t n_samples) {
    if (entry == 0 || !fixed) return false;
    return n_variants * n_samples * network.populations[entry - 1].n_sent() * sizeof(float) <=
           most_kept_bytes;
}

}  // namespace

FrozenLayers::Held FrozenLayers::memory(const Network& network, std::size_t first_learning,
                                        const DataSpec& data, std::size_t n_samples) {
    const std::size_t entry = section_of(network, first_learning).first;
    const std::size_t n_variants = Presentations::n_variants(data);
    if (!are_kept(network, entry, Presentations::fixed(data), n_variants, n_samples))
        return {.n_climbed = entry};
    Held held;
    const std::size_t n_units = network.populations[entry - 1].n_sent();
    held.kept = n_variants * n_samples * (n_units + 1) * sizeof(float);
    held.of_variant = n_units * sizeof(float);
    for (std::size_t k = 0; k < entry; ++k) {
        held.meanwhile += activity_memory(network.populations[k], n_variants,
                                          std::min(samples_kept_at_once, n_samples), {.output = true});
    }
    return held;
}

FrozenLayers::FrozenLayers(const Network& network, std::size_t first_learning, Presentations& presentations)
    : network_(network),
      first_learning_(first_learning),
      entry_(section_of(network, first_learning).first),
      presentations_(presentations) {
    const std::size_t n_variants = presentations.n_variants();
    const std::size_t n = presentations.n_samples();
    if (!are_kept(network, entry_, presentations.fixed(), n_variants, n)) return;
    const Population& top = network.populations[entry_ - 1];

    presentations.begin_epoch(0, {});
    Batch batch(network);
    Matrix images;
    shape(kept_, n_variants, n, top.n_sent());
    std::vector<std::uint32_t> samples;
    for (std::size_t first = 0; first < n; first += samples_kept_at_once) {
        samples.resize(std::min(samples_kept_at_once, n - first));
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(first));
        present_samples(presentations.presented(samples), presentations.variants(samples, images), nullptr, 1,
                        batch);
        climb(batch);
        for (std::size_t v = 0; v < n_variants; ++v) {
            const Matrix& output = batch.activity(entry_ - 1).output[v];
            std::copy_n(output.data(), output.size(), kept_[v].row(first).data());
        }
    }
    for (Variant& variant : as_input(kept_, *network.populations[entry_].below().normalisation, top.n_groups))
        gain_.push_back(std::move(variant.gain));
}

std::vector<Variant> FrozenLayers::inputs_of_kept(std::span<Matrix> outputs,
                                                  std::span<const std::uint32_t> samples,
                                                  std::size_t first_variant) const {
    std::vector<Variant> variants = as_input(outputs, *no_normalisation(), 1);
    for (std::size_t v = 0; v < variants.size(); ++v) {
        const AlignedVector<float>& gain = gain_[first_variant + v];
        for (std::size_t s = 0; s < samples.size(); ++s) variants[v].gain[s] = gain[samples[s]];
    }
    return variants;
}

void FrozenLayers::climb(Batch& batch) const {
    batch.climb(std::vector<ForwardRequest>(entry_, {.output = true}));
}

void FrozenLayers::present(std::span<const std::uint32_t> samples, Side side, const Dropout* dropout,
                           Memory& memory, Batch& batch) {
    const std::size_t n_positive = side == Side::negatives ? 0 : 1;
    const Dropout* of_entry = entry_ == first_learning_ ? dropout : nullptr;
    if (kept_.empty()) {
        const Dropout* of_images = first_learning_ == 0 ? dropout : nullptr;
        std::vector<Variant> variants = presentations_.variants(samples, memory.images, of_images);
        if (side == Side::positives) variants.resize(1);
        if (side == Side::negatives) variants.erase(variants.begin());
        present_samples(presentations_.presented(samples), std::move(variants), of_images, n_positive, batch);
        climb(batch);
        if (entry_ > 0) batch.ascend(section_of(network_, entry_ - 1), of_entry);
        return;
    }
    std::span<Matrix> kept(kept_);
    if (side == Side::positives) kept = kept.first(1);
    const std::size_t first_variant = side == Side::negatives ? 1 : 0;
    kept = kept.subspan(first_variant);
    if (of_entry == nullptr && runs_through(samples, presentations_.n_samples())) {
        batch.present(entry_, inputs_of_kept(kept, samples, first_variant), samples.size(), n_positive);
        return;
    }
    shape(memory.gathered, kept.size(), samples.size(), kept.front().cols());
    for (std::size_t v = 0; v < kept.size(); ++v) {
        for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
            for (std::size_t s = first; s < first + count; ++s) {
                std::ranges::copy(kept[v].row(samples[s]), memory.gathered[v].row(s).begin());
            }
        });
    }
    if (of_entry != nullptr) {
        for (Matrix& inputs : memory.gathered) {
            for_blocks(inputs.rows(), 16, [&](std::size_t first, std::size_t count) {
                leave_out(*of_entry, entry_, inputs.view().rows(first, count), first);
            });
        }
    }
    batch.present(entry_, inputs_of_kept(memory.gathered, samples, first_variant), samples.size(),
                  n_positive);
}

}  // namespace snnff
