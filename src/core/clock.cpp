#include "core/clock.hpp"

#include <fmt/chrono.h>

#include <ctime>

namespace snnff {

std::string now_utc() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc);
}

}  // namespace snnff
