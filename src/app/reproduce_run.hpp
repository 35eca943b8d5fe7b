#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/moved_data.hpp"
#include "snnff/digest.hpp"

namespace snnff::app {

/// How runs are run again.
struct ReproduceRequest {
    MovedData data;
    std::size_t n_threads = 0;  ///< 0: as many as the process may use
    bool quick = false;         ///< the first epochs of each only
    bool quiet = false;         ///< no progress
    std::string command_line;
};

/// What running a run file's model again led to.
struct Reproduction {
    enum class Outcome { same, different, other_numbers, interrupted };
    /// A fact of /provenance that differs; "-" where a side has none.
    struct Difference {
        std::string name, then, now;
    };
    std::filesystem::path run;
    Outcome outcome = Outcome::interrupted;
    std::int64_t n_epochs = 0;   ///< compared, where not the whole run was; else 0
    std::int64_t n_planned = 0;  ///< 0: traces
    bool changed_after = false;  ///< its arrays do not give its digest
    ArraysCompared arrays{};
    std::vector<Difference> provenance{};
};

/// Runs the model of a run file, or of what `trace` wrote, again in a temporary folder, and compares what
/// follows from it. Of a run that is not complete, its epochs. Data are held to their SHA-256 before anything
/// is calculated. Throws FileError, DataError, ModelError, RunError, UsageError.
Reproduction reproduce(const std::filesystem::path& run, const ReproduceRequest& request,
                       const std::atomic<int>& stop);

}  // namespace snnff::app
