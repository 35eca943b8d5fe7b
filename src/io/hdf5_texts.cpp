// Data sets of strings.
#include <fmt/format.h>

#include "io/hdf5_file.hpp"
#include "io/hdf5_variable.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

// A model file has at most 16 MiB; the edges of a NIR graph are short.
constexpr std::uint64_t max_text_bytes = std::uint64_t{64} << 20;

void expect_texts(const Dataset& dataset) {
    if (!dataset.is_text()) throw FileError(fmt::format("{}: does not hold strings", dataset.where()));
    dataset.expect_stored();
}

/// Strings of one length, cut at their first zero.
std::vector<std::string> read_fixed(const Dataset& dataset, const Handle& type, std::uint64_t n) {
    const std::size_t length = size_of(type.get());
    if (n > max_text_bytes / length) {
        throw FileError(fmt::format("{}: has {} strings of {} bytes; up to {} bytes are read",
                                    dataset.where(), n, length, max_text_bytes));
    }
    std::string all(n * length, '\0');
    dataset.check(H5Dread(dataset.id(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()),
                  "cannot be read");
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string text = all.substr(i * length, length);
        texts.push_back(text.substr(0, text.find('\0')));
    }
    return texts;
}

std::vector<std::string> read_variable(const Dataset& dataset, const Handle& type, std::uint64_t n) {
    if (n > max_text_bytes / sizeof(char*)) {
        throw FileError(fmt::format("{}: has {} strings; up to {} are read", dataset.where(), n,
                                    max_text_bytes / sizeof(char*)));
    }
    expect_referred(dataset, n);
    VariableMemory memory(max_text_bytes);
    const Handle in_memory = text_type();
    checked(H5Tset_cset(in_memory.get(), H5Tget_cset(type.get())));
    const Handle space(dataset.check(H5Dget_space(dataset.id()), "has no shape"), H5Sclose);
    std::vector<char*> pointers(n, nullptr);
    const Reclaimed reclaimed(in_memory.get(), space.get(), memory.transfer(), pointers.data());
    dataset.check(
        H5Dread(dataset.id(), in_memory.get(), H5S_ALL, H5S_ALL, memory.transfer(), pointers.data()),
        "cannot be read");
    std::vector<std::string> texts;
    for (const char* text : pointers) texts.emplace_back(text != nullptr ? text : "");
    return texts;
}

}  // namespace

std::vector<std::string> read_texts(const Dataset& dataset) {
    expect_texts(dataset);
    const std::uint64_t n = dataset.n_values();
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    return H5Tis_variable_str(type.get()) > 0 ? read_variable(dataset, type, n)
                                              : read_fixed(dataset, type, n);
}

std::string read_text(const Dataset& dataset) {
    if (!dataset.is_text() || dataset.n_values() != 1) {
        throw FileError(fmt::format("{}: is not one string", dataset.where()));
    }
    return read_texts(dataset).front();
}

}  // namespace snnff::hdf5
