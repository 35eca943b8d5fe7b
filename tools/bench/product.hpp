#pragma once

#include <optional>
#include <string>
#include <vector>

namespace snnff::bench {

/// A product alone, as training has it, on one thread.
struct ProductRow {
    std::string name;
    double flops_per_s = 0, fused_flops_per_s = 0;  ///< taken, and what the fma loop reaches beside it
    double mark = 0;                                ///< share of the latter that is wanted
    std::optional<double> peer_flops_per_s{};       ///< OpenBLAS, where it is built in

    double share() const noexcept { return flops_per_s / fused_flops_per_s; }
};

/// 784 inputs, 500 units, 128 and 100 samples.
std::vector<ProductRow> measure_products();

/// What OpenBLAS takes this processor for, "OpenBLAS 0.3.21 Haswell"; empty where it is not built in.
std::string peer_name();
/// Whether that is what the processor can do: some releases take new processors for old ones.
bool peer_knows_processor();

}  // namespace snnff::bench
