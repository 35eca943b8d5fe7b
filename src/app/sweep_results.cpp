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

/// Runs of several seeds share their samples, so more seeds make the interval no narrower.
std::string error_over_seeds(const Spread& spread, std::size_t n_samples) {
    if (spread.n == 1) return error_text(spread.mean, n_samples, false);
    const Interval interval = error_interval(spread.mean, n_samples);
    if (std::isnan(interval.low)) return fmt::format("{:.2f} ± {:.2f} %", spread.mean, spread.sd);
    const int digits = decimals_for(std::max(interval.high - spread.mean, spread.mean - interval.low));
    return fmt::format("{:.{}f} ± {:.{}f} % ({:.{}f}–{:.{}f})", spread.mean, digits, spread.sd, digits,
                       interval.low, digits, interval.high, digits);
}

struct Column {
    std::string header;
    Figure figure;
    std::function<std::string(double)> format;
    std::string unit{};
    std::function<std::size_t(const RunFigures&)> n_samples{};  ///< of an error
    bool rounds = false;                                        ///< to two digits of the spread

    std::string text(const Spread& spread, std::size_t n) const {
        if (spread.n == 0) return "-";
        if (n_samples) return error_over_seeds(spread, n);
        if (spread.n > 1 && unit.empty() && spread.sd > 0.0 && rounds) {
            const int digits = decimals_for(spread.sd);
            return fmt::format("{:.{}f} ± {:.{}f}", spread.mean, digits, spread.sd, digits);
        }
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

/// Samples that each error of a row is of: the fewest, should they differ.
std::size_t n_samples_of(const Sweep& sweep, const Row& row, const Column& column) {
    std::size_t least = 0;
    for (std::size_t i = row.first; column.n_samples && i < row.first + row.n; ++i) {
        const auto& figures = sweep.results[i].figures;
        if (!figures || std::isnan(column.figure(*figures))) continue;
        const std::size_t n = column.n_samples(*figures);
        least = least == 0 ? n : std::min(least, n);
    }
    return least;
}

std::vector<RunFigures> complete_runs(const Sweep& sweep) {
    std::vector<RunFigures> runs;
    for (const CellResult& result : sweep.results) {
        if (result.figures) runs.push_back(*result.figures);
    }
    return runs;
}

std::vector<Column> columns_of(const Sweep& sweep) {
    std::vector<Column> columns{
        {"train error", [](const RunFigures& r) { return r.train_error; }, percent, "",
         [](const RunFigures& r) { return r.n_train; }},
        {"validation error", [](const RunFigures& r) { return r.validation_error; }, percent, "",
         [](const RunFigures& r) { return r.n_validation; }},
        {"test error", [](const RunFigures& r) { return r.test_error; }, percent, "",
         [](const RunFigures& r) { return r.n_test; }},
    };
    const std::vector<RunFigures> runs = complete_runs(sweep);
    for (const std::string& name : population_names(runs)) {
        columns.push_back({"spike rate, " + name,
                           [name](const RunFigures& r) {
                               const PopulationFigures* population = r.find(name);
                               return population ? population->spike_rate : not_evaluated;
                           },
                           short_number,
                           "",
                           {},
                           true});
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

/// "time.steps=5, learning.rate=0.1"
std::string describe_setting(const Sweep& sweep, const Row& row) {
    const Cell& cell = sweep.cells[row.first];
    std::string text;
    for (std::size_t a = 0; a < sweep.axes.size() && a < cell.values.size(); ++a)
        text += fmt::format("{}{}={}", a > 0 ? " " : "", sweep.axes[a].key, cell.values[a]);
    return text.empty() ? sweep.model.stem().string() : text;
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

/// How many samples the errors are of, and whether they tell the best setting from the others.
std::string about_errors(const Sweep& sweep, const std::vector<Column>& columns,
                         std::optional<std::size_t> width) {
    std::vector<std::string> sentences;
    std::string samples;
    for (const Column& column : columns) {
        if (!column.n_samples) continue;
        std::vector<ComparedError> errors;
        std::size_t least = 0, most = 0;
        for (const Row& row : rows_of(sweep)) {
            const std::size_t n = n_samples_of(sweep, row, column);
            if (n == 0) continue;
            least = least == 0 ? n : std::min(least, n);
            most = std::max(most, n);
            errors.push_back({describe_setting(sweep, row), spread_of(sweep, row, column.figure).mean, n});
        }
        const std::string range = least == most ? grouped(static_cast<double>(least))
                                                : fmt::format("{} to {}", grouped(static_cast<double>(least)),
                                                              grouped(static_cast<double>(most)));
        samples += fmt::format("{}{}: {} samples", samples.empty() ? "" : ", ", column.header, range);
        if (column.header != "train error") sentences.push_back(overlap_in_words(column.header, errors));
    }
    if (samples.empty()) return {};
    sentences.insert(
        sentences.begin(),
        samples + fmt::format("; in parentheses the 95 % Wilson interval over samples{}.",
                              sweep.seeds.size() > 1 ? ", after ± the standard deviation over seeds" : ""));
    std::string text = "\n";
    for (const std::string& sentence : sentences) {
        for (const std::string& line : folded(sentence, width.value_or(1000))) text += line + "\n";
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

std::string table_of(const Sweep& sweep, std::optional<std::size_t> columns) {
    const std::vector<Column> figures = columns_of(sweep);
    const bool with_remarks = sweep.count(Status::complete) < sweep.cells.size();
    std::vector<std::string> header;
    for (const Axis& axis : sweep.axes) header.push_back(axis.key);
    if (sweep.axes.empty()) header.emplace_back("model");
    for (const Column& column : figures) header.push_back(column.header);
    if (with_remarks) header.emplace_back("remark");
    Table table(header);
    if (with_remarks) table.align_last_left();
    for (const Row& row : rows_of(sweep)) {
        std::vector<std::string> cells = sweep.cells[row.first].values;
        if (cells.empty()) cells.push_back(sweep.model.stem().string());
        for (const Column& column : figures) {
            cells.push_back(
                column.text(spread_of(sweep, row, column.figure), n_samples_of(sweep, row, column)));
        }
        if (with_remarks) cells.push_back(remark(sweep, row));
        table.add(std::move(cells));
    }
    return table.text(0, columns) + about_errors(sweep, figures, columns);
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
