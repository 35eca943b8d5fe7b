#include "data/csv_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>

#include "io/csv.hpp"
#include "io/gzip.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

using Fields = std::vector<std::string>;

std::optional<std::int64_t> number_of_column(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool says_missing(const std::string& field) {
    constexpr std::string_view words[] = {"",   "?",    "-",    "NA",   "N/A", "n/a",
                                          "na", "null", "NULL", "None", "."};
    return std::ranges::find(words, field) != std::end(words);
}

/// One that a column can be called after: a year, a place in an image.
bool is_count(const std::string& field) {
    return !field.empty() && std::ranges::all_of(field, [](char c) { return c >= '0' && c <= '9'; });
}

/// 0, 1, 2 and so on, as pandas calls columns that were given no names.
bool counts(std::span<const std::string> fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] != std::to_string(i)) return false;
    }
    return true;
}

/// A row of four and more values that happen to be 0, 1, 2, 3 is rarer than such names.
constexpr std::size_t fewest_that_count = 4;

/// The first two rows of a file; a mark of a comment, as np.savetxt puts it before names, is taken off the
/// first.
struct FirstRows {
    Fields first, second;
    bool is_called(const std::string& name) const { return std::ranges::find(first, name) != first.end(); }
};

void take_mark_off(FirstRows& rows, const CsvColumns& columns) {
    std::string& field = rows.first.front();
    if (!field.starts_with('#')) return;
    const std::string name = field.substr(std::min(field.find_first_not_of("# \t"), field.size()));
    const bool as_it_stands =
        columns.label == field || std::ranges::find(columns.leave_out, field) != columns.leave_out.end();
    if (as_it_stands) return;
    if (!name.empty()) {
        field = name;
    } else if (rows.first.size() == rows.second.size() + 1) {  // with blanks between fields
        rows.first.erase(rows.first.begin());
    }
}

FirstRows first_rows(const std::filesystem::path& path, std::optional<char> separator,
                     const CsvColumns& columns) {
    FirstRows rows;
    std::size_t n_rows = 0;
    read_csv(path, separator, [&](std::size_t, std::span<const std::string> fields) {
        (n_rows == 0 ? rows.first : rows.second).assign(fields.begin(), fields.end());
        return ++n_rows < 2;
    });
    if (n_rows == 0) throw DataError(fmt::format("{}: is empty", shown(path)));
    take_mark_off(rows, columns);
    return rows;
}

/// Whether another row has this field in its column, as samples of one class have.
bool stands_again(const std::filesystem::path& path, std::optional<char> separator, std::size_t column,
                  const std::string& field) {
    bool first = true, found = false;
    read_csv(path, separator, [&](std::size_t, std::span<const std::string> fields) {
        if (!first && column < fields.size() && fields[column] == field) found = true;
        first = false;
        return !found;
    });
    return found;
}

std::string by_looks(const std::filesystem::path& path, std::string_view what, std::string_view why = "") {
    return fmt::format(
        "{}: its first row, {}, is taken for names of columns{}; data.header = \"no\" makes it a "
        "sample",
        shown(path), what, why);
}

}  // namespace

std::optional<double> csv_input(const std::string& text) {
    for (const std::string_view yes : {"True", "true", "TRUE"}) {
        if (text == yes) return 1.0;
    }
    for (const std::string_view no : {"False", "false", "FALSE"}) {
        if (text == no) return 0.0;
    }
    return csv_number(text);
}

std::optional<std::size_t> csv_column(const std::string& called, const Fields& names, std::size_t n_columns) {
    const auto named = std::ranges::find(names, called);
    if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
    const auto number = number_of_column(called);
    if (!number || *number == 0) return std::nullopt;
    const std::int64_t at = *number > 0 ? *number - 1 : static_cast<std::int64_t>(n_columns) + *number;
    if (at < 0 || static_cast<std::size_t>(at) >= n_columns) return std::nullopt;
    return static_cast<std::size_t>(at);
}

CsvHeader csv_header_of(const std::filesystem::path& path, std::optional<char> separator,
                        const CsvColumns& columns) {
    return {first_rows(path, separator, columns).first, ""};
}

CsvHeader find_csv_header(const std::filesystem::path& path, std::optional<char> separator,
                          const CsvColumns& columns) {
    const FirstRows rows = first_rows(path, separator, columns);
    const Fields& first = rows.first;
    const auto names_a_column = [&](const std::string& name) {
        return !name.empty() && !number_of_column(name) && rows.is_called(name);
    };
    if (names_a_column(columns.label) || std::ranges::any_of(columns.leave_out, names_a_column))
        return {first, ""};
    const std::string as_pandas = by_looks(path, "0, 1, 2 and so on", ", as pandas writes them");
    if (first.size() >= fewest_that_count && counts(first) && first != rows.second) return {first, as_pandas};

    const auto label = csv_column(columns.label, {}, first.size());
    std::vector<bool> out(first.size(), false);
    if (label) out[*label] = true;
    for (const std::string& called : columns.leave_out) {
        if (const auto at = csv_column(called, called.empty() ? first : Fields(), first.size()))
            out[*at] = true;
    }
    Fields inputs;
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (!out[i]) inputs.push_back(first[i]);
    }
    const auto is_number = [](const std::string& field) { return csv_input(field).has_value(); };
    const auto word = std::ranges::find_if(
        inputs, [&](const std::string& field) { return !is_number(field) && !says_missing(field); });
    if (std::ranges::none_of(inputs, is_number)) {
        if (word == inputs.end() && !inputs.empty()) return {};
        return {first, ""};
    }
    if (word != inputs.end()) {
        const auto is_name = [&](const std::string& field) { return !is_number(field) || is_count(field); };
        if (std::ranges::all_of(inputs, is_name))
            return {first, by_looks(path, fmt::format("in which \"{}\" stands beside numbers", *word))};
        throw DataError(
            fmt::format("{}: in its first row, \"{}\" stands beside numbers; data.header = \"yes\" "
                        "takes it for names of columns, \"no\" for a sample",
                        shown(path), *word));
    }
    // Classes that are words or numbers make no row a header, unless its own is that of no other row.
    if (!label || is_number(first[*label])) return {};
    const bool count = first.size() >= fewest_that_count && counts(inputs);
    const bool over_number = *label < rows.second.size() && is_number(rows.second[*label]);
    if ((!count && !over_number) || stands_again(path, separator, *label, first[*label])) return {};
    if (count) return {first, as_pandas};
    return {first, by_looks(path, fmt::format("which alone has the label \"{}\"", first[*label]))};
}

}  // namespace snnff
