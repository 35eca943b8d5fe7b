#include "app/data_elsewhere.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "io/gzip.hpp"
#include "io/hdf5_names.hpp"
#include "io/idx_names.hpp"
#include "io/npy.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

/// Whether there is a folder of PNG images in it.
bool holds_images(const fs::path& folder) {
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (!entry->is_directory(ignored)) continue;
        for (fs::directory_iterator file(entry->path(), ignored); !ignored && file != end;
             file.increment(ignored)) {
            if (lower(file->path().extension().string()) == ".png") return true;
        }
    }
    return false;
}

bool holds_idx_files(const fs::path& folder) {
    for (const char* name : {"t10k-images-idx3-ubyte", "train-images-idx3-ubyte"}) {
        try {
            static_cast<void>(find_idx_file(folder, name));
            return true;
        } catch (const FileError&) {
            continue;
        }
    }
    return false;
}

std::string kind_of_folder(const fs::path& folder, const std::string& as_before) {
    if (holds_images(folder)) return "images";
    if (holds_idx_files(folder)) return "idx";
    return as_before == "images" || as_before == "nmnist" ? as_before : "idx";
}

/// HDF5's signature may come after a block of the user's, as in MATLAB's files.
bool is_hdf5(std::ifstream& file) {
    constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
    std::array<char, signature.size()> bytes{};
    constexpr std::streamoff farthest = std::streamoff{1} << 20;
    for (std::streamoff at = 0; at <= farthest; at = at == 0 ? 512 : 2 * at) {
        file.clear();
        if (!file.seekg(at) || !file.read(bytes.data(), bytes.size())) return false;
        if (std::string_view(bytes.data(), bytes.size()) == signature) return true;
    }
    return false;
}

std::string kind_of_file(const fs::path& path, const std::string& as_before) {
    const InputFile readable(path);  // says what is wrong with a pipe, which would never end
    std::ifstream file(path, std::ios::binary);
    std::array<char, 6> bytes{};
    file.read(bytes.data(), bytes.size());
    const std::string_view begins(bytes.data(), static_cast<std::size_t>(file.gcount()));
    if (begins.starts_with("\x93NUMPY")) {
        throw UsageError(
            fmt::format("--data {}: is one array of NumPy's; an .npz archive with samples (x) "
                        "and labels (y) would do",
                        path.string()));
    }
    if (begins.starts_with("PK")) return "numpy";
    if (is_hdf5(file)) return as_before == "shd" ? "shd" : "hdf5";
    fs::path name = path.filename();
    if (lower(name.extension().string()) == ".gz") name = name.stem();
    const std::string ending = lower(name.extension().string());
    if (ending == ".csv" || ending == ".tsv" || ending == ".txt") return "csv";
    return as_before == "csv" || as_before == "numpy" || as_before == "shd" ? as_before : "hdf5";
}

/// The names of samples and labels in the file that the run had, where this file has no such sets but those
/// that are looked for without a name.
std::vector<Override> plain_names(const fs::path& path, const std::string& kind, const Node* data) {
    if (data == nullptr || (kind != "hdf5" && kind != "numpy")) return {};
    const auto name_of = [&](std::string_view key) {
        const Node* node = data->find(key);
        const auto* text = node != nullptr ? std::get_if<std::string>(&node->value) : nullptr;
        return text != nullptr ? *text : std::string();
    };
    const bool is_hdf5 = kind == "hdf5";
    const auto has = [&, there = is_hdf5 ? std::vector<std::string>()
                                         : npz_names(path)](const std::string& name) {
        return is_hdf5 ? hdf5_file_has(path, name) : std::ranges::count(there, name) > 0;
    };
    const auto missing = [&](const char* key, const char* test_key) {
        const std::string of_test = name_of(test_key), name = of_test.empty() ? name_of(key) : of_test;
        return !name.empty() && !has(name);
    };
    if (!missing("x", "test_x") && !missing("y", "test_y")) return {};
    if (is_hdf5 && (!has("x") || !has("y"))) return {};
    const std::string x = is_hdf5 ? "x" : "", y = is_hdf5 ? "y" : "";
    std::vector<Override> names;
    for (const auto& [key, name] : {std::pair{"x", x}, {"y", y}, {"test_x", ""}, {"test_y", ""}}) {
        if (data->find(key) != nullptr) names.push_back({std::string("data.") + key, value_text({name, {}})});
    }
    return names;
}

}  // namespace

std::vector<Override> data_from(const fs::path& path, const Node& resolved) {
    const Node* data = resolved.find("data");
    const auto value_of = [&](std::string_view key) {
        const Node* node = data != nullptr ? data->find(key) : nullptr;
        return node != nullptr ? value_text(*node) : std::string();
    };
    const Node* kind_before = data != nullptr ? data->find("kind") : nullptr;
    const auto* text = kind_before != nullptr ? std::get_if<std::string>(&kind_before->value) : nullptr;
    const std::string as_before = text != nullptr ? *text : "idx";
    std::error_code ignored;
    const std::string kind =
        fs::is_directory(path, ignored) ? kind_of_folder(path, as_before) : kind_of_file(path, as_before);

    const std::string where = value_text({fs::absolute(path).string(), {}}),
                      typed = fmt::format("--data {}", path.string());
    const bool one_folder = kind == "idx" || kind == "nmnist";
    if (kind == as_before) {  // the same names of files, sets and columns
        std::vector<Override> overrides = plain_names(path, kind, data);
        for (const char* key : {"data.n_train", "data.n_validation", "data.n_test"})
            overrides.push_back({key, "0"});
        if (one_folder) {
            overrides.push_back({"data.folder", where, typed});
        } else {
            overrides.push_back({"data.train", where, typed});
            overrides.push_back({"data.test", where, typed});
        }
        return overrides;
    }
    std::string table = one_folder ? fmt::format("kind = \"{}\", folder = {}", kind, where)
                                   : fmt::format("kind = \"{0}\", train = {1}, test = {1}", kind, where);
    for (const char* key : {"offset", "scale", "classes", "named_labels", "first_label"}) {
        if (const std::string value = value_of(key); !value.empty())
            table += fmt::format(", {} = {}", key, value);
    }
    return {{"data", "{ " + table + " }", typed}};
}

}  // namespace snnff::app
