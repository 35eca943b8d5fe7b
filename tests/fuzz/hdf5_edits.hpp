#pragma once
// HDF5 files that are valid as HDF5 and wrong as what they claim to be.
//
// HDF5 1.10's own library crashes on files whose bytes were changed, and is not ours to mend. So a target
// begins with a good file and changes what is in it through the library: objects go away, come as another
// kind, shape, type or storage, become links, attributes change, the file is cut short.
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fuzz.hpp"

class FuzzedDataProvider;

namespace fuzz {

/// Requires at its end that nothing of HDF5 is open: a file left open would be what the next one is taken
/// for.
class ExpectClosed {
  public:
    ExpectClosed() = default;
    ~ExpectClosed();
    ExpectClosed(const ExpectClosed&) = delete;
    ExpectClosed& operator=(const ExpectClosed&) = delete;
};

/// A good file and where its spoilt copies are.
class EditedFile {
  public:
    /// `write` makes the good file at the path that it is given.
    EditedFile(const std::string& name, const std::function<void(const fs::path&)>& write);
    const Folder& folder() const { return folder_; }
    const fs::path& path() const { return path_; }
    /// Makes the copy anew, changed as `provider` says; what it returns is kept until all is read.
    [[nodiscard]] ExpectClosed edit(FuzzedDataProvider& provider) const;

  private:
    Folder folder_;
    fs::path path_;
    std::vector<std::uint8_t> good_;
    std::vector<std::string> objects_;
};

/// Puts numbers, or lists of numbers, into a good file.
void put(hid_t parent, const char* name, hid_t type, std::vector<hsize_t> shape,
         const std::vector<double>& values);
void put_lists(hid_t parent, const char* name, hid_t element, std::vector<std::vector<double>> lists);

}  // namespace fuzz
