#include "io/idx_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/gzip.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_listed = 6;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

/// What all spellings of a name share: "train-images" of "Train_Images.idx3-ubyte.gz".
std::string stem_of(std::string name) {
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '.' || c == '_' || c == ' ') c = '-';
    }
    constexpr std::string_view packed = "-gz", prefix = "qmnist-", test = "test-";
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
    name = name.substr(0, name.find("-idx"));
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
    if (name.starts_with(test)) name.replace(0, test.size(), "t10k-");
    return name;
}

/// The entries of a folder that are not hidden, by name; none where it cannot be read.
std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        if (!entry->path().filename().native().starts_with('.')) entries.push_back(entry->path());
    }
    std::ranges::sort(entries);
    return entries;
}

std::optional<fs::path> as_named(const fs::path& named) {
    if (is_file(named)) return named;
    fs::path other = named;
    if (ends_in(named, ".gz")) {
        if (is_file(other.replace_extension())) return other;
        return std::nullopt;
    }
    for (const char* ending : {".gz", ".GZ"}) {
        other = named;
        if (is_file(other += ending)) return other;
    }
    return std::nullopt;
}

/// The file in one folder; the plain one where it lies beside its own gzipped self.
std::optional<fs::path> in_folder(const fs::path& folder, const std::string& name) {
    if (auto found = as_named(folder / name)) return found;
    std::vector<fs::path> alike;
    for (const fs::path& entry : entries_of(folder)) {
        if (stem_of(entry.filename().string()) == stem_of(name) && is_file(entry)) alike.push_back(entry);
    }
    if (alike.empty()) return std::nullopt;
    if (alike.size() == 2 && ends_in(alike[1], ".gz") && fs::path(alike[1]).replace_extension() == alike[0])
        return alike[0];
    if (alike.size() > 1) {
        throw FileError(
            fmt::format("{}: no such file, and both {} and {} could be meant; a name in data says which",
                        shown(folder / name), alike[0].filename().string(), alike[1].filename().string()));
    }
    return alike[0];
}

/// Folders below in which such files are found: raw/, one of the file's own name, and the raw/ of another.
std::vector<fs::path> folders_below(const fs::path& folder, const std::string& name) {
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const fs::path& entry : entries_of(folder)) {
        if (!fs::is_directory(entry, ignored)) continue;
        if (entry.filename() == "raw" || stem_of(entry.filename().string()) == stem_of(name)) {
            folders.push_back(entry);
        } else if (fs::is_directory(entry / "raw", ignored)) {
            folders.push_back(entry / "raw");
        }
    }
    return folders;
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& name) {
    const fs::path named = folder / name;
    std::string there;
    std::size_t n = 0;
    for (const fs::path& entry : entries_of(folder)) {
        if (++n > most_listed) {
            there += ", ...";
            break;
        }
        there += (there.empty() ? "" : ", ") + entry.filename().string();
    }
    const std::string hint = about_dangling_link(named) + fetch_hint(named, "fetch it");
    throw FileError(fmt::format("{}: no such file, nor one of a like name{}{}", shown(named),
                                there.empty() ? ""
                                              : fmt::format("; {} has {}; data.train_images, train_labels, "
                                                            "test_images and test_labels take other names",
                                                            shown(folder), there),
                                hint));
}

}  // namespace

fs::path find_idx_file(const fs::path& folder, const std::string& name) {
    fs::path named = folder / name;
    if (auto found = in_folder(named.parent_path(), named.filename().string())) return *found;
    std::vector<fs::path> found;
    for (const fs::path& below : folders_below(folder, name)) {
        if (auto file = in_folder(below, fs::path(name).filename().string())) found.push_back(*file);
    }
    if (found.size() > 1) {
        throw FileError(
            fmt::format("{}: no such file, and both {} and {} could be meant; data.folder says which",
                        shown(named), shown(found[0]), shown(found[1])));
    }
    if (found.size() == 1) return found[0];
    std::error_code unreadable;
    if (fs::exists(named, unreadable) || unreadable == std::errc::permission_denied)
        return named;  // a folder, or out of reach: opening it will say so
    refuse(folder, name);
}

std::string fetch_hint(const fs::path& file, const std::string& verb) {
    const std::string folder = file.parent_path().filename().string();
    if (folder != "mnist" && folder != "fashion-mnist") return "";
    return fmt::format("; {} with tools/get-data {}", verb, folder);
}

}  // namespace snnff
