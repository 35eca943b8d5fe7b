#pragma once

#include <filesystem>
#include <vector>

#include "snnff/model_spec.hpp"

namespace snnff::app {

/// The overrides that let a model read its samples from `path`, scaled and named as it was trained, whatever
/// kind of data it had: a folder of IDX files, of a folder of PNG images for each class, or of N-MNIST; an
/// HDF5 file, an .npz archive or a CSV file. What it is is told by content, and a CSV file by its name. All
/// samples there are used. Throws UsageError for what holds no labels.
std::vector<Override> data_from(const std::filesystem::path& path, const Node& resolved);

}  // namespace snnff::app
