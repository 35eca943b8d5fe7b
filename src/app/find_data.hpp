#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "app/moved_data.hpp"
#include "snnff/error.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/provenance.hpp"

namespace snnff::app {

/// Reads the model that a run file (or its checkpoint) keeps, its files where they are now: where `moved`
/// says, else where they were, else where they lie as the run lies now: /a/work/data/d.h5 of a run that was
/// moved to /b/work/runs/r.h5 is looked for as data/d.h5 and as d.h5 in the folder of the run and in those
/// above it. What was found elsewhere is said on stderr; whether it is the same is for check_found_data().
/// Throws ModelError, UsageError.
ModelSpec read_kept_model(const std::string& toml, const std::filesystem::path& run, const MovedData& moved,
                          std::vector<Override> overrides, bool& found_elsewhere);

/// Throws DataError where a file that was read is not one that the run was made with; runs that do not say
/// what they were made with pass.
void check_found_data(const std::filesystem::path& run, const Provenance& then,
                      std::span<const DataFile> now);

/// Adds what would do where a file of the run has gone.
template <class Read>
auto reading_data(Read read) {
    try {
        return read();
    } catch (const FileError& error) {
        throw FileError(std::string(error.what()) + "; --data FOLDER or ROLE=PATH says where the data are");
    }
}

}  // namespace snnff::app
