#include "data/hdf5_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace snnff::hdf5_files {
namespace {

constexpr std::size_t most_listed = 16, deepest = 4;

/// Appends `/train/images [200, 20] float32` for every set, groups after sets.
void list_sets(const hdf5::Group& group, std::size_t depth, std::vector<std::string>& sets) {
    std::vector<std::string> groups;
    const auto children = group.children();
    for (const std::string& name : children) {
        if (sets.size() >= most_listed) return;
        try {
            const hdf5::Dataset set = group.dataset(name);
            sets.push_back(fmt::format("{} {} {}", set.path(), shape_text(set.shape()), set.type_text()));
        } catch (const FileError&) {
            groups.push_back(name);  // or a set that is not read
        }
    }
    for (const std::string& name : groups) {
        if (depth >= deepest) return;
        try {
            list_sets(group.group(name), depth + 1, sets);
        } catch (const FileError&) {
            continue;
        }
    }
}

std::string sets_of(const hdf5::Group& file) {
    std::vector<std::string> sets;
    list_sets(file, 0, sets);
    if (sets.empty()) return "it has no data set that is read";
    return fmt::format("it has {}{}", fmt::join(sets, ", "), sets.size() >= most_listed ? " and more" : "");
}

FoundLabels of_enumeration(const hdf5::Dataset& dataset,
                           const std::vector<std::pair<std::string, std::int64_t>>& members,
                           const FoundLabels& numbers) {
    std::vector<std::string> names, order;
    for (const auto& [name, value] : members) order.push_back(class_name(name));
    for (std::size_t s = 0; s < numbers.number.size(); ++s) {
        const double number = numbers.number[s];
        const auto at = std::ranges::find_if(
            members, [&](const auto& member) { return static_cast<double>(member.second) == number; });
        if (at == members.end()) {
            throw DataError(fmt::format("{}: sample {} has the label {}, which the enumeration {} lacks",
                                        dataset.where(), s, number, fmt::join(order, ", ")));
        }
        names.push_back(at->first);
    }
    FoundLabels found = labels_in(dataset.where(), std::move(names));
    found.order = std::move(order);
    return found;
}

}  // namespace

std::string shape_text(const std::vector<hsize_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

hdf5::Dataset find_set(const hdf5::Group& file, std::string_view path, std::string_view hint) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    return as_data_error([&] {
        // Every part must be there: HDF5 has no answer for what lies below nothing.
        for (std::size_t end = 0; end < path.size();) {
            end = std::min(path.find('/', end + 1), path.size());
            if (file.has(path.substr(0, end))) continue;
            throw DataError(
                fmt::format("{}: has no data set /{}; {}{}", file.file(), path, sets_of(file), hint));
        }
        try {
            return file.dataset(path);
        } catch (const FileError& error) {
            if (file.has(path)) throw;
            throw DataError(fmt::format("{}; {}{}", error.what(), sets_of(file), hint));
        }
    });
}

std::vector<std::uint64_t> shape_of(const hdf5::Dataset& dataset) {
    const auto shape = as_data_error([&] { return dataset.shape(); });
    return {shape.begin(), shape.end()};
}

FoundLabels read_labels(const hdf5::Dataset& dataset, std::string_view of, std::uint64_t n_samples) {
    const auto shape = shape_of(dataset);
    const std::string where = dataset.where();
    if (dataset.is_text()) {
        auto names = as_data_error([&] { return hdf5::read_texts(dataset); });
        // Of the right shape: one name for each sample.
        labels_in(where, std::vector<double>(names.size()), shape, of, n_samples);
        return labels_in(where, std::move(names));
    }
    const std::size_t n = as_data_error([&] {
        dataset.expect_numbers();
        return dataset.n_held_values();
    });
    std::vector<double> values(n);
    hdf5::read(dataset, std::span{values});
    FoundLabels numbers = labels_in(where, values, shape, of, n_samples);
    const auto members = dataset.enumeration();
    return members.empty() ? numbers : of_enumeration(dataset, members, numbers);
}

}  // namespace snnff::hdf5_files
