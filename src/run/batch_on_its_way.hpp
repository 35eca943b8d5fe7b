#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/dropout.hpp"
#include "engine/batch.hpp"
#include "rules/rule.hpp"
#include "run/frozen.hpp"

namespace snnff {

/// A batch with what it takes along from its presentation until observers hear of it.
struct BatchOnItsWay {
    explicit BatchOnItsWay(const Network& network) : batch(network) {}
    Batch batch;
    FrozenLayers::Memory memory;
    std::size_t number = 0;           ///< in its epoch, from 0
    double fraction = 0.0;            ///< of the plan, that lay behind it
    std::vector<double> progress;     ///< [population] the same of each one's training
    std::vector<std::int32_t> label;  ///< [sample]
    Dropout dropout{};
    std::vector<Rule::Loss> losses;  ///< that arose so far
};

}  // namespace snnff
