#include "app/temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "snnff/error.hpp"

namespace snnff::app {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "snnff-sim-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw FileError(fmt::format("{}: cannot be made: {}", name, std::strerror(errno)));
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace snnff::app
