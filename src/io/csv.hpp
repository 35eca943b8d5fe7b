#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace snnff {

/// Reads text as tables of RFC 4180, row by row: fields between separators, in double quotes or not, where ""
/// stands for a quote; lines end in LF, CR LF or CR. A byte order mark, empty lines and blanks around a field
/// outside quotes are passed over; gzipped files are unpacked. Without a separator given, it is the most
/// frequent one of comma, semicolon and tab in the first line, else blanks.
///
/// `take` gets the number of the line on which a row begins, counted from 1, and its fields; it returns
/// whether it wants more. Throws FileError, or DataError for what is no such text, with the line.
void read_csv(const std::filesystem::path& path, std::optional<char> separator,
              const std::function<bool(std::size_t line, std::span<const std::string> fields)>& take);

/// A number as programs write it whatever their language, with a point: "1", "-0.5", "+1e-3"; nothing else.
std::optional<double> csv_number(std::string_view text);

}  // namespace snnff
