// Data sets of lists, each with a length of its own.
#include <fmt/format.h>

#include <cstdlib>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

/// Bytes that may still be asked for; HDF5 asks for the memory of each list before it fills it.
struct Budget {
    std::uint64_t left;
};

void* allocate(std::size_t size, void* info) {
    Budget& budget = *static_cast<Budget*>(info);
    if (size > budget.left) return nullptr;
    budget.left -= size;
    return std::malloc(size);
}
void release(void* memory, void*) { std::free(memory); }

/// Gives the lists back however reading ends.
class Lists {
  public:
    Lists(std::size_t n, hid_t type, hid_t space, hid_t transfer)
        : values(n, hvl_t{0, nullptr}), type_(type), space_(space), transfer_(transfer) {}
    ~Lists() { H5Dvlen_reclaim(type_, space_, transfer_, values.data()); }
    Lists(const Lists&) = delete;
    Lists& operator=(const Lists&) = delete;
    std::vector<hvl_t> values;

  private:
    hid_t type_, space_, transfer_;
};

template <class T>
void expect_lists(const Dataset& dataset) {
    const Handle type(dataset.check(H5Dget_type(dataset.id()), "has no type"), H5Tclose);
    bool fits = H5Tget_class(type.get()) == H5T_VLEN;
    if (fits) {
        const Handle element(H5Tget_super(type.get()), H5Tclose);
        const H5T_class_t found = H5Tget_class(element.get());
        fits = found == H5T_INTEGER || (std::is_floating_point_v<T> && found == H5T_FLOAT);
    }
    if (!fits) {
        throw FileError(fmt::format("{}: does not hold lists of {}", dataset.where(),
                                    std::is_floating_point_v<T> ? "numbers" : "integers"));
    }
}

}  // namespace

template <class T>
std::vector<std::vector<T>> read_lists(const Dataset& dataset, std::uint64_t first_row,
                                       std::uint64_t n_rows) {
    expect_lists<T>(dataset);
    const Handle file(dataset.check(H5Iget_file_id(dataset.id()), "has no file"), H5Fclose);
    hsize_t file_bytes = 0;
    dataset.check(H5Fget_filesize(file.get(), &file_bytes), "has a file without a size");
    // No two rows share their values on disk, where they take a byte each at least.
    Budget budget{file_bytes * sizeof(T)};
    const Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
    H5Pset_vlen_mem_manager(transfer.get(), allocate, &budget, release, nullptr);

    const Handle type(H5Tvlen_create(memory_type<T>()), H5Tclose);
    const Handle from(dataset.check(H5Dget_space(dataset.id()), "cannot be read"), H5Sclose);
    const hsize_t start = first_row, count = n_rows;
    const Handle to(H5Screate_simple(1, &count, nullptr), H5Sclose);
    dataset.check(H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr),
                  "cannot be read");
    Lists lists(n_rows, type.get(), to.get(), transfer.get());
    dataset.check(
        H5Dread(dataset.id(), type.get(), to.get(), from.get(), transfer.get(), lists.values.data()),
        "cannot be read");
    std::vector<std::vector<T>> result;
    result.reserve(n_rows);
    for (const hvl_t& list : lists.values) {
        const T* values = static_cast<const T*>(list.p);
        result.emplace_back(values, values + list.len);
    }
    return result;
}

template std::vector<std::vector<double>> read_lists(const Dataset&, std::uint64_t, std::uint64_t);
template std::vector<std::vector<std::int64_t>> read_lists(const Dataset&, std::uint64_t, std::uint64_t);

}  // namespace snnff::hdf5
