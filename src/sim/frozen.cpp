#include "sim/frozen.hpp"

#include <algorithm>
#include <numeric>

#include "sim/parallel.hpp"

namespace snnff {
namespace {

constexpr std::size_t kept_bytes_limit = std::size_t{4} << 30;
constexpr std::size_t n_variants = 2;
constexpr std::size_t chunk_size = 1024;

bool runs_through(std::span<const std::uint32_t> samples, std::size_t n) {
    if (samples.size() != n) return false;
    for (std::size_t s = 0; s < n; ++s) {
        if (samples[s] != s) return false;
    }
    return true;
}

}  // namespace

FrozenLayers::FrozenLayers(const Network& network, const ModelSpec& model, std::size_t first_learning,
                           Presentations& presentations)
    : model_(model), first_learning_(first_learning), presentations_(presentations) {
    if (first_learning == 0 || !presentations.fixed()) return;
    const Population& top = network.populations[first_learning - 1];
    const std::size_t n = presentations.n_samples();
    if (top.output == Readout::spikes || n_variants * n * top.n_units() * sizeof(float) > kept_bytes_limit)
        return;

    presentations.begin_epoch(0, {});
    Batch batch(network);
    kept_.assign(n_variants, Matrix(n, top.n_units()));
    std::vector<std::uint32_t> samples;
    for (std::size_t first = 0; first < n; first += chunk_size) {
        samples.resize(std::min(chunk_size, n - first));
        std::iota(samples.begin(), samples.end(), static_cast<std::uint32_t>(first));
        presentations.enter(samples, images_, nullptr, batch);
        climb(batch);
        for (std::size_t v = 0; v < n_variants; ++v) {
            const Matrix& output = batch.activity(first_learning - 1).output[v];
            std::copy_n(output.data(), output.size(), kept_[v].row(first).data());
        }
    }
    as_input(kept_, network.populations[first_learning].normalisation);
}

void FrozenLayers::climb(Batch& batch) const {
    for (std::size_t k = 0; k < first_learning_; ++k) {
        batch.forward(k, *model_.goodness, {.goodness = false, .signal = false, .output = true});
        if (k + 1 < first_learning_) batch.ascend(k);
    }
}

void FrozenLayers::enter(std::span<const std::uint32_t> samples, const Dropout* dropout, Batch& batch) {
    if (kept_.empty()) {
        const bool learns = first_learning_ == 0;
        presentations_.enter(samples, images_, learns ? dropout : nullptr, batch);
        climb(batch);
        if (!learns) batch.ascend(first_learning_ - 1, dropout);
        return;
    }
    if (dropout == nullptr && runs_through(samples, presentations_.n_samples())) {
        batch.enter(first_learning_, as_input(kept_, Normalisation::none), samples.size());
        return;
    }
    shape(gathered_, n_variants, samples.size(), kept_.front().cols());
    for (std::size_t v = 0; v < n_variants; ++v) {
        for_blocks(samples.size(), 64, [&](std::size_t first, std::size_t count) {
            for (std::size_t s = first; s < first + count; ++s) {
                std::ranges::copy(kept_[v].row(samples[s]), gathered_[v].row(s).begin());
            }
        });
    }
    if (dropout != nullptr) {
        for (Matrix& inputs : gathered_) leave_out(*dropout, first_learning_, inputs);
    }
    batch.enter(first_learning_, as_input(gathered_, Normalisation::none), samples.size());
}

}  // namespace snnff
