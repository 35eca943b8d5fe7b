// Groups copied from file to file, with the axes of their data sets.
#include <fmt/format.h>
#include <hdf5_hl.h>

#include <set>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5_file.hpp"
#include "io/hdf5_write.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

// Reports lie two groups deep, and HDF5 copies groups by calling itself.
constexpr std::size_t deepest_copy = 8;

/// The data sets below a group, as paths from its root. Throws FileError where something below it would lead
/// elsewhere or be copied twice: links that are not plain, second names, data that is not in this file.
class Contents {
  public:
    explicit Contents(const Group& group) { add(group, 0); }
    const std::vector<std::string>& datasets() const noexcept { return datasets_; }

  private:
    void add(const Group& group, std::size_t depth) {
        if (depth > deepest_copy) {
            throw FileError(fmt::format("{}: has more than {} groups within each other; a report has two",
                                        group.where(), deepest_copy));
        }
        const std::vector<std::string> groups = group.child_groups();
        const std::set<std::string> is_group(groups.begin(), groups.end());
        for (const std::string& name : group.children()) {
            H5L_info_t link{};
            group.check(H5Lget_info(group.id(), name.c_str(), &link, H5P_DEFAULT), "cannot be searched");
            if (link.type == H5L_TYPE_HARD && !seen_.insert(link.u.address).second) {
                throw FileError(fmt::format("{}: {} is another name of what was there before; one is copied",
                                            group.file(), group.child_path(name)));
            }
            if (is_group.count(name) > 0) {
                add(group.group(name), depth + 1);
            } else {
                datasets_.push_back(group.dataset(name).path().substr(1));
            }
        }
    }
    std::set<haddr_t> seen_;
    std::vector<std::string> datasets_;
};

/// Path of the data set that a reference leads to; empty where it leads to none.
std::string referred(const Dataset& from, const hobj_ref_t& reference) {
    H5O_type_t kind = H5O_TYPE_UNKNOWN;
    if (H5Rget_obj_type2(from.id(), H5R_OBJECT, &reference, &kind) < 0 || kind != H5O_TYPE_DATASET) return {};
    const ssize_t length = H5Rget_name(from.id(), H5R_OBJECT, &reference, nullptr, 0);
    std::string path(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    if (length > 0) checked(H5Rget_name(from.id(), H5R_OBJECT, &reference, path.data(), path.size() + 1));
    return path;
}

bool holds_references(hid_t type) {
    if (H5Tget_class(type) != H5T_VLEN) return false;
    const Handle element(H5Tget_super(type), H5Tclose);
    return H5Tequal(element.get(), H5T_STD_REF_OBJ) > 0;
}

/// Paths of the scales along each axis. Read here, since H5DSiterate_scales takes the attribute for the lists
/// of references that it should be, and leaves open what they lead to where that is no data set.
std::vector<std::vector<std::string>> axes_of(const Dataset& dataset) {
    std::vector<std::vector<std::string>> axes(dataset.shape().size());
    if (!has_attribute(dataset, DIMENSION_LIST)) return axes;
    const Handle attribute(H5Aopen(dataset.id(), DIMENSION_LIST, H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
    const Handle lists(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose);
    std::vector<hvl_t> read(axes.size());
    if (!holds_references(type.get()) ||
        H5Sget_simple_extent_npoints(space.get()) != static_cast<hssize_t>(axes.size()) ||
        H5Aread(attribute.get(), lists.get(), read.data()) < 0) {
        throw FileError(
            fmt::format("{}: attribute \"{}\" is no list of its axes", dataset.where(), DIMENSION_LIST));
    }
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
        const std::span references(static_cast<const hobj_ref_t*>(read[axis].p), read[axis].len);
        for (const hobj_ref_t& reference : references) axes[axis].push_back(referred(dataset, reference));
    }
    checked(H5Dvlen_reclaim(lists.get(), space.get(), H5P_DEFAULT, read.data()));
    return axes;
}

/// H5DSattach_scale asks both data sets what they are: it leaves the attribute open where that is no text of
/// the length it has in an axis, and reads as many texts as there are into room for one.
void check_class(const Dataset& dataset) {
    if (!has_attribute(dataset, "CLASS")) return;
    const Handle attribute(H5Aopen(dataset.id(), "CLASS", H5P_DEFAULT), H5Aclose);
    const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
    if (H5Tget_class(type.get()) != H5T_STRING || H5Tget_strpad(type.get()) != H5T_STR_NULLTERM ||
        H5Tget_size(type.get()) != sizeof DIMENSION_SCALE_CLASS ||
        H5Sget_simple_extent_npoints(space.get()) != 1) {
        throw FileError(
            fmt::format("{}: attribute \"CLASS\" is not \"{}\"", dataset.where(), DIMENSION_SCALE_CLASS));
    }
}

void forget(const Dataset& dataset, const char* attribute) {
    if (!has_attribute(dataset, attribute)) return;
    dataset.check(H5Adelete(dataset.id(), attribute), "its axes cannot be renewed");
}

}  // namespace

void copy(const Group& from, std::string_view name, const Group& to) {
    const Contents contents(from.group(name));
    for (const std::string& path : contents.datasets()) check_class(from.dataset(path));
    const std::string key(name);
    expect_whole(from);
    from.check(H5Ocopy(from.id(), key.c_str(), to.id(), key.c_str(), H5P_DEFAULT, H5P_DEFAULT),
               fmt::format("\"{}\" cannot be copied", name));
    // Copied data sets name their axes by references into the file they came from, and scales those who use
    // them: all are attached anew.
    for (const std::string& path : contents.datasets()) {
        forget(to.dataset(path), REFERENCE_LIST);
        forget(to.dataset(path), DIMENSION_LIST);
    }
    for (const std::string& path : contents.datasets()) {
        const auto axes = axes_of(from.dataset(path));
        const Dataset copied = to.dataset(path);
        for (unsigned axis = 0; axis < axes.size(); ++axis) {
            for (const std::string& scale : axes[axis]) {
                if (scale.empty()) {
                    throw FileError(
                        fmt::format("{}: an axis of it is no data set", from.dataset(path).where()));
                }
                attach_scale(copied, axis, to.dataset(scale.substr(1)));
            }
        }
    }
}

}  // namespace snnff::hdf5
