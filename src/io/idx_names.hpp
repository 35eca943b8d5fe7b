#pragma once

#include <filesystem>
#include <string>

namespace snnff {

/// Where the IDX file `name` of `folder` lies, among the names and places under which people have it:
///  - as named, or with ".gz" added or taken away;
///  - with other separators, case or ending: train-images.idx3-ubyte, Train_Images-idx3-ubyte.gz; with
///    "test" for "t10k", and "qmnist-" before it;
///  - all of that in a folder of its own name, as Kaggle's archive unpacks to, in raw/, or in the raw/ of one
///    folder, as torchvision leaves it (MNIST/raw/).
/// Files whose names begin with a point are passed over.
///
/// Throws FileError, with what the folder has, where there is none, and with both where two would do.
std::filesystem::path find_idx_file(const std::filesystem::path& folder, const std::string& name);

/// "; VERB with tools/get-data mnist" where the file lies in a folder that the tool fills, else empty.
std::string fetch_hint(const std::filesystem::path& file, const std::string& verb);

}  // namespace snnff
