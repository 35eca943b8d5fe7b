#pragma once

#include <string>

namespace snnff {

/// "2026-01-31T12:00:00Z", the time of day in UTC (ISO 8601).
std::string now_utc();

}  // namespace snnff
