#include "io/hdf5_write.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/canonical.hpp"
#include "core/memory.hpp"
#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/half_made.hpp"
#include "io/hdf5_file.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "io/turn.hpp"

namespace snnff::hdf5 {
namespace {

constexpr std::size_t least_chunk_bytes = std::size_t{64} << 10;
constexpr std::size_t usual_chunk_bytes = std::size_t{256} << 10;
constexpr std::size_t most_chunk_bytes = std::size_t{1} << 20;
// Less is stored in one piece: compressing it would save nothing.
constexpr std::size_t least_compressed_bytes = std::size_t{4} << 10;
// Higher levels cost several times the time for a few per cent: weights are nearly noise.
constexpr unsigned deflate_level = 4;

Handle object_properties(hid_t kind) {
    Handle properties(H5Pcreate(kind), H5Pclose);
    checked(H5Pset_attr_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    // Without time stamps the same run gives the same bytes but for /created.
    checked(H5Pset_obj_track_times(properties.get(), false));
    return properties;
}

Dataset create(const Group& parent, std::string_view name, hid_t type, const Handle& space,
               const Handle& properties, hid_t access = H5P_DEFAULT) {
    const std::string key(name);
    return {Handle(parent.check(H5Dcreate2(parent.id(), key.c_str(), type, space.get(), H5P_DEFAULT,
                                           properties.get(), access),
                                fmt::format("data set \"{}\" cannot be created", name)),
                   H5Dclose),
            parent.file(), parent.child_path(name)};
}

void compress(const Handle& properties, std::span<const hsize_t> chunk) {
    checked(H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()));
    checked(H5Pset_shuffle(properties.get()));
    checked(H5Pset_deflate(properties.get(), deflate_level));
    checked(H5Pset_fletcher32(properties.get()));  // over what is stored: damage ends a reader's unpacking
}

/// Whole rows, about `bytes` of them; part of a row where one alone is more than a chunk may be.
std::vector<hsize_t> chunk_shape(std::span<const hsize_t> shape, std::size_t value_bytes, std::size_t bytes) {
    std::vector<hsize_t> chunk(shape.begin(), shape.end());
    hsize_t row_bytes = value_bytes;
    for (std::size_t axis = 1; axis < chunk.size(); ++axis) row_bytes *= chunk[axis];
    if (row_bytes > most_chunk_bytes) {
        chunk.back() = bytes / value_bytes;
        row_bytes = bytes;
    }
    chunk[0] = std::clamp<hsize_t>((bytes + row_bytes - 1) / row_bytes, 1, std::max<hsize_t>(1, chunk[0]));
    return chunk;
}

}  // namespace

void write_file(const std::filesystem::path& path, Leaving kind,
                const std::function<void(const Group& root)>& fill, const std::function<void()>& then) {
    std::optional<Turn> turn(std::in_place, path);
    make_room(path, kind);
    Group root = create_file(path.string());
    turn.reset();
    InUse in_use;  // what is closed is not locked
    try {
        fill(root);
        flush(root);
        sync_to_disk(path);
        in_use = InUse(keep_locked(root));
        if (root.close() < 0) root.fail("cannot be closed");
        if (then) then();
    } catch (...) {
        if (root) abandon(root);
        root.close();
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        throw;
    }
}

void mark_as_ours(const Group& root) {
    set_attribute(root, "creator", "snnff-sim " SNNFF_VERSION);
    flush(root);
}

void write_in_place(const std::filesystem::path& path, bool replace,
                    const std::function<void(const Group& root)>& fill) {
    const std::filesystem::path place = behind_links(path), beside = place.string() + ".new";
    write_file(beside, Leaving::new_one, fill, [&] {
        // Small data sets, and chunks that are not full, have no checksum of HDF5's.
        BlockSums::add(beside);
        const Turn turn(place);
        refuse_other(place, replace);
        keep_mode(place, beside);
        take_place(beside, place);
    });
}

Group create_group(const Group& parent, std::string_view name) {
    check_address_space();
    const Handle properties = object_properties(H5P_GROUP_CREATE);
    checked(H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    // Some twenty names stay in one block, which is changed at once or not at all.
    checked(H5Pset_link_phase_change(properties.get(), 64, 0));
    checked(H5Pset_est_link_info(properties.get(), 16, 24));
    const std::string key(name);
    return {
        Handle(parent.check(H5Gcreate2(parent.id(), key.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                            fmt::format("group \"{}\" cannot be created", name)),
               H5Gclose),
        parent.file(), parent.child_path(name)};
}

template <class T>
Dataset write_array(const Group& parent, std::string_view name, std::span<const hsize_t> shape,
                    std::span<const T> values, bool compressed) {
    check_address_space();
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle properties = object_properties(H5P_DATASET_CREATE);
    if (compressed && values.size_bytes() >= least_compressed_bytes)
        compress(properties, chunk_shape(shape, sizeof(T), usual_chunk_bytes));
    Dataset dataset = create(parent, name, file_type<T>(), space, properties);
    if (!values.empty()) write(dataset, values);
    return dataset;
}

template <class T>
void write(const Dataset& dataset, std::span<const T> values) {
    const Canonical<T> stored(values);
    dataset.check(
        H5Dwrite(dataset.id(), memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, stored.values().data()),
        "cannot be written");
}

template void write(const Dataset&, std::span<const double>);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>, std::span<const float>,
                             bool);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>,
                             std::span<const double>, bool);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>,
                             std::span<const std::int32_t>, bool);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>,
                             std::span<const std::int64_t>, bool);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>,
                             std::span<const std::uint32_t>, bool);
template Dataset write_array(const Group&, std::string_view, std::span<const hsize_t>,
                             std::span<const std::uint64_t>, bool);

Dataset write_text(const Group& parent, std::string_view name, std::string_view text) {
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle type = text_type();
    Dataset dataset = create(parent, name, type.get(), space, object_properties(H5P_DATASET_CREATE));
    const std::string value(text);
    const char* pointer = value.c_str();
    dataset.check(H5Dwrite(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer),
                  "cannot be written");
    return dataset;
}

namespace {

constexpr std::size_t word_bytes = 16;

Handle word_type() {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    checked(H5Tset_size(type.get(), word_bytes));
    checked(H5Tset_cset(type.get(), H5T_CSET_UTF8));
    return type;
}

}  // namespace

Dataset create_word(const Group& parent, std::string_view name, std::string_view word) {
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle type = word_type();
    Dataset dataset = create(parent, name, type.get(), space, object_properties(H5P_DATASET_CREATE));
    write_word(dataset, word);
    return dataset;
}

void write_word(const Dataset& dataset, std::string_view word) {
    std::array<char, word_bytes> bytes{};
    std::copy_n(word.begin(), std::min(word.size(), word_bytes - 1), bytes.begin());
    const Handle type = word_type();
    dataset.check(H5Dwrite(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
                  "cannot be written");
}

Dataset write_texts(const Group& parent, std::string_view name, std::span<const hsize_t> shape,
                    std::span<const std::string> texts) {
    const Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Handle type = text_type();
    Dataset dataset = create(parent, name, type.get(), space, object_properties(H5P_DATASET_CREATE));
    std::vector<std::string> values;
    for (const std::string& text : texts) values.push_back(as_utf8(text));
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    dataset.check(H5Dwrite(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
                  "cannot be written");
    return dataset;
}

void make_scale(const Dataset& coordinate) {
    coordinate.check(H5DSset_scale(coordinate.id(), coordinate.name().c_str()), "cannot become an axis");
}

Dataset create_dimension(const Group& parent, std::string_view name, std::optional<std::uint64_t> length) {
    check_address_space();
    const hsize_t size = length.value_or(0), most = length ? size : H5S_UNLIMITED;
    const Handle space(H5Screate_simple(1, &size, &most), H5Sclose);
    const Handle properties = object_properties(H5P_DATASET_CREATE);
    const hsize_t chunk = least_chunk_bytes / sizeof(float);
    if (!length) checked(H5Pset_chunk(properties.get(), 1, &chunk));
    Dataset dataset = create(parent, name, H5T_IEEE_F32BE, space, properties);
    // The words by which readers of netCDF know that there are no values; nothing is stored.
    const std::string words =
        fmt::format("This is a netCDF dimension but not a netCDF variable.{:10}", length.value_or(0));
    dataset.check(H5DSset_scale(dataset.id(), words.c_str()), "cannot become an axis");
    return dataset;
}

void attach_scale(const Dataset& dataset, unsigned axis, const Dataset& scale) {
    dataset.check(H5DSattach_scale(dataset.id(), scale.id(), axis), "cannot be given an axis");
}

void set_length(const Dataset& dimension, std::uint64_t length) {
    const hsize_t size = length;
    dimension.check(H5Dset_extent(dimension.id(), &size), "cannot grow");
}

Growing create_growing(const Group& parent, std::string_view name, hid_t type, std::size_t width) {
    const std::size_t rank = width == 0 ? 1 : 2, value_bytes = size_of(type);
    const std::array<hsize_t, 2> size{0, width}, most{H5S_UNLIMITED, width};
    const std::array<hsize_t, 2> unbounded{least_chunk_bytes, width};
    const auto chunk = chunk_shape(std::span{unbounded}.first(rank), value_bytes, least_chunk_bytes);

    const Handle space(H5Screate_simple(static_cast<int>(rank), size.data(), most.data()), H5Sclose);
    const Handle properties = object_properties(H5P_DATASET_CREATE);
    compress(properties, chunk);
    // Chunks come whole and are not read back, so HDF5 need keep no more than the one being written.
    const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    checked(H5Pset_chunk_cache(access.get(), 101, 2 * least_chunk_bytes, 1.0));
    return {create(parent, name, type, space, properties, access.get()), static_cast<std::size_t>(chunk[0])};
}

}  // namespace snnff::hdf5
