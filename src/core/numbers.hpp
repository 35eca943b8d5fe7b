#pragma once

namespace snnff {

/// The definition of numbers: which bits a model, its data and its seed lead to. It rises with every commit
/// that changes the bits of a result on purpose, so that runs with the same `numbers` agree on every machine
/// and a run is never gone on with under another one.
inline constexpr int numbers = 4;

}  // namespace snnff
