#include "app/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/output.hpp"
#include "io/gzip.hpp"
#include "snnff/error.hpp"
#include "snnff/integrity.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

bool is_ours(const fs::path& file) {
    const std::string extension = file.extension().string();
    return extension == ".h5" || extension == ".ckpt" || extension == ".previous";
}

/// Files by name; of a folder, those in it.
std::vector<fs::path> files_at(const fs::path& path) {
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file() && is_ours(entry.path())) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    if (files.empty())
        throw FileError(fmt::format("{}: has no run file (*.h5) and no checkpoint in it", path.string()));
    return files;
}

std::string integrity_text(const fs::path& file, const Integrity& found) {
    if (found.whole()) return fmt::format("{}: whole\n", file.string());
    if (found.damage.empty()) return fmt::format("{}: unchecked: {}\n", file.string(), found.unchecked);
    std::string text;
    for (const std::string& sentence : found.damage) text += fmt::format("{}: {}\n", file.string(), sentence);
    return text;
}

}  // namespace

int check_files(const std::vector<std::string>& paths, bool json) {
    std::size_t n_files = 0, n_damaged = 0;
    auto all = nlohmann::ordered_json::array();
    for (const std::string& path : paths) {
        for (const fs::path& file : files_at(path)) {
            const InputFile readable(file);  // says what is wrong with a pipe, which would never end
            const Integrity found = check_integrity(file);
            ++n_files;
            n_damaged += found.damage.empty() ? 0 : 1;
            if (!json) put(integrity_text(file, found));
            all.push_back({{"file", file.string()},
                           {"whole", found.whole()},
                           {"damage", found.damage},
                           {"unchecked", found.unchecked}});
        }
    }
    if (json) put_json(all);
    if (n_damaged == 0) return 0;
    throw DataError(
        fmt::format("{} of {} file{} damaged; a checkpoint, a copy or the same model run again has "
                    "what they had",
                    n_damaged, n_files, n_files == 1 ? " is" : "s are"));
}

}  // namespace snnff::app
