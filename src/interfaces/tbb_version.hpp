#pragma once

#include <string>

namespace snnff {

/// Of oneTBB as it was loaded, "2021.8.0".
std::string tbb_version();

}  // namespace snnff
