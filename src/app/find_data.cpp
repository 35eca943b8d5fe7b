#include "app/find_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "app/output.hpp"
#include "app/trained.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

constexpr int most_levels = 4;  // of folders above the run's that are looked at

/// Where a file that has gone lies in relation to the run, the longest part of its path first: the end of a
/// path says more than a name alone.
std::optional<fs::path> look_for(const fs::path& gone, const fs::path& run) {
    std::error_code error;
    std::vector<fs::path> folders;
    fs::path folder = fs::absolute(run, error).parent_path().lexically_normal();
    for (int level = 0; level < most_levels; ++level) {
        folders.push_back(folder);
        if (folder == folder.root_path()) break;
        folder = folder.parent_path();
    }
    std::vector<fs::path> ends{gone.relative_path()};
    for (fs::path end = ends.front(); std::distance(end.begin(), end.end()) > 1;) {
        end = end.lexically_relative(*end.begin());
        ends.push_back(end);
    }
    for (const fs::path& end : ends) {
        for (const fs::path& in : folders) {
            if (is_there(in / end)) return in / end;
        }
    }
    return {};
}

/// Every text below a table, by its key.
template <class Visit>
void for_texts(const Node& node, const std::string& key, const Visit& visit) {
    if (const auto* text = std::get_if<std::string>(&node.value)) return visit(key, *text);
    const auto* table = std::get_if<Node::Table>(&node.value);
    if (table == nullptr) return;
    for (const auto& [name, entry] : *table) {
        for_texts(entry, key.empty() ? key_text(name) : key + "." + key_text(name), visit);
    }
}

/// The keys of files that have gone, and where they are now.
std::vector<Override> found(const ModelSpec& model, const fs::path& run) {
    std::vector<Override> overrides;
    for_texts(model.resolved, "", [&](const std::string& key, const std::string& text) {
        const bool is_file = std::ranges::any_of(
            model.given_files, [&](const GivenFile& given) { return given.path.string() == text; });
        if (!is_file || text.empty() || is_there(text)) return;
        const std::optional<fs::path> now = look_for(text, run);
        if (!now) return;
        note(fmt::format("{}: {} is not there any more; taken from {}", key, text, now->string()));
        overrides.push_back({key, value_text({now->string(), {}}), "--data"});
    });
    return overrides;
}

}  // namespace

ModelSpec read_kept_model(const std::string& toml, const fs::path& run, const MovedData& moved,
                          std::vector<Override> overrides, bool& found_elsewhere) {
    const std::string name = run.string() + ":/model";
    const fs::path folder = run.parent_path();
    ModelSpec model = read_model_text(toml, name, folder, overrides);
    std::vector<Override> places = overrides_of(moved, model, run);
    found_elsewhere = !places.empty();
    if (!places.empty()) {
        overrides.insert(overrides.end(), std::make_move_iterator(places.begin()),
                         std::make_move_iterator(places.end()));
        model = read_model_text(toml, name, folder, overrides);
    }
    places = found(model, run);
    if (places.empty()) {
        keep_label_place(model);
        return model;
    }
    found_elsewhere = true;
    overrides.insert(overrides.end(), std::make_move_iterator(places.begin()),
                     std::make_move_iterator(places.end()));
    model = read_model_text(toml, name, folder, overrides);
    keep_label_place(model);
    return model;
}

void check_found_data(const fs::path& run, const Provenance& then, std::span<const DataFile> now) {
    if (then.data.empty()) return;
    for (const DataFile& file : now) {
        const bool known = std::ranges::any_of(
            then.data, [&](const DataFile& before) { return before.sha256 == file.sha256; });
        if (known) continue;
        throw DataError(
            fmt::format("{}: is not a file that {} was made with (its SHA-256 is {}…); --data names "
                        "another",
                        file.path.string(), run.string(), file.sha256.substr(0, 12)));
    }
}

}  // namespace snnff::app
