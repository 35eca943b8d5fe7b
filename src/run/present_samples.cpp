#include "run/present_samples.hpp"

#include <memory>
#include <utility>

namespace snnff {

void present_samples(const Presented& presented, std::vector<Variant> variants, const Dropout* dropout,
                     std::size_t n_positive, Batch& batch) {
    const std::size_t n = presented.samples.size();
    if (comes_constant(presented.data, presented.dataset)) {
        batch.present(0, std::move(variants), n, n_positive);
    } else {
        batch.present(std::make_unique<EncodedInput>(presented, std::move(variants), dropout), n, n_positive);
    }
}

}  // namespace snnff
