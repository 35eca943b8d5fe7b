#pragma once

namespace snnff::bench {

/// Prints every workload beside its floor, and the products alone beside the fma loop; each workload is
/// repeated for `seconds`. Returns false where a product was faster than the fma loop, whose fault that is,
/// after saying so.
bool print_table(double seconds, bool as_json);

}  // namespace snnff::bench
