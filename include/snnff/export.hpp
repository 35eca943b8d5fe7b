#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "snnff/arithmetic.hpp"

namespace snnff {

/// A file that was written, and how many rows (or data sets) it has.
using Exported = std::vector<std::pair<std::filesystem::path, std::uint64_t>>;

/// Writes what a run file recorded as text, into `folder`, which is made where it is not there:
///   training.csv             a row per epoch: errors, and loss, goodness, rate, norm of every population
///   report_<name>.csv        a row per frame: time_ms, epoch, sample, step, label, phase, then a column per
///   unit spikes_<population>.csv  a row per spike: time_ms, unit
/// Numbers have the digits that give the same number again; what was not measured is empty. Holds a bounded
/// part of the file at a time. Each file appears once it is complete; where one is a link, the file behind it
/// is replaced. Where `folder` is a stream, the tables are written to it one after the other, parted by empty
/// lines. Throws FileError; UsageError, before anything is written, where a file is there and `force` is not
/// set, or is the run itself.
Exported export_csv(const std::filesystem::path& run, const std::filesystem::path& folder, bool force);

/// Whether a path is a pipe, a character device, or one of the process's open files (/dev/stdout, /dev/fd/3):
/// what can be written through, and not replaced.
bool is_stream(const std::filesystem::path& path);

/// Writes what a run file recorded, /spikes and /report, as an HDF5 file of SONATA's alone. Throws FileError;
/// DataError where nothing was recorded; UsageError where `file` is there and `replace` is not set.
Exported export_sonata(const std::filesystem::path& run, const std::filesystem::path& file,
                       bool replace = true);

}  // namespace snnff
