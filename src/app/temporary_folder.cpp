#include "app/temporary_folder.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "snnff/error.hpp"

namespace snnff::app {

namespace {

/// What names the folder for temporary files, where something does, and the folder.
std::pair<std::string, std::filesystem::path> temporary_place() {
    for (const char* variable : {"TMPDIR", "TMP", "TEMP", "TEMPDIR"}) {
        const char* const value = std::getenv(variable);
        if (value != nullptr && *value != '\0') return {fmt::format("{} = {}: ", variable, value), value};
    }
    return {"", "/tmp"};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    const auto [given, place] = temporary_place();
    std::string name = (place / "snnff-sim-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw FileError(
            fmt::format("{}no temporary folder can be made in {}: {}; TMPDIR can name a folder that "
                        "may be written",
                        given, place.string(), std::strerror(errno)));
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace snnff::app
