#include "interfaces/tbb_version.hpp"

#include <tbb/version.h>

namespace snnff {

std::string tbb_version() { return TBB_runtime_version(); }

}  // namespace snnff
