#pragma once

#include "io/hdf5.hpp"
#include "snnff/provenance.hpp"

namespace snnff {

/// Data files as four data sets side by side, [file] each: role, path, size, sha256. None where there are no
/// files.
void write_data_files(const hdf5::Group& group, const std::vector<DataFile>& files);
/// Throws FileError where the data sets differ in length, or are not what they should be.
std::vector<DataFile> read_data_files(const hdf5::Group& group);

/// Facts as attributes of the group, data files in /data, stretches in /stretches.
void write_provenance(const hdf5::Group& group, const Provenance& provenance);
/// Files written before there were roles have no /data, and numbers as text. Throws FileError.
Provenance read_provenance(const hdf5::Group& group);

}  // namespace snnff
