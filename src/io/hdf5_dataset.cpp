// Data sets: what is checked before they are read, and reading them.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

// A chunk is unpacked as a whole, so its size is memory asked for.
constexpr std::uint64_t max_chunk_bytes = std::uint64_t{256} << 20;
// No deflate stream unpacks to more than 1032 times its size (RFC 1951: 258 bytes from 2 bits).
constexpr std::uint64_t max_deflate_ratio = 1032;

H5T_class_t type_class(const Dataset& dataset) {
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    return H5Tget_class(type.get());
}

bool is_compressed(const Dataset& dataset, hid_t creation) {
    bool compressed = false;
    const int n_filters = dataset.check(H5Pget_nfilters(creation), "has unreadable filters");
    for (int i = 0; i < n_filters; ++i) {
        unsigned flags = 0;
        std::size_t n_values = 0;
        std::array<char, 64> name{};
        const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &n_values,
                                                   nullptr, name.size(), name.data(), nullptr);
        compressed |= filter == H5Z_FILTER_DEFLATE;
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) {
            throw FileError(
                fmt::format("{}: is stored through the filter \"{}\" ({}); gzip and shuffle are read",
                            dataset.where(), name[0] != '\0' ? name.data() : "unknown", filter));
        }
    }
    return compressed;
}

}  // namespace

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
    if (type_class(*this) != H5T_INTEGER) throw FileError(fmt::format("{}: does not hold integers", where()));
}
void Dataset::expect_numbers() const {
    const H5T_class_t found = type_class(*this);
    if (found != H5T_FLOAT && found != H5T_INTEGER) {
        throw FileError(fmt::format("{}: does not hold numbers", where()));
    }
}
bool Dataset::is_text() const { return type_class(*this) == H5T_STRING; }

void Dataset::expect_stored() const {
    const Handle creation(check(H5Dget_create_plist(id()), "cannot be read"), H5Pclose);
    if (check(H5Pget_external_count(creation.get()), "cannot be read") > 0) {
        throw FileError(fmt::format("{}: its data lies in another file; store it in this one", where()));
    }
    const H5D_layout_t layout = H5Pget_layout(creation.get());
    if (layout == H5D_VIRTUAL) {
        throw FileError(fmt::format("{}: is a view of other data sets; store the data itself", where()));
    }
    const Handle type(check(H5Dget_type(id()), "has no type"), H5Tclose);
    const std::uint64_t value_bytes = H5Tget_size(type.get());
    std::uint64_t stored = H5Dget_storage_size(id());
    if (layout == H5D_CHUNKED) {
        std::array<hsize_t, H5S_MAX_RANK> chunk{};
        const int rank = check(H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk.data()), "cannot be read");
        std::uint64_t chunk_bytes = value_bytes;  // HDF5 keeps chunks below 4 GiB: no overflow
        for (int i = 0; i < rank; ++i) chunk_bytes *= chunk[static_cast<std::size_t>(i)];
        if (chunk_bytes > max_chunk_bytes) {
            throw FileError(fmt::format("{}: has chunks of {} bytes; up to {} are read", where(), chunk_bytes,
                                        max_chunk_bytes));
        }
        if (is_compressed(*this, creation.get())) stored *= max_deflate_ratio;
    }
    if (n_values() > stored / value_bytes) {
        throw FileError(fmt::format("{}: claims {} values of {} bytes, but only {} bytes are stored", where(),
                                    n_values(), value_bytes, H5Dget_storage_size(id())));
    }
}

template <class T>
void read(const Dataset& dataset, std::span<T> values) {
    if (values.empty()) return;
    dataset.check(H5Dread(dataset.id(), memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
                  "cannot be read");
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
    dataset.check(H5Dread(dataset.id(), memory_type<T>(), to.get(), from.get(), H5P_DEFAULT, values.data()),
                  "cannot be read");
}

std::string read_text(const Dataset& dataset) {
    if (!dataset.is_text() || dataset.n_values() != 1) {
        throw FileError(fmt::format("{}: is not one string", dataset.where()));
    }
    dataset.expect_stored();
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    if (H5Tis_variable_str(type.get()) > 0) {
        const Handle memory = text_type();
        H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
        char* text = nullptr;
        dataset.check(H5Dread(dataset.id(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &text),
                      "cannot be read");
        std::string result(text != nullptr ? text : "");
        H5free_memory(text);
        return result;
    }
    std::string result(H5Tget_size(type.get()), '\0');
    dataset.check(H5Dread(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data()),
                  "cannot be read");
    return result.substr(0, result.find('\0'));
}

std::vector<std::string> read_texts(const Dataset& dataset) {
    if (!dataset.is_text()) throw FileError(fmt::format("{}: does not hold strings", dataset.where()));
    dataset.expect_stored();
    const auto n = static_cast<std::size_t>(dataset.n_values());
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    std::vector<std::string> texts;
    if (H5Tis_variable_str(type.get()) <= 0) {
        const std::size_t length = H5Tget_size(type.get());
        std::string all(n * length, '\0');
        dataset.check(H5Dread(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()),
                      "cannot be read");
        for (std::size_t i = 0; i < n; ++i) {
            const std::string text = all.substr(i * length, length);
            texts.push_back(text.substr(0, text.find('\0')));
        }
        return texts;
    }
    const Handle memory = text_type();
    H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
    std::vector<char*> pointers(n, nullptr);
    dataset.check(H5Dread(dataset.id(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()),
                  "cannot be read");
    for (char* text : pointers) {
        texts.emplace_back(text != nullptr ? text : "");
        H5free_memory(text);
    }
    return texts;
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
