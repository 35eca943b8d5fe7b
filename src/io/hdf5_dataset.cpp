// Data sets: what is checked before they are read, and reading them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/memory.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

// A chunk is unpacked as a whole, so its size is memory asked for.
constexpr std::uint64_t max_chunk_bytes = std::uint64_t{256} << 20;
// No deflate stream unpacks to more than 1032 times its size (RFC 1951: 258 bytes from 2 bits).
constexpr std::uint64_t max_deflate_ratio = 1032;
constexpr std::uint64_t max_held_bytes = std::uint64_t{16} << 30;

H5T_class_t type_class(const Dataset& dataset) {
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    return H5Tget_class(type.get());
}

bool holds(const Dataset& dataset, H5T_class_t kind) {
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    return is_number(type.get(), kind);
}

/// Booleans as PyTables writes them, a byte each.
bool is_bits(const Dataset& dataset) {
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    return H5Tget_class(type.get()) == H5T_BITFIELD && H5Tget_size(type.get()) == 1;
}

/// Reads what the file space selects. HDF5 converts bits to nothing else.
template <class T>
void read_selected(const Dataset& dataset, hid_t to, hid_t from, std::span<T> values) {
    if (!is_bits(dataset)) {
        dataset.check(H5Dread(dataset.id(), memory_type<T>(), to, from, H5P_DEFAULT, values.data()),
                      "cannot be read");
        return;
    }
    std::vector<std::uint8_t> bits(values.size());
    dataset.check(H5Dread(dataset.id(), H5T_NATIVE_B8, to, from, H5P_DEFAULT, bits.data()), "cannot be read");
    std::ranges::copy(bits, values.begin());
}

void expect_known_filters(const Dataset& dataset, hid_t creation) {
    const int n_filters = dataset.check(H5Pget_nfilters(creation), "has unreadable filters");
    int n_packing = 0;
    for (int i = 0; i < n_filters; ++i) {
        unsigned flags = 0;
        std::size_t n_values = 0;
        std::array<char, 64> name{};
        const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &n_values,
                                                   nullptr, name.size(), name.data(), nullptr);
        n_packing += filter == H5Z_FILTER_DEFLATE ? 1 : 0;
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) {
            throw FileError(
                fmt::format("{}: is stored through the filter \"{}\" ({}); gzip and shuffle are read",
                            dataset.where(), name[0] != '\0' ? name.data() : "unknown", filter));
        }
    }
    if (n_packing > 1) {
        throw FileError(
            fmt::format("{}: is compressed {} times over; once is read", dataset.where(), n_packing));
    }
}

/// Looked at first, for asking such a data set for its shape can open other files already.
void expect_in_file(const Dataset& dataset) {
    const Handle creation(dataset.check(H5Dget_create_plist(dataset.id()), "cannot be read"), H5Pclose);
    if (dataset.check(H5Pget_external_count(creation.get()), "cannot be read") > 0) {
        throw FileError(
            fmt::format("{}: its data lies in another file; store it in this one", dataset.where()));
    }
    if (dataset.check(H5Pget_layout(creation.get()), "cannot be read") == H5D_VIRTUAL) {
        throw FileError(
            fmt::format("{}: is a view of other data sets; store the data itself", dataset.where()));
    }
    expect_known_filters(dataset, creation.get());
}

bool is_compressed(hid_t creation) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    const bool found = H5Pget_filter_by_id2(creation, H5Z_FILTER_DEFLATE, &flags, &n_values, nullptr, 0,
                                            nullptr, nullptr) >= 0;
    H5Eclear2(H5E_DEFAULT);
    return found;
}

}  // namespace

Dataset Group::dataset(std::string_view path) const {
    Dataset dataset(open(path, H5I_DATASET, "data set"), file(), child_path(path));
    expect_in_file(dataset);
    return dataset;
}

std::vector<hsize_t> Dataset::shape() const {
    const Handle space(check(H5Dget_space(id()), "has no shape"), H5Sclose);
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
        throw FileError(fmt::format("{}: holds nothing", where()));
    }
    const int rank = check(H5Sget_simple_extent_ndims(space.get()), "has no shape");
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    if (rank > 0) check(H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr), "has no shape");
    return sizes;
}

std::uint64_t Dataset::n_values() const {
    std::uint64_t n = 1;
    for (const hsize_t size : shape()) {
        if (size != 0 && n > std::numeric_limits<std::uint64_t>::max() / size) {
            throw FileError(fmt::format("{}: has more values than can be counted", where()));
        }
        n *= size;
    }
    return n;
}

void Dataset::expect_integers() const {
    if (!holds(*this, H5T_INTEGER)) throw FileError(fmt::format("{}: does not hold integers", where()));
}
void Dataset::expect_numbers() const {
    if (holds(*this, H5T_FLOAT) || holds(*this, H5T_INTEGER) || is_bits(*this)) return;
    if (type_class(*this) == H5T_ENUM) return;  // h5py's booleans are one
    throw FileError(fmt::format("{}: does not hold numbers, but {}", where(), type_text()));
}
bool Dataset::is_text() const { return type_class(*this) == H5T_STRING; }

void Dataset::expect_stored() const {
    const Handle creation(check(H5Dget_create_plist(id()), "cannot be read"), H5Pclose);
    const Handle type(check(H5Dget_type(id()), "has no type"), H5Tclose);
    const std::uint64_t value_bytes = size_of(type.get());
    // What a file says of itself is no more than it can hold, and pieces may claim the same bytes.
    const std::uint64_t stored_bytes = std::min<std::uint64_t>(H5Dget_storage_size(id()), n_file_bytes());
    std::uint64_t stored = stored_bytes;
    if (check(H5Pget_layout(creation.get()), "cannot be read") == H5D_CHUNKED) {
        std::array<hsize_t, H5S_MAX_RANK> chunk{};
        const int rank = check(H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk.data()), "cannot be read");
        std::uint64_t chunk_bytes = value_bytes;
        for (int i = 0; i < rank && chunk_bytes <= max_chunk_bytes; ++i)  // each is below 4 GiB: no overflow
            chunk_bytes *= chunk[static_cast<std::size_t>(i)];
        if (chunk_bytes > max_chunk_bytes) {
            throw FileError(fmt::format("{}: has chunks of {} bytes or more; up to {} are read", where(),
                                        chunk_bytes, max_chunk_bytes));
        }
        if (is_compressed(creation.get())) stored *= max_deflate_ratio;
    }
    if (n_values() > stored / value_bytes) {
        throw FileError(fmt::format("{}: claims {} values of {} bytes, but only {} bytes are stored", where(),
                                    n_values(), value_bytes, stored_bytes));
    }
}

std::size_t Dataset::n_held_values() const {
    expect_stored();
    const std::uint64_t n = n_values(), most = std::min(max_held_bytes, memory_limit());
    if (n > most / sizeof(double)) {
        throw FileError(fmt::format("{}: has {} values; up to {} are read at once", where(), n,
                                    gibibytes(static_cast<double>(most))));
    }
    return static_cast<std::size_t>(n);
}

std::uint64_t Dataset::n_file_bytes() const {
    const Handle file(check(H5Iget_file_id(id()), "has no file"), H5Fclose);
    hsize_t n = 0;
    check(H5Fget_filesize(file.get(), &n), "has a file without a size");
    return n;
}

template <class T>
void read(const Dataset& dataset, std::span<T> values) {
    if (values.empty()) return;
    read_selected(dataset, H5S_ALL, H5S_ALL, values);
}

template <class T>
void read_rows(const Dataset& dataset, std::uint64_t n_rows, std::span<T> values, std::uint64_t first_row) {
    if (values.empty()) return;
    std::vector<hsize_t> count = dataset.shape();
    std::vector<hsize_t> start(count.size(), 0);
    start[0] = first_row;
    count[0] = n_rows;
    const Handle from(dataset.check(H5Dget_space(dataset.id()), "cannot be read"), H5Sclose);
    const hsize_t n = values.size();
    const Handle to(H5Screate_simple(1, &n, nullptr), H5Sclose);
    dataset.check(
        H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        "cannot be read");
    read_selected(dataset, to.get(), from.get(), values);
}

#define SNNFF_INSTANTIATE(T)                          \
    template void read(const Dataset&, std::span<T>); \
    template void read_rows(const Dataset&, std::uint64_t, std::span<T>, std::uint64_t);
SNNFF_INSTANTIATE(float)
SNNFF_INSTANTIATE(double)
SNNFF_INSTANTIATE(std::int32_t)
SNNFF_INSTANTIATE(std::int64_t)
SNNFF_INSTANTIATE(std::uint64_t)
#undef SNNFF_INSTANTIATE

}  // namespace snnff::hdf5
