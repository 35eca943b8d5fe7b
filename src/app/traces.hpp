#pragma once

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

/// Throws FileError, ModelError.
void record_traces(Trained trained, const TraceRequest& request);

}  // namespace snnff::app
