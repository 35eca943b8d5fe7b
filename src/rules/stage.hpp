#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace snnff {

/// A stretch of training in which the same populations learn in the same way.
struct Stage {
    std::vector<std::size_t> learning;  ///< populations, from the input upwards
    std::int64_t epochs = 1;
    std::int64_t updates_per_batch = 1;
    /// Whether the next population sees what a population answers after its updates on the batch
    /// (else what it answered in the last forward pass before).
    bool output_after_update = false;
    bool begins_episode = false;  ///< an episode after the first
};

}  // namespace snnff
