// The arrays of a run file that follow from its model: which they are, and their values in pieces.
#include "io/run_file_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <utility>

#include "snnff/error.hpp"

namespace snnff {
namespace {

// /report/<name>/mapping holds data sets: three groups within each other.
constexpr std::size_t deepest = 16;

constexpr std::string_view no_variable = "This is a netCDF dimension but not a netCDF variable";

/// What says how and when a run was made, and not what came out of it.
bool left_out(const std::string& path) {
    return path == "model" || path == "provenance" || path == "status" || path == "training/seconds";
}

/// Follows from the error and the labels, which are arrays of their own: runs from before it was written have
/// the same digest.
bool follows_from_others(const std::string& attribute) {
    return attribute == "error_low" || attribute == "error_high" || attribute == "n_samples";
}

bool is_scale_without_content(const hdf5::Dataset& dataset) {
    return hdf5::has_attribute(dataset, "NAME") &&
           hdf5::read_text_attribute(dataset, "NAME").starts_with(no_variable);
}

bool holds_numbers(const hdf5::Group& group, const std::string& attribute) {
    const hdf5::Handle opened(H5Aopen(group.id(), attribute.c_str(), H5P_DEFAULT), H5Aclose);
    const hdf5::Handle type(H5Aget_type(opened.get()), H5Tclose);
    return hdf5::is_number(type.get(), H5T_INTEGER) || hdf5::is_number(type.get(), H5T_FLOAT);
}

class Walk {
  public:
    explicit Walk(const hdf5::Group& root) : root_(root) { visit(root, "", 0); }
    std::vector<ArrayPlace> places;

  private:
    void visit(const hdf5::Group& group, const std::string& path, std::size_t depth) {
        if (depth > deepest) {
            throw FileError(
                fmt::format("{}: has more than {} groups within each other", group.where(), deepest));
        }
        if (path == "evaluation" || path.starts_with("evaluation/")) {
            for (const std::string& name : hdf5::attribute_names(group)) {
                if (!follows_from_others(name) && holds_numbers(group, name)) places.push_back({path, name});
            }
        }
        std::vector<std::string> names = group.children();
        std::ranges::sort(names);
        for (const std::string& name : names)
            visit(group, name, path.empty() ? name : path + "/" + name, depth);
    }

    void visit(const hdf5::Group& group, const std::string& name, const std::string& path,
               std::size_t depth) {
        H5L_info_t link{};
        group.check(H5Lget_info(group.id(), name.c_str(), &link, H5P_DEFAULT), "cannot be searched");
        if (link.type != H5L_TYPE_HARD || left_out(path) || !seen_.insert(link.u.address).second) return;
        const hdf5::Handle opened =
            hdf5::Handle::if_any(H5Oopen(group.id(), name.c_str(), H5P_DEFAULT), H5Oclose);
        group.check(opened.get(), fmt::format("\"{}\" cannot be opened", name));
        const H5I_type_t kind = H5Iget_type(opened.get());
        if (kind == H5I_GROUP) {
            visit(root_.group(path), path, depth + 1);
        } else if (kind == H5I_DATASET && !is_scale_without_content(root_.dataset(path))) {
            places.push_back({path, ""});
        }
    }

    const hdf5::Group& root_;
    std::set<haddr_t> seen_;
};

// Values are looked at as they lie in the file's bytes.
static_assert(std::endian::native == std::endian::little);

template <class Bits>
void make_canonical(std::span<std::byte> bytes, Bits infinity, Bits not_a_number) {
    constexpr Bits magnitude = static_cast<Bits>(~Bits{0}) >> 1;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(Bits)) {
        Bits value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        if ((value & magnitude) > infinity) std::memcpy(bytes.data() + at, &not_a_number, sizeof value);
    }
}

void make_canonical(const std::string& type, std::span<std::byte> bytes) {
    if (type == "<f4") make_canonical<std::uint32_t>(bytes, 0x7f800000u, 0x7fc00000u);
    if (type == "<f8") make_canonical<std::uint64_t>(bytes, 0x7ff0000000000000u, 0x7ff8000000000000u);
}

template <class T>
std::string number_text(std::span<const std::byte> bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return fmt::format("{}", value);
}

}  // namespace

std::string ArrayPlace::path() const {
    std::string text;
    for (const char c : attribute.empty() ? object : object + "@" + attribute) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f || c == '\\') {
            text += fmt::format("\\x{:02x}", byte);
        } else {
            text += c;
        }
    }
    return text;
}

std::vector<ArrayPlace> array_places(const hdf5::Group& root) {
    std::vector<ArrayPlace> places = std::move(Walk(root).places);
    std::ranges::sort(places, {}, &ArrayPlace::path);
    return places;
}

ResultArray::ResultArray(const hdf5::Group& root, const ArrayPlace& place) {
    if (!place.attribute.empty()) {
        const hdf5::Group group = root.group(place.object);
        const hdf5::Handle opened(H5Aopen(group.id(), place.attribute.c_str(), H5P_DEFAULT), H5Aclose);
        const hdf5::Handle type(H5Aget_type(opened.get()), H5Tclose),
            space(H5Aget_space(opened.get()), H5Sclose);
        take_type(type.get(), group);
        shape_.resize(static_cast<std::size_t>(hdf5::checked(H5Sget_simple_extent_ndims(space.get()))));
        if (!shape_.empty()) hdf5::checked(H5Sget_simple_extent_dims(space.get(), shape_.data(), nullptr));
        const hssize_t n = hdf5::checked(H5Sget_simple_extent_npoints(space.get()));
        if (n < 0 || static_cast<hsize_t>(n) > H5Aget_storage_size(opened.get())) {
            throw FileError(fmt::format("{}: attribute \"{}\" claims more than it stores", group.where(),
                                        place.attribute));
        }
        attribute_.resize(static_cast<std::size_t>(n) * value_bytes_);
        if (n > 0) {
            group.check(H5Aread(opened.get(), memory_type_, attribute_.data()),
                        fmt::format("attribute \"{}\" cannot be read", place.attribute));
        }
        return;
    }
    dataset_ = root.dataset(place.object);
    const hdf5::Handle type(dataset_.check(H5Dget_type(dataset_.id()), "has no type"), H5Tclose);
    take_type(type.get(), dataset_);
    shape_ = dataset_.shape();
    if (dataset_.n_values() > 0) dataset_.expect_stored();
    if (type_ == "text") texts_ = hdf5::read_texts(dataset_);
    if (shape_.empty()) return;
    const hdf5::Handle space(dataset_.check(H5Dget_space(dataset_.id()), "has no shape"), H5Sclose);
    std::vector<hsize_t> most(shape_.size());
    hdf5::checked(H5Sget_simple_extent_dims(space.get(), nullptr, most.data()));
    grows_ = most[0] == H5S_UNLIMITED;
    const hdf5::Handle creation(dataset_.check(H5Dget_create_plist(dataset_.id()), "cannot be read"),
                                H5Pclose);
    if (hdf5::checked(H5Pget_layout(creation.get())) != H5D_CHUNKED) return;
    std::array<hsize_t, H5S_MAX_RANK> chunk{};
    const int rank =
        dataset_.check(H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk.data()), "cannot be read");
    chunk_bytes_ = value_bytes_;  // expect_stored() holds the product to 256 MiB
    for (int axis = 0; axis < rank; ++axis) chunk_bytes_ *= chunk[static_cast<std::size_t>(axis)];
}

void ResultArray::take_type(hid_t type, const hdf5::Object& object) {
    if (H5Tget_class(type) == H5T_STRING) {
        type_ = "text";
        return;
    }
    struct Known {
        std::string_view name;
        std::size_t bytes;
        hid_t little, big;
    };
    const std::array<Known, 10> all{{{"|i1", 1, H5T_STD_I8LE, H5T_STD_I8BE},
                                     {"|u1", 1, H5T_STD_U8LE, H5T_STD_U8BE},
                                     {"<i2", 2, H5T_STD_I16LE, H5T_STD_I16BE},
                                     {"<u2", 2, H5T_STD_U16LE, H5T_STD_U16BE},
                                     {"<i4", 4, H5T_STD_I32LE, H5T_STD_I32BE},
                                     {"<u4", 4, H5T_STD_U32LE, H5T_STD_U32BE},
                                     {"<i8", 8, H5T_STD_I64LE, H5T_STD_I64BE},
                                     {"<u8", 8, H5T_STD_U64LE, H5T_STD_U64BE},
                                     {"<f4", 4, H5T_IEEE_F32LE, H5T_IEEE_F32BE},
                                     {"<f8", 8, H5T_IEEE_F64LE, H5T_IEEE_F64BE}}};
    for (const Known& known : all) {
        if (H5Tequal(type, known.little) <= 0 && H5Tequal(type, known.big) <= 0) continue;
        type_ = known.name;
        value_bytes_ = known.bytes;
        memory_type_ = known.little;
        return;
    }
    throw FileError(
        fmt::format("{}: holds values of a kind that no run file has; integers, floats of 4 or 8 bytes and "
                    "text are compared",
                    object.where()));
}

std::string ResultArray::shape_text() const { return fmt::format("[{}]", fmt::join(shape_, ",")); }

std::uint64_t ResultArray::n_values() const noexcept {
    std::uint64_t n = 1;  // expect_stored() has seen that it can be counted, or a size is 0
    for (const hsize_t size : shape_) n *= size;
    return n;
}

void ResultArray::cut(std::uint64_t n_rows) {
    if (!shape_.empty()) shape_[0] = std::min<hsize_t>(shape_[0], n_rows);
    if (type_ == "text") texts_.resize(static_cast<std::size_t>(n_values()));
}

std::string ResultArray::text_of(std::span<const std::byte> value) const {
    if (type_ == "<f4") return number_text<float>(value);
    if (type_ == "<f8") return number_text<double>(value);
    const bool is_signed = type_[1] == 'i';
    switch (value_bytes_) {
        case 1:
            return fmt::format("{}", is_signed ? int{std::bit_cast<std::int8_t>(value[0])}
                                               : int{std::to_integer<std::uint8_t>(value[0])});
        case 2:
            return is_signed ? number_text<std::int16_t>(value) : number_text<std::uint16_t>(value);
        case 4:
            return is_signed ? number_text<std::int32_t>(value) : number_text<std::uint32_t>(value);
        default:
            return is_signed ? number_text<std::int64_t>(value) : number_text<std::uint64_t>(value);
    }
}

ResultArray::Pieces::Pieces(const ResultArray& array, std::uint64_t bytes) : array_(array) {
    const std::vector<hsize_t>& shape = array.shape_;
    done_ = array.n_values() == 0 || array.type_ == "text";
    if (done_ || shape.empty()) return;
    at_.assign(shape.size(), 0);
    // As many of the last axes as fit into a piece stay whole.
    std::uint64_t row_bytes = array.value_bytes_;
    for (axis_ = shape.size() - 1; axis_ > 0 && row_bytes * shape[axis_] <= bytes; --axis_)
        row_bytes *= shape[axis_];
    rows_each_ = std::clamp<hsize_t>(bytes / row_bytes, 1, shape[axis_]);
}

std::span<const std::byte> ResultArray::Pieces::next() {
    if (done_) return {};
    if (!array_.dataset_) {
        done_ = true;
        buffer_ = array_.attribute_;
        make_canonical(array_.type_, buffer_);
        return buffer_;
    }
    const hdf5::Dataset& dataset = array_.dataset_;
    const std::vector<hsize_t>& shape = array_.shape_;
    const hdf5::Handle from(dataset.check(H5Dget_space(dataset.id()), "cannot be read"), H5Sclose);
    // Of as many axes as the array has: HDF5 copies blocks between spaces of one rank, and single values
    // between others.
    std::vector<hsize_t> count(std::max<std::size_t>(1, shape.size()), 1);
    if (shape.empty()) {
        done_ = true;
    } else {
        count[axis_] = std::min<hsize_t>(rows_each_, shape[axis_] - at_[axis_]);
        for (std::size_t inner = axis_ + 1; inner < shape.size(); ++inner) count[inner] = shape[inner];
        dataset.check(
            H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, at_.data(), nullptr, count.data(), nullptr),
            "cannot be read");
        at_[axis_] += count[axis_];
        // An odometer over the axes before it.
        for (std::size_t axis = axis_; at_[axis] == shape[axis]; --axis) {
            if (axis == 0) {
                done_ = true;
                break;
            }
            at_[axis] = 0;
            ++at_[axis - 1];
        }
    }
    const hdf5::Handle to(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
    hsize_t n = 1;
    for (const hsize_t size : count) n *= size;
    buffer_.resize(static_cast<std::size_t>(n) * array_.value_bytes_);
    dataset.check(
        H5Dread(dataset.id(), array_.memory_type_, to.get(), from.get(), H5P_DEFAULT, buffer_.data()),
        "cannot be read");
    make_canonical(array_.type_, buffer_);
    return buffer_;
}

}  // namespace snnff
