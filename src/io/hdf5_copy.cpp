// Groups copied from file to file, with the axes of their data sets.
#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>

#include "io/hdf5_write.hpp"

namespace snnff::hdf5 {
namespace {

/// Path of a scale's data set, collected by H5DSiterate_scales.
herr_t collect_path(hid_t, unsigned, hid_t scale, void* paths) {
    std::string path(static_cast<std::size_t>(std::max<ssize_t>(H5Iget_name(scale, nullptr, 0), 0)), '\0');
    H5Iget_name(scale, path.data(), path.size() + 1);
    static_cast<std::vector<std::string>*>(paths)->push_back(path);
    return 0;
}

void forget(const Dataset& dataset, const char* attribute) {
    if (!has_attribute(dataset, attribute)) return;
    dataset.check(H5Adelete(dataset.id(), attribute), "its axes cannot be renewed");
}

/// Copied data sets name their axes by references into the file they came from: they are attached anew.
void attach_axes_again(const Group& from, const Group& to, const Group& root) {
    for (const std::string& name : from.child_groups())
        attach_axes_again(from.group(name), to.group(name), root);
    const std::vector<std::string> groups = from.child_groups();
    for (const std::string& name : from.children()) {
        if (std::ranges::find(groups, name) != groups.end()) continue;
        const Dataset source = from.dataset(name), copy = to.dataset(name);
        std::vector<std::vector<std::string>> axes(source.shape().size());
        for (unsigned axis = 0; axis < axes.size(); ++axis) {
            if (H5DSget_num_scales(source.id(), axis) > 0)
                H5DSiterate_scales(source.id(), axis, nullptr, collect_path, &axes[axis]);
        }
        forget(copy, "DIMENSION_LIST");
        for (unsigned axis = 0; axis < axes.size(); ++axis) {
            for (const std::string& path : axes[axis]) attach_scale(copy, axis, root.dataset(path.substr(1)));
        }
    }
}

/// The scales' own lists of who uses them, which point nowhere in a copy.
void forget_uses(const Group& group) {
    const std::vector<std::string> groups = group.child_groups();
    for (const std::string& name : groups) forget_uses(group.group(name));
    for (const std::string& name : group.children()) {
        if (std::ranges::find(groups, name) == groups.end()) forget(group.dataset(name), "REFERENCE_LIST");
    }
}

}  // namespace

void copy(const Group& from, std::string_view name, const Group& to) {
    const std::string key(name);
    from.check(H5Ocopy(from.id(), key.c_str(), to.id(), key.c_str(), H5P_DEFAULT, H5P_DEFAULT),
               fmt::format("\"{}\" cannot be copied", name));
    forget_uses(to.group(name));
    attach_axes_again(from.group(name), to.group(name), to);
}

}  // namespace snnff::hdf5
