#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/figures.hpp"
#include "app/sweep_grid.hpp"
#include "snnff/error.hpp"

namespace snnff::app {

/// How a cell of the grid fared.
struct CellResult {
    ExitCode failed_by = ExitCode::failed;  ///< where it failed: what a run by itself would have answered
    enum class Status { not_run, interrupted, failed, complete };
    Status status = Status::not_run;
    bool found = false;                   ///< its run file was there before the sweep
    std::string message;                  ///< of what made it fail
    std::optional<RunFigures> figures{};  ///< where it is complete
};

/// A grid and what became of it.
struct Sweep {
    std::filesystem::path model, folder;
    std::vector<Axis> axes;
    std::vector<std::uint64_t> seeds;  ///< empty: the model's own
    std::vector<Cell> cells;
    std::vector<CellResult> results{};  ///< one per cell

    std::filesystem::path run_file(const Cell& cell) const { return folder / (cell.name + ".h5"); }
    std::size_t count(CellResult::Status status) const;
};

/// A row per setting: the swept keys, errors, spike rate of each population, training time, and what went
/// wrong, if anything did. With several seeds figures are mean ± standard deviation (of n - 1) over the
/// runs that are complete. Columns that no run has a figure for are left out. Below stands of how many
/// samples errors are, and whether they tell the best setting from the others. Folded at so many columns.
std::string table_of(const Sweep& sweep, std::optional<std::size_t> columns = {});

/// Every run, and with several seeds the mean and standard deviation per setting.
nlohmann::ordered_json to_json(const Sweep& sweep);

}  // namespace snnff::app
