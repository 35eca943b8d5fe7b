#include "app/sweep_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "app/table.hpp"

namespace snnff::app {
namespace {

using Status = CellResult::Status;
using Figure = std::function<double(const RunFigures&)>;

/// Mean and standard deviation of those numbers that are known.
struct Spread {
    std::size_t n = 0;
    double mean = not_evaluated, sd = not_evaluated;

    explicit Spread(std::vector<double> values) {
        std::erase_if(values, [](double value) { return std::isnan(value); });
        n = values.size();
        if (n == 0) return;
        mean = 0.0;
        for (const double value : values) mean += value / static_cast<double>(n);
        if (n == 1) return;
        double squares = 0.0;
        for (const double value : values) squares += (value - mean) * (value - mean);
        sd = std::sqrt(squares / static_cast<double>(n - 1));
    }
};

struct Column {
    std::string header;
    Figure figure;
    std::function<std::string(double)> format;
    std::string unit{};

    std::string text(const Spread& spread) const {
        if (spread.n == 0) return "-";
        if (spread.n == 1) return format(spread.mean) + unit;
        return fmt::format("{} ± {}{}", format(spread.mean), format(spread.sd), unit);
    }
};

/// Cells of one setting follow each other.
struct Row {
    std::size_t first, n;
};

std::vector<Row> rows_of(const Sweep& sweep) {
    const std::size_t n_seeds = std::max<std::size_t>(sweep.seeds.size(), 1);
    std::vector<Row> rows;
    for (std::size_t first = 0; first < sweep.cells.size(); first += n_seeds)
        rows.push_back({first, n_seeds});
    return rows;
}

Spread spread_of(const Sweep& sweep, const Row& row, const Figure& figure) {
    std::vector<double> values;
    for (std::size_t i = row.first; i < row.first + row.n; ++i) {
        const auto& figures = sweep.results[i].figures;
        if (figures) values.push_back(figure(*figures));
    }
    return Spread(std::move(values));
}

std::vector<RunFigures> complete_runs(const Sweep& sweep) {
    std::vector<RunFigures> runs;
    for (const CellResult& result : sweep.results) {
        if (result.figures) runs.push_back(*result.figures);
    }
    return runs;
}

std::vector<Column> columns_of(const Sweep& sweep) {
    const auto hundredths = [](double value) { return fmt::format("{:.2f}", value); };
    std::vector<Column> columns{
        {"train error", [](const RunFigures& r) { return r.train_error; }, hundredths, " %"},
        {"validation error", [](const RunFigures& r) { return r.validation_error; }, hundredths, " %"},
        {"test error", [](const RunFigures& r) { return r.test_error; }, hundredths, " %"},
    };
    const std::vector<RunFigures> runs = complete_runs(sweep);
    for (const std::string& name : population_names(runs)) {
        columns.push_back({"spike rate, " + name,
                           [name](const RunFigures& r) {
                               const PopulationFigures* population = r.find(name);
                               return population ? population->spike_rate : not_evaluated;
                           },
                           short_number});
    }
    columns.push_back({"training time", [](const RunFigures& r) { return r.seconds; }, duration});
    std::erase_if(columns, [&](const Column& column) {
        return std::all_of(runs.begin(), runs.end(),
                           [&](const RunFigures& run) { return std::isnan(column.figure(run)); });
    });
    return columns;
}

std::string_view name_of_status(Status status) {
    constexpr std::string_view names[] = {"not run", "interrupted", "failed", "complete"};
    return names[static_cast<std::size_t>(status)];
}

/// What kept runs of this row from being complete, seeds of the same fate together; empty where nothing did.
std::string remark(const Sweep& sweep, const Row& row) {
    std::vector<std::pair<std::string, std::string>> fates;  // what happened, to which seeds
    for (std::size_t i = row.first; i < row.first + row.n; ++i) {
        const CellResult& result = sweep.results[i];
        if (result.status == Status::complete) continue;
        std::string fate(name_of_status(result.status));
        if (result.status == Status::failed) fate += ": " + result.message;
        const auto same =
            std::find_if(fates.begin(), fates.end(), [&](const auto& entry) { return entry.first == fate; });
        if (same == fates.end()) {
            fates.emplace_back(std::move(fate), sweep.cells[i].seed);
        } else {
            same->second += ", " + sweep.cells[i].seed;
        }
    }
    std::string text;
    for (const auto& [fate, seeds] : fates) {
        if (!text.empty()) text += "; ";
        if (row.n > 1) text += fmt::format("seed {} ", seeds);
        text += fate;
    }
    return text;
}

nlohmann::ordered_json settings_of(const Sweep& sweep, const Cell& cell) {
    auto settings = nlohmann::ordered_json::object();
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) settings[sweep.axes[a].key] = cell.values[a];
    return settings;
}

nlohmann::ordered_json json_of(const Spread& spread) {
    return {{"mean", spread.mean}, {"sd", spread.sd}, {"n", spread.n}};
}

}  // namespace

std::size_t Sweep::count(Status status) const {
    return static_cast<std::size_t>(std::count_if(
        results.begin(), results.end(), [&](const CellResult& result) { return result.status == status; }));
}

std::string table_of(const Sweep& sweep) {
    const std::vector<Column> columns = columns_of(sweep);
    const bool with_remarks = sweep.count(Status::complete) < sweep.cells.size();
    std::vector<std::string> header;
    for (const Axis& axis : sweep.axes) header.push_back(axis.key);
    if (sweep.axes.empty()) header.emplace_back("model");
    for (const Column& column : columns) header.push_back(column.header);
    if (with_remarks) header.emplace_back("remark");
    Table table(header);
    if (with_remarks) table.align_last_left();
    for (const Row& row : rows_of(sweep)) {
        std::vector<std::string> cells = sweep.cells[row.first].values;
        if (cells.empty()) cells.push_back(sweep.model.stem().string());
        for (const Column& column : columns) {
            cells.push_back(column.text(spread_of(sweep, row, column.figure)));
        }
        if (with_remarks) cells.push_back(remark(sweep, row));
        table.add(std::move(cells));
    }
    return table.text();
}

nlohmann::ordered_json to_json(const Sweep& sweep) {
    nlohmann::ordered_json json{{"model", sweep.model.string()}, {"folder", sweep.folder.string()}};
    auto& runs = json["runs"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < sweep.cells.size(); ++i) {
        const Cell& cell = sweep.cells[i];
        const CellResult& result = sweep.results[i];
        nlohmann::ordered_json run{{"settings", settings_of(sweep, cell)},
                                   {"status", name_of_status(result.status)},
                                   {"found", result.found}};
        if (result.status == Status::failed) run["message"] = result.message;
        if (result.figures) run.update(to_json(*result.figures));
        run["run_file"] = sweep.run_file(cell).string();
        if (!cell.seed.empty()) run["seed"] = std::stoull(cell.seed);
        runs.push_back(std::move(run));
    }
    if (sweep.seeds.size() < 2) return json;
    auto& summary = json["over_seeds"] = nlohmann::ordered_json::array();
    for (const Row& row : rows_of(sweep)) {
        const auto spread = [&](double RunFigures::*figure) {
            return json_of(spread_of(sweep, row, [=](const RunFigures& run) { return run.*figure; }));
        };
        summary.push_back({{"settings", settings_of(sweep, sweep.cells[row.first])},
                           {"train_error_percent", spread(&RunFigures::train_error)},
                           {"validation_error_percent", spread(&RunFigures::validation_error)},
                           {"test_error_percent", spread(&RunFigures::test_error)},
                           {"training_seconds", spread(&RunFigures::seconds)}});
    }
    return json;
}

}  // namespace snnff::app
