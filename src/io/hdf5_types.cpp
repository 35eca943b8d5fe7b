// What values of a data set are, in words.
#include <fmt/format.h>

#include <algorithm>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

std::string number_text(std::string_view kind, hid_t type) {
    return fmt::format("{}{}", kind, 8 * size_of(type));
}

std::vector<std::pair<std::string, std::int64_t>> members(hid_t type) {
    const Handle in_memory(H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose);
    const Handle base(H5Tget_super(in_memory.get()), H5Tclose);
    const std::size_t size = size_of(base.get());
    std::vector<std::pair<std::string, std::int64_t>> found;
    const int n = checked(H5Tget_nmembers(in_memory.get()));
    for (int i = 0; i < n && size <= sizeof(std::int64_t); ++i) {
        std::int64_t value = 0;
        char* const name = H5Tget_member_name(in_memory.get(), static_cast<unsigned>(i));
        if (name == nullptr) fail_without_name();
        const bool read = H5Tget_member_value(in_memory.get(), static_cast<unsigned>(i), &value) >= 0 &&
                          H5Tconvert(base.get(), H5T_NATIVE_INT64, 1, &value, nullptr, H5P_DEFAULT) >= 0;
        if (read) found.emplace_back(name, value);
        checked(H5free_memory(name));
        if (!read) return {};
    }
    std::ranges::sort(found, {}, &std::pair<std::string, std::int64_t>::second);
    return found;
}

/// As h5py has NumPy's.
bool is_boolean(std::span<const std::pair<std::string, std::int64_t>> members) {
    return members.size() == 2 && members[0].first == "FALSE" && members[0].second == 0 &&
           members[1].first == "TRUE" && members[1].second == 1;
}

}  // namespace

std::vector<std::pair<std::string, std::int64_t>> Dataset::enumeration() const {
    const Handle type(check(H5Dget_type(id()), "has no type"), H5Tclose);
    if (H5Tget_class(type.get()) != H5T_ENUM) return {};
    auto found = members(type.get());
    if (is_boolean(found)) found.clear();
    return found;
}

std::size_t Dataset::value_bytes() const {
    const Handle type(check(H5Dget_type(id()), "has no type"), H5Tclose);
    return size_of(type.get());
}

std::string Dataset::type_text() const {
    const Handle type(check(H5Dget_type(id()), "has no type"), H5Tclose);
    switch (H5Tget_class(type.get())) {
        case H5T_INTEGER:
            return number_text(H5Tget_sign(type.get()) == H5T_SGN_NONE ? "uint" : "int", type.get());
        case H5T_FLOAT:
            return number_text("float", type.get());
        case H5T_STRING:
            return "string";
        case H5T_BITFIELD:
            return number_text("bits", type.get());
        case H5T_ENUM:
            return is_boolean(members(type.get())) ? "boolean" : "enumeration";
        case H5T_COMPOUND:
            return "compound";
        case H5T_REFERENCE:
            return "references (a cell array, where MATLAB wrote it)";
        case H5T_VLEN:
            return "lists";
        case H5T_ARRAY:
            return "arrays";
        default:
            return "opaque";
    }
}

}  // namespace snnff::hdf5
