#include "app/moved_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/idx_names.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

std::string text_at(const Node& table, std::string_view key) {
    const Node* node = table.find(key);
    const std::string* text = node != nullptr ? std::get_if<std::string>(&node->value) : nullptr;
    return text != nullptr ? *text : std::string();
}

bool has_idx_file(const fs::path& folder, const std::string& name) {
    try {
        std::error_code ignored;
        return fs::exists(find_idx_file(folder, name), ignored);
    } catch (const FileError&) {
        return false;
    }
}

/// The keys under which a model names files, and where those are now.
class Finder {
  public:
    Finder(const MovedData& moved, const ModelSpec& model) : moved_(moved) {
        if (const Node* data = model.resolved.find("data")) find_data(*data);
        if (const Node* populations = model.resolved.find("population")) {
            for (const auto& [name, table] : std::get<Node::Table>(populations->value)) {
                const Node* init = table.find("init");
                const std::string path = init != nullptr ? text_at(*init, "path") : "";
                if (!path.empty())
                    find_file(fmt::format("population.{}.init.path", key_text(name)), path,
                              moved_.initial_weights);
            }
        }
    }
    std::vector<Override> overrides;
    std::vector<std::string> names;  ///< what was looked for

  private:
    void put(const std::string& key, const fs::path& path) {
        overrides.push_back({key, value_text({fs::absolute(path).string(), {}}), "--data"});
    }

    void find_data(const Node& data) {
        const std::string kind = text_at(data, "kind");
        if (kind != "idx" && kind != "nmnist") {
            of_images_ = kind == "images";
            find_split(data, "train", moved_.train);
            find_split(data, "test", moved_.test);
            of_images_ = false;
            return;
        }
        const fs::path folder = text_at(data, "folder");
        names.push_back(folder.filename().string());
        if (kind == "idx") {
            const auto put_files = [&](const std::string& split, const fs::path& in) {
                if (in.empty()) return;
                refuse_file(split, in);
                for (const std::string& key : {split + "_images", split + "_labels"})
                    put("data." + key, find_idx_file(in, text_at(data, key)));
            };
            put_files("train", moved_.train);
            put_files("test", moved_.test);
        } else if (!moved_.train.empty() || !moved_.test.empty()) {
            throw UsageError(
                fmt::format("--data: training and test set of the kind \"{}\" lie in one folder; --data "
                            "FOLDER says where it is",
                            kind));
        }
        for (const fs::path& in : moved_.folders) {
            for (const fs::path& candidate : {in, in / folder.filename()}) {
                const bool found = kind == "idx" ? has_idx_file(candidate, text_at(data, "train_images"))
                                                 : is_there(candidate / "Train");
                if (found) return put("data.folder", candidate);
            }
        }
    }

    /// Where samples and their labels are files of their own.
    static void refuse_file(const std::string& split, const fs::path& by_role) {
        std::error_code ignored;
        if (fs::is_directory(by_role, ignored)) return;
        throw UsageError(
            fmt::format("--data {0}={1}: is a file, and the {0} samples are several; the folder that they "
                        "lie in would do",
                        split, by_role.string()));
    }

    /// A file or a folder of images, or a table with a file for samples and one for labels.
    void find_split(const Node& data, const std::string& split, const fs::path& by_role) {
        const Node* node = data.find(split);
        const auto* files = node != nullptr ? std::get_if<Node::Table>(&node->value) : nullptr;
        if (files == nullptr) return find_file("data." + split, text_at(data, split), by_role);
        if (!by_role.empty()) refuse_file(split, by_role);
        for (const auto& [name, file] : *files)
            find_file(fmt::format("data.{}.{}", split, name), text_at(*node, name), by_role);
    }

    void find_file(const std::string& key, const fs::path& file, const fs::path& by_role) {
        if (file.empty()) return;
        names.push_back(file.filename().string());
        if (!by_role.empty()) {
            std::error_code ignored;
            const fs::path inside = by_role / file.filename();
            // A folder holds the file, or is the folder of images itself.
            const bool is_within = fs::is_directory(by_role, ignored) && (!of_images_ || is_there(inside));
            return put(key, is_within ? inside : by_role);
        }
        for (const fs::path& folder : moved_.folders) {
            // Files of one name in several folders may have kept these.
            for (auto from = file.begin(); from != file.end(); ++from) {
                fs::path inside = folder;
                for (auto part = from; part != file.end(); ++part) {
                    if (*part != "/") inside /= *part;
                }
                const bool is_name = !from->empty() && *from != ".." && *from != ".";
                if (is_name && is_there(inside)) return put(key, inside);
            }
        }
    }

    const MovedData& moved_;
    bool of_images_ = false;  ///< samples are folders
};

}  // namespace

bool is_there(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored) || fs::exists(file.string() + ".gz", ignored);
}

bool MovedData::any() const noexcept {
    return !folders.empty() || !train.empty() || !test.empty() || !initial_weights.empty();
}

MovedData read_moved_data(const std::vector<std::string>& options) {
    MovedData moved;
    for (const std::string& option : options) {
        const std::size_t at = option.find('=');
        const std::string role = at == std::string::npos ? "" : option.substr(0, at);
        fs::path* place = role == "train" || role == "validation" ? &moved.train
                          : role == "test"                        ? &moved.test
                          : role == "initial weights"             ? &moved.initial_weights
                          : role == "traced run"                  ? &moved.traced_run
                                                                  : nullptr;
        const fs::path path = place != nullptr ? option.substr(at + 1) : option;
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            throw UsageError(
                fmt::format("--data {}: {} is not there; a folder is asked for, or ROLE=PATH with one of the "
                            "roles train, "
                            "validation, test, \"initial weights\" and \"traced run\"",
                            option, path.string()));
        }
        if (place != nullptr) {
            *place = path;
        } else if (fs::is_directory(path, ignored)) {
            moved.folders.push_back(path);
        } else {
            throw UsageError(
                fmt::format("--data {0}: is a file; ROLE={0} says what for: train, test, \"initial "
                            "weights\" or \"traced run\"",
                            option));
        }
    }
    return moved;
}

std::vector<Override> overrides_of(const MovedData& moved, const ModelSpec& model, const fs::path& run) {
    if (!moved.any()) return {};
    Finder finder(moved, model);
    if (finder.overrides.empty()) {
        throw UsageError(fmt::format("--data: nothing there is called as the data of {} are: {}",
                                     run.string(), fmt::join(finder.names, ", ")));
    }
    return std::move(finder.overrides);
}

}  // namespace snnff::app
