// Data sets of lists, each with a length of its own, and the memory for such values.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "io/hdf5_variable.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

template <class T>
void expect_lists(const Dataset& dataset) {
    const Handle type(dataset.check(H5Dget_type(dataset.id()), "has no type"), H5Tclose);
    bool fits = H5Tget_class(type.get()) == H5T_VLEN;
    if (fits) {
        const Handle element(H5Tget_super(type.get()), H5Tclose);
        fits = is_number(element.get(), H5T_INTEGER) ||
               (std::is_floating_point_v<T> && is_number(element.get(), H5T_FLOAT));
    }
    if (!fits) {
        throw FileError(fmt::format("{}: does not hold lists of {}", dataset.where(),
                                    std::is_floating_point_v<T> ? "numbers" : "integers"));
    }
}

void* allocate(std::size_t size, void* left) {
    auto& bytes = *static_cast<std::uint64_t*>(left);
    if (size > bytes) return nullptr;
    bytes -= size;
    return std::malloc(size);
}
void release(void* memory, void*) { std::free(memory); }

}  // namespace

VariableMemory::VariableMemory(std::uint64_t bytes)
    : left_(bytes), transfer_(H5Pcreate(H5P_DATASET_XFER), H5Pclose) {
    checked(H5Pset_vlen_mem_manager(transfer_.get(), allocate, &left_, release, nullptr));
}

template <class T>
std::vector<std::vector<T>> read_lists(const Dataset& dataset, std::uint64_t first_row,
                                       std::uint64_t n_rows) {
    expect_lists<T>(dataset);
    // No two rows share their values on disk, where they take a byte each at least.
    VariableMemory memory(dataset.n_file_bytes() * sizeof(T));
    const Handle type(H5Tvlen_create(memory_type<T>()), H5Tclose);
    const Handle from(dataset.check(H5Dget_space(dataset.id()), "cannot be read"), H5Sclose);
    const hsize_t start = first_row, count = n_rows;
    const Handle to(H5Screate_simple(1, &count, nullptr), H5Sclose);
    dataset.check(H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, &start, nullptr, &count, nullptr),
                  "cannot be read");
    std::vector<hvl_t> lists(n_rows, hvl_t{0, nullptr});
    const Reclaimed reclaimed(type.get(), to.get(), memory.transfer(), lists.data());
    dataset.check(H5Dread(dataset.id(), type.get(), to.get(), from.get(), memory.transfer(), lists.data()),
                  "cannot be read");
    std::vector<std::vector<T>> result;
    result.reserve(n_rows);
    for (const hvl_t& list : lists) {
        const T* values = static_cast<const T*>(list.p);
        result.emplace_back(values, values + list.len);
    }
    return result;
}

FloatType float_type_of_lists(const Dataset& dataset) {
    expect_lists<double>(dataset);
    const Handle list(dataset.check(H5Dget_type(dataset.id()), "has no type"), H5Tclose);
    const Handle type(dataset.check(H5Tget_super(list.get()), "has no type"), H5Tclose);
    if (H5Tget_class(type.get()) != H5T_FLOAT) return {};
    std::size_t sign = 0, exponent = 0, n_exponent = 0, mantissa = 0, n_mantissa = 0;
    dataset.check(H5Tget_fields(type.get(), &sign, &exponent, &n_exponent, &mantissa, &n_mantissa),
                  "has no fields of a floating-point number");
    const bool hidden_bit = H5Tget_norm(type.get()) == H5T_NORM_IMPLIED;
    // Values are read as doubles, which tell no more apart.
    return {static_cast<int>(std::min<std::size_t>(n_mantissa + (hidden_bit ? 1 : 0), 53)),
            1 - static_cast<int>(std::min<std::size_t>(H5Tget_ebias(type.get()), 1023))};
}

template std::vector<std::vector<double>> read_lists(const Dataset&, std::uint64_t, std::uint64_t);
template std::vector<std::vector<std::int64_t>> read_lists(const Dataset&, std::uint64_t, std::uint64_t);

}  // namespace snnff::hdf5
