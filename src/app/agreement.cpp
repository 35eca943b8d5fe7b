#include "app/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "app/flatten.hpp"
#include "app/table.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

/// Role and SHA-256 of each data file; of runs from before roles were kept, name and SHA-256.
std::vector<std::pair<std::string, std::string>> hashes_of(const Provenance& provenance) {
    std::vector<std::pair<std::string, std::string>> hashes;
    for (const DataFile& file : provenance.data) hashes.emplace_back(file.role, file.sha256);
    for (const auto& [name, fact] : provenance.facts) {
        if (name.starts_with("sha256 ")) hashes.emplace_back(name, text_of(fact));
    }
    return hashes;
}

/// Keys that say where data are.
bool is_path(const std::string& key) {
    constexpr std::string_view of_data[] = {"data.folder",       "data.train",        "data.test",
                                            "data.train_images", "data.train_labels", "data.test_images",
                                            "data.test_labels"};
    if (std::ranges::find(of_data, key) != std::end(of_data)) return true;
    return key.starts_with("population.") && key.ends_with(".init.path");
}

struct Run {
    RunSummary summary;
    std::map<std::string, std::string> model;  ///< without title and paths
    std::map<std::string, std::string> paths;
    std::vector<std::pair<std::string, std::string>> hashes;
};

Run read(const fs::path& path) {
    Run run{.summary = read_run(path), .model = {}, .paths = {}, .hashes = {}};
    run.hashes = hashes_of(run.summary.provenance);
    const ModelSpec model =
        read_model_text(run.summary.model_toml, path.string() + ":/model", path.parent_path(), {});
    for (const auto& [key, value] : flatten(model.resolved)) {
        if (key != "title") (is_path(key) ? run.paths : run.model).emplace(key, value);
    }
    return run;
}

bool same_model(const Run& a, const Run& b) {
    if (a.model != b.model) return false;
    if (a.hashes.empty() || b.hashes.empty()) return a.paths == b.paths;
    return a.hashes == b.hashes;
}

/// Where only the files' content tells two models apart.
bool only_data_differ(const Run& a, const Run& b) {
    return a.model == b.model && a.paths == b.paths && !same_model(a, b);
}

std::vector<OtherData::File> files_that_differ(const Run& a, const Run& b) {
    std::vector<OtherData::File> files;
    for (const auto& [role, sha256] : a.hashes) files.push_back({role, {sha256, std::string()}});
    for (const auto& hash : b.hashes) {
        const auto known = std::ranges::find_if(files, [&hash](const OtherData::File& file) {
            return file.role == hash.first && file.sha256[1].empty();
        });
        if (known != files.end())
            known->sha256[1] = hash.second;
        else
            files.push_back({hash.first, {std::string(), hash.second}});
    }
    std::erase_if(files, [](const OtherData::File& file) { return file.sha256[0] == file.sha256[1]; });
    return files;
}

}  // namespace

Agreements agreements(const std::vector<fs::path>& files) {
    std::vector<Run> runs;
    for (const fs::path& file : files) runs.push_back(read(file));
    Agreements found;
    for (std::size_t k = 1; k < runs.size(); ++k) {
        const auto first = std::find_if(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(k),
                                        [&](const Run& run) { return same_model(run, runs[k]); });
        const auto i = static_cast<std::size_t>(first - runs.begin());
        if (i == k) {
            const auto like = std::find_if(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(k),
                                           [&](const Run& run) { return only_data_differ(run, runs[k]); });
            if (like != first)
                found.other_data.push_back(
                    {static_cast<std::size_t>(like - runs.begin()), k, files_that_differ(*like, runs[k])});
            continue;
        }
        Agreement agreement{.first = i, .second = k};
        const auto& then = first->summary.provenance;
        const auto& now = runs[k].summary.provenance;
        if (then.text("numbers") != now.text("numbers"))
            agreement.numbers = {then.text("numbers"), now.text("numbers")};
        if (first->summary.status != "complete" || runs[k].summary.status != "complete") {
            agreement.n_epochs = std::min(first->summary.n_epochs, runs[k].summary.n_epochs);
            if (agreement.n_epochs == 0) continue;
        }
        agreement.arrays = agreement.n_epochs > 0 ? compare_arrays(files[i], files[k], agreement.n_epochs)
                                                  : compare_arrays(files[i], files[k]);
        found.of_one_model.push_back(std::move(agreement));
    }
    return found;
}

std::string in_words(const Agreements& agreements, const std::vector<std::string>& names) {
    std::string text;
    for (const OtherData& other : agreements.other_data) {
        text += fmt::format("{} and {}, one model and other data:", names[other.first], names[other.second]);
        std::string_view separator = " ";
        for (const OtherData::File& file : other.files) {
            const auto hash = [&](std::size_t side) {
                const std::string& sha256 = file.sha256[side];
                return sha256.empty() ? "not there" : sha256.substr(0, 12) + "…";
            };
            text += fmt::format("{}{} (SHA-256 {} and {})", separator, file.role, hash(0), hash(1));
            separator = ", ";
        }
        text += "\n";
    }
    for (const Agreement& agreement : agreements.of_one_model) {
        const ArraysCompared& arrays = agreement.arrays;
        text += fmt::format("{} and {}, one model: ", names[agreement.first], names[agreement.second]);
        const std::string part =
            agreement.n_epochs > 0 ? fmt::format(" of {}", counted(agreement.n_epochs, "epoch")) : "";
        if (agreement.same()) {
            text += fmt::format("same bits: {}{}", counted(arrays.n_arrays, "array"), part);
            if (const std::size_t n = arrays.only_first.size() + arrays.only_second.size(); n > 0)
                text += fmt::format(", and {} that only one of them has", n);
        } else {
            text += fmt::format("other bits{}: {} is {} and {}; {} of {} differ", part, arrays.first->place(),
                                arrays.first->first, arrays.first->second, arrays.n_different,
                                counted(arrays.n_arrays, "array"));
        }
        const auto number = [&](std::size_t side) {
            return agreement.numbers[side].empty() ? "-" : agreement.numbers[side];
        };
        if (agreement.numbers != std::array<std::string, 2>{})
            text += fmt::format("; they were calculated by numbers = {} and {}", number(0), number(1));
        text += "\n";
    }
    return text;
}

}  // namespace snnff::app
