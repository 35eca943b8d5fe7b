#pragma once

#include <filesystem>
#include <string>

#include "io/summed_file.hpp"
#include "snnff/provenance.hpp"

namespace snnff::app {

// A run that replaces another (--force) is written beside it, as run.unfinished.h5, and takes its place once
// it is complete (unfinished_beside() in io/place.hpp). Stopped before, it stays there, with its checkpoint,
// and is resumed by that name.

/// Throws UsageError where something else than an earlier attempt that was cut stands there or beside it,
/// FileError where another process is writing it.
void check_way(const std::filesystem::path& unfinished);
/// Clears that place, and its checkpoints, of an earlier attempt. Throws as check_way() does.
void make_way(const std::filesystem::path& unfinished);

/// Notes in the provenance of a run which file it is to replace: its name, and the SHA-256 of what is there.
void add_place(Provenance& provenance, const SummedFile& output);
/// The file that a run is to replace when it is complete, empty where there is none: what its provenance
/// says, in the folder that the run is in.
std::filesystem::path to_be_replaced(const std::filesystem::path& run, const Provenance& provenance);
/// Whether a run may take that name: nothing has it, or the very file that the run met. Throws FileError
/// where that cannot be read.
bool is_free_for(const SummedFile& output, const Provenance& provenance);

/// Where the run of that id stands, which was to be at `unfinished`: it is complete and took its place, and a
/// process that was killed then left its checkpoints behind. Empty where it does not.
std::filesystem::path place_taken_by(const std::filesystem::path& unfinished, const std::string& run_id);

/// Gives the complete run the name that it was made for, and takes checkpoints of what stood there away.
/// False, and nothing is touched, where something else has that name now.
bool take_over(const std::filesystem::path& unfinished, const SummedFile& output,
               const Provenance& provenance);

/// What there is of a run that was asked to stop while its model and data were read.
std::string stopped_before(const std::filesystem::path& run, bool goes_on);

}  // namespace snnff::app
