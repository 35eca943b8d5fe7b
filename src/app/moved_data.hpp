#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "snnff/model_spec.hpp"

namespace snnff::app {

/// `--data`: where files of a run are now.
struct MovedData {
    std::vector<std::filesystem::path> folders;                      ///< where all are looked for by name
    std::filesystem::path train, test, initial_weights, traced_run;  ///< by role; empty: as in the run

    bool any() const noexcept;
};

/// Whether a file or folder is there, or the file packed by gzip.
bool is_there(const std::filesystem::path& file);

/// Reads FOLDER and ROLE=PATH, roles as in /provenance/data: train, validation (which is part of the training
/// file), test, "initial weights", and "traced run" of a trace. Throws UsageError.
MovedData read_moved_data(const std::vector<std::string>& options);

/// Overrides under which the model of `run` reads its files where they are now. Throws UsageError where the
/// options name nothing that the model reads.
std::vector<Override> overrides_of(const MovedData& moved, const ModelSpec& model,
                                   const std::filesystem::path& run);

}  // namespace snnff::app
