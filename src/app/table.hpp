#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wilson.hpp"

namespace snnff::app {

/// Text in aligned columns. The first column stands left, the others right unless
/// told otherwise.
class Table {
  public:
    /// Cells stand on one line: what would steer a terminal is written out, "\n", "\t", "\x1b".
    explicit Table(std::vector<std::string> header);
    /// Missing cells at the end are empty; more cells than the header has widen the table.
    void add(std::vector<std::string> row);
    void align_left() { left_ = true; }            ///< every column
    void align_last_left() { last_left_ = true; }  ///< the last column of the header, for sentences
    bool empty() const noexcept { return rows_.empty(); }
    /// Ends with a newline; no line has blanks at its end. A header of empty cells is left out.
    /// Where it is wider than `columns`, cells take several lines; where that is not enough, columns that do
    /// not fit stand below, with the first one again.
    std::string text(std::size_t indent = 0, std::optional<std::size_t> columns = {}) const;

  private:
    using Row = std::vector<std::string>;
    bool has_header() const;
    std::string block(const std::vector<std::size_t>& chosen, const std::vector<std::size_t>& widths,
                      std::size_t indent) const;

    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
    bool left_ = false, last_left_ = false;
};

/// The text in lines of at most so many columns; a longer word has a line of its own.
std::vector<std::string> folded(const std::string& text, std::size_t columns);
/// As a cell stands, with "…" in place of what is more than so many columns.
std::string cut_to(const std::string& text, std::size_t columns);
/// A percentage as "3.46 %"; "-" for NaN.
std::string percent(double value);
/// Decimals that leave two digits of an uncertainty; 2 where it is 0 or unknown.
int decimals_for(double uncertainty);
/// What an error in percent of so many samples may be: 95 % Wilson interval.
Interval error_interval(double percent, std::size_t n_samples);
/// "10.2 % (7.8–13.2), 500 samples" with two digits of the interval's longer arm; "-" for NaN.
std::string error_text(double percent, std::size_t n_samples, bool with_samples = true);
/// Four significant digits; "-" for NaN.
std::string short_number(double value);
/// 1234567 as "1 234 567"; value is a count, 0 or more.
std::string grouped(double value);
/// "1 step", "10 steps"; the noun is one that takes an s.
template <std::integral Count>
std::string counted(Count n, std::string_view noun) {
    return std::to_string(n).append(" ").append(noun).append(n == 1 ? "" : "s");
}
/// "0.4 s", "12 s", "3:07", "1:02:33"; "-" for NaN.
std::string duration(double seconds);
/// "812 B", "3.4 MB".
std::string bytes(double n);

}  // namespace snnff::app
