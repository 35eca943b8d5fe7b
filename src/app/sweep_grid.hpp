#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/model_spec.hpp"

namespace snnff::app {

/// A key that is swept over, with its values as typed: `--over time.steps=1,5,10`.
struct Axis {
    std::string key;
    std::vector<std::string> values;
};

/// Splits at commas that stand outside of quotes, brackets and braces, and drops the blanks around each
/// value. Throws UsageError, naming `option`, where a value is empty, a quote or bracket stays open, or one
/// closes that was never opened.
std::vector<std::string> split_values(std::string_view text, const std::string& option);

/// Reads `KEY=VALUE,VALUE,...`. Throws UsageError where that is not what it is.
Axis axis_of(const std::string& assignment);

/// One run of the grid.
struct Cell {
    std::string name;     ///< of its run file, without folder and ".h5"; follows from values and seed alone
    std::size_t setting;  ///< which combination of values; runs that differ only in their seed share it
    std::vector<std::string> values;  ///< one per axis
    std::string seed;                 ///< empty where the model's own is used
    std::vector<Override> overrides;  ///< what sets this cell apart from the others
};

/// Every combination of values under every seed (none: the model's own). The last axis moves fastest, the
/// seeds within it. Throws UsageError where a key, a value or a seed is given twice, and where there are more
/// than 10000 cells.
std::vector<Cell> make_grid(const std::vector<Axis>& axes, const std::vector<std::uint64_t>& seeds);

/// "learning.goodness = mean_square, time.steps = 5, seed = 2", for messages.
std::string describe(const Cell& cell, const std::vector<Axis>& axes);

/// A name for a file: `KEY-VALUE--KEY-VALUE` in letters, digits, dots, dashes and underscores, 120 at most.
/// Where other characters had to go, or the name was cut, it ends with eight digits that tell it from others
/// alike.
std::string file_name_of(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace snnff::app
