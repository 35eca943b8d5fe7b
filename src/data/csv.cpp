#include "io/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/utf8.hpp"
#include "data/dataset_limits.hpp"
#include "data/labels.hpp"
#include "data/scaling.hpp"
#include "io/data_file.hpp"
#include "io/gzip.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view separator_names[] = {"auto", ",", ";", "tab", "blank"};
constexpr std::string_view header_names[] = {"auto", "yes", "no"};
enum class Header { automatic, yes, no };

using Row = std::vector<std::string>;

struct Table {
    std::vector<float> values;  ///< [row, column without labels and those left out]
    std::size_t n_columns = 0;
    Row names;                    ///< of these columns; none where the file has none
    bool names_by_count = false;  ///< which are 0, 1, 2 and so on
    std::vector<std::string> labels;
};

/// 0, 1, 2 and so on, as pandas calls columns that were given no names; a sample of four and more such values
/// is rarer.
bool counts_columns(const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (row[i] != std::to_string(i)) return false;
    }
    return row.size() >= 4;
}

/// A number, or what programs write for a boolean.
std::optional<double> csv_input(const std::string& text) {
    for (const std::string_view yes : {"True", "true", "TRUE"}) {
        if (text == yes) return 1.0;
    }
    for (const std::string_view no : {"False", "false", "FALSE"}) {
        if (text == no) return 0.0;
    }
    return csv_number(text);
}

/// A row of names: none of its fields is a number, or one is none where the row below has one, or it counts.
bool is_header(const Row& first, const Row& second) {
    const auto is_number = [](const std::string& text) { return csv_input(text).has_value(); };
    if (counts_columns(first) && first != second) return true;
    if (std::ranges::none_of(first, is_number)) return true;
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
        if (!is_number(first[i]) && is_number(second[i])) return true;
    }
    return false;
}

class Csv final : public DatasetReader {
  public:
    explicit Csv(Options& options)
        : train_(
              options.required_file({"train", "", "CSV file: a row per sample, one column of it the label"})),
          test_(options.file({"test", "", "the same for the test set; absent: no test set"}, "")),
          label_(options.text(
              {"label", "", "column of the labels: its name, or its number from 1, or from -1 backwards"},
              "label")),
          leave_out_(options.words({"leave_out", "", "columns that are no inputs, as in label"}, {})),
          separator_(
              options.choice({"separator", "", "what stands between fields; auto: told from the first line"},
                             "auto", separator_names)),
          header_(static_cast<Header>(options.choice(
              {"header", "",
               "whether the first row names columns; auto: where it does not look like the second"},
              "auto", header_names))),
          labels_(options),
          scaling_(options) {
        if (label_.empty() && !options.describing())
            options.reject("label", "is empty; it is a column's name or number");
    }

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& path = split == Split::train ? train_ : test_;
        const std::string where = shown(path);
        Table table = read_table(path);
        const std::size_t n_rows = table.labels.size();
        const std::size_t n = limit == 0 ? n_rows : std::min(limit, n_rows);
        Dataset dataset;
        dataset.x.resize(n, table.n_columns);
        for (std::size_t s = 0; s < n; ++s) {
            for (std::size_t i = 0; i < table.n_columns; ++i)
                dataset.x(s, i) = scaling_.scaled(where, s, table.values[s * table.n_columns + i]);
        }
        const FoundLabels found = found_labels(where, std::move(table.labels));
        dataset.label = labels_.classes_of(where, found, n);
        dataset.class_names = labels_.names_of(found);
        dataset.input_names = std::move(table.names);
        if (table.names_by_count) {
            dataset.remarks.push_back(
                fmt::format("{}: its first row, 0, 1, 2 and so on, is taken for names of columns, as pandas "
                            "writes them; data.header = \"no\" makes it a sample",
                            where));
        }
        dataset.files = {data_file_at(path)};
        return dataset;
    }

  private:
    std::optional<char> separator() const {
        constexpr char separators[] = {',', ';', '\t', ' '};
        if (separator_ == 0) return std::nullopt;
        return separators[separator_ - 1];
    }

    static FoundLabels found_labels(const std::string& where, std::vector<std::string> labels) {
        std::vector<double> numbers;
        for (const std::string& label : labels) {
            const std::optional<double> number = csv_number(label);
            if (!number) return labels_in(where, std::move(labels));
            numbers.push_back(*number);
        }
        const std::uint64_t shape[] = {numbers.size()};
        return labels_in(where, numbers, shape, "it", numbers.size());
    }

    /// Which column a name or number is; nothing where there is none.
    static std::optional<std::size_t> column(const std::string& called, const Row& names,
                                             std::size_t n_columns) {
        const auto named = std::ranges::find(names, called);
        if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
        std::int64_t number = 0;
        const auto [end, failed] = std::from_chars(called.data(), called.data() + called.size(), number);
        if (failed != std::errc{} || end != called.data() + called.size() || number == 0) return std::nullopt;
        const std::int64_t at = number > 0 ? number - 1 : static_cast<std::int64_t>(n_columns) + number;
        if (at < 0 || static_cast<std::size_t>(at) >= n_columns) return std::nullopt;
        return static_cast<std::size_t>(at);
    }

    std::size_t column_of(const std::string& where, std::string_view key, const std::string& called,
                          const Row& names, std::size_t n_columns) const {
        if (const auto at = column(called, names, n_columns)) return *at;
        std::string there =
            names.empty()
                ? fmt::format("the first row names no columns, and there are {}", n_columns)
                : fmt::format(
                      "the columns are {}",
                      fmt::join(std::span{names}.first(std::min<std::size_t>(names.size(), 12)), ", "));
        if (names.size() > 12) there += ", ...";
        throw DataError(
            fmt::format("{}: has no column \"{}\"; {}; data.{} takes a name, or a number from 1 (\"-1\": "
                        "the last)",
                        where, called, there, key));
    }

    Table read_table(const fs::path& path) const {
        const std::string where = shown(path);
        const Row names = read_names(path);
        Table table;
        table.names_by_count = header_ == Header::automatic && counts_columns(names);
        std::size_t n_fields = 0, label = 0;
        std::vector<bool> out;
        bool first = true;
        read_csv(path, separator(), [&](std::size_t line, std::span<const std::string> fields) {
            if (first) {
                first = false;
                n_fields = fields.size();
                label = column_of(where, "label", label_, names, n_fields);
                out.assign(n_fields, false);
                out[label] = true;
                for (const std::string& called : leave_out_)
                    out[column_of(where, "leave_out", called, names, n_fields)] = true;
                check_names(where, names, out);
                table.n_columns = static_cast<std::size_t>(std::ranges::count(out, false));
                for (std::size_t i = 0; i < std::min(names.size(), n_fields); ++i) {
                    if (out[i]) continue;
                    // Run files keep them, and hold other tables to them.
                    table.names.push_back(is_utf8(names[i]) ? names[i] : utf8_of_latin1(names[i]));
                }
                if (table.n_columns == 0)
                    throw DataError(fmt::format("{}: has no column of inputs beside its labels", where));
                if (!names.empty()) return true;
            }
            if (fields.size() != n_fields) {
                throw DataError(fmt::format("{}: line {} has {} fields, and the first has {}", where, line,
                                            fields.size(), n_fields));
            }
            table.labels.push_back(fields[label]);
            if (table.labels.back().empty())
                throw DataError(fmt::format("{}: line {} has no label", where, line));
            check_dataset_size(where, table.labels.size(), table.n_columns);
            for (std::size_t i = 0; i < n_fields; ++i) {
                if (!out[i]) table.values.push_back(number(where, line, i, names, fields[i]));
            }
            return true;
        });
        if (table.labels.empty()) throw DataError(fmt::format("{}: holds no samples", where));
        return table;
    }

    /// Names of the columns; none where the first row is a sample.
    Row read_names(const fs::path& path) const {
        if (header_ == Header::no) return {};
        std::vector<Row> rows;
        read_csv(path, separator(), [&](std::size_t, std::span<const std::string> fields) {
            rows.emplace_back(fields.begin(), fields.end());
            return rows.size() < 2;
        });
        if (rows.empty()) throw DataError(fmt::format("{}: is empty", shown(path)));
        if (header_ == Header::yes) return rows[0];
        return is_header(rows[0], rows.size() > 1 ? rows[1] : Row()) ? rows[0] : Row();
    }

    /// pandas writes a column without a name that counts rows: as an input it would tell samples apart by
    /// itself.
    static void check_names(const std::string& where, const Row& names, const std::vector<bool>& out) {
        for (std::size_t i = 0; i < std::min(names.size(), out.size()); ++i) {
            if (out[i] || !names[i].empty()) continue;
            throw DataError(
                fmt::format("{}: column {} has no name, as pandas writes its index; data.leave_out = "
                            "[\"\"] leaves it out, and a name makes it an input",
                            where, i + 1));
        }
    }

    static float number(const std::string& where, std::size_t line, std::size_t column, const Row& names,
                        const std::string& text) {
        const std::optional<double> value = csv_input(text);
        if (value && std::isfinite(*value)) return static_cast<float>(*value);
        const std::string which = names.empty() ? fmt::format("{}", column + 1)
                                                : fmt::format("{} (\"{}\")", column + 1, names[column]);
        const bool comma = !value && text.find(',') != std::string::npos;
        throw DataError(fmt::format("{}: line {}, column {}: {}{}", where, line, which,
                                    text.empty() ? std::string("is empty; a number is expected")
                                                 : fmt::format("\"{}\" is no finite number", text),
                                    comma ? "; decimals have a point" : ""));
    }

    fs::path train_, test_;
    std::string label_;
    std::vector<std::string> leave_out_;
    std::size_t separator_;
    Header header_;
    LabelKeys labels_;
    Scaling scaling_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_csv(Options& options, const Context&) {
    return std::make_unique<Csv>(options);
}

}  // namespace snnff
