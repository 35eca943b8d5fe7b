// The version of oneTBB that was loaded.
#include <tbb/version.h>

#include "sim/machine.hpp"

namespace snnff {

std::string tbb_version() { return TBB_runtime_version(); }

}  // namespace snnff
