#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <string>

#include "app/trained.hpp"

namespace snnff::app {

/// Presents the samples that the model's [recording] names to a trained network, and writes what happens.
struct TraceRequest {
    std::filesystem::path run, output;
    std::string split;          ///< of the samples, for the provenance
    std::size_t n_threads = 0;  ///< 0: as many as the process may use
    bool force = false;         ///< replace an existing output once the new one is complete
    std::string command_line;
};

/// Returns whether it came to its end: once `stop` is not 0, nothing of the output is kept. Throws FileError,
/// ModelError.
bool record_traces(Trained trained, const TraceRequest& request, const std::atomic<int>& stop);

}  // namespace snnff::app
