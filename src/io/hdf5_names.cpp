#include "io/hdf5_names.hpp"

#include <algorithm>
#include <cstddef>

#include "io/hdf5.hpp"

namespace snnff {

bool hdf5_file_has(const std::filesystem::path& path, std::string_view name) {
    name.remove_prefix(std::min(name.find_first_not_of('/'), name.size()));
    if (name.empty()) return false;
    const hdf5::Group file = hdf5::open_file(path.string());
    // Every part must be there: HDF5 has no answer for what lies below nothing.
    for (std::size_t end = 0; end < name.size();) {
        end = std::min(name.find('/', end + 1), name.size());
        if (!file.has(name.substr(0, end))) return false;
    }
    return true;
}

}  // namespace snnff
