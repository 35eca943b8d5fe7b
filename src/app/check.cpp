#include "app/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/output.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"
#include "snnff/integrity.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

bool is_ours(const fs::path& file) {
    return ends_in(file, ".h5") || ends_in(file, ".ckpt") || ends_in(file, ".previous");
}

/// Files by name; of a folder, those in it and below.
std::vector<fs::path> files_at(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {path};
    std::vector<fs::path> files;
    fs::recursive_directory_iterator entry(path, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (is_ours(entry->path()) && entry->is_regular_file(error)) files.push_back(entry->path());
    }
    if (error) throw FileError(fmt::format("{}: cannot be searched: {}", path.string(), error.message()));
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

/// Looks at one file after the other; what is wrong with one keeps none after it from being looked at.
class Checked {
  public:
    explicit Checked(bool json) : json_(json) {}

    void look_at(const fs::path& file) {
        const InputFile readable(file);  // says what is wrong with a pipe, which would never end
        const Integrity found = check_integrity(file);
        ++n_files_;
        n_damaged_ += found.damage.empty() ? 0 : 1;
        if (!json_) put(integrity_text(file, found));
        all_.push_back({{"file", file.string()},
                        {"whole", found.whole()},
                        {"damage", found.damage},
                        {"unchecked", found.unchecked}});
    }
    void could_not(const fs::path& path, const Error& error) {
        errors_.push_back(error);
        all_.push_back({{"file", path.string()}, {"whole", false}, {"error", error.what()}});
    }

    /// Throws the worst that was found.
    int tell() const {
        if (json_ && (n_files_ > 0 || errors_.size() > 1)) put_json(all_);
        const bool is_one = n_files_ + errors_.size() == 1;
        for (const Error& error : errors_) {
            if (is_one) throw Error(error.code(), error.what());
            note(error.what());
        }
        std::string text;
        if (n_damaged_ > 0)
            text =
                fmt::format("{} of {} file{} damaged", n_damaged_, n_files_, n_files_ == 1 ? " is" : "s are");
        if (!errors_.empty())
            text += fmt::format("{}{} could not be checked", text.empty() ? "" : ", ", errors_.size());
        if (n_damaged_ > 0)
            throw DataError(text + "; a checkpoint, a copy or the same model run again has what they had");
        if (!errors_.empty()) {
            const auto by_code = [](const Error& error) { return error.code(); };
            throw Error(std::ranges::max_element(errors_, {}, by_code)->code(), text);
        }
        return 0;
    }

  private:
    bool json_;
    std::size_t n_files_ = 0, n_damaged_ = 0;
    std::vector<Error> errors_;
    nlohmann::ordered_json all_ = nlohmann::ordered_json::array();
};

}  // namespace

int check_files(const std::vector<std::string>& paths, bool json) {
    Checked checked(json);
    for (const std::string& path : paths) {
        std::vector<fs::path> files;
        try {
            files = files_at(path);
        } catch (const Error& error) {
            checked.could_not(path, error);
        }
        for (const fs::path& file : files) {
            try {
                checked.look_at(file);
            } catch (const Error& error) {
                checked.could_not(file, error);
            }
        }
    }
    return checked.tell();
}

}  // namespace snnff::app
