#include "io/data_file.hpp"

#include "io/gzip.hpp"

namespace snnff {

DataFile data_file_at(const std::filesystem::path& path) {
    InputFile file(path);
    return {path, file.size_on_disk(), file.sha256()};
}

}  // namespace snnff
