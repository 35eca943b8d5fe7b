#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace snnff {

/// The row of names of a CSV file, where it has one.
struct CsvHeader {
    std::vector<std::string> names;  ///< of the columns; none where the first row is a sample
    std::string remark;              ///< what is to be said where a sample could look the same
};

/// Where labels and what is no input stand, as the model says it: names of columns, or their numbers.
struct CsvColumns {
    const std::string& label;
    const std::vector<std::string>& leave_out;
};

/// Tells from the first rows of a file whether it has names. Fields of columns that are no inputs say little:
/// labels can be words and numbers, and columns that are left out anything. Throws DataError where numbers
/// and words stand side by side in the first row's inputs, and FileError.
CsvHeader find_csv_header(const std::filesystem::path& path, std::optional<char> separator,
                          const CsvColumns& columns);

/// The first row as names, whatever it holds. Throws DataError where there is none, and FileError.
CsvHeader csv_header_of(const std::filesystem::path& path, std::optional<char> separator,
                        const CsvColumns& columns);

/// Which column a name or number is; nothing where there is none.
std::optional<std::size_t> csv_column(const std::string& called, const std::vector<std::string>& names,
                                      std::size_t n_columns);

/// A number, or what programs write for a boolean.
std::optional<double> csv_input(const std::string& text);

}  // namespace snnff
