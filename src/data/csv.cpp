#include "io/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
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
#include "data/csv_header.hpp"
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
    Row names;  ///< of these columns; none where the file has none
    std::vector<std::string> labels;
    std::vector<std::string> remarks;
};

/// Which columns hold a whole number in every row that is by 1 above that of the row before: they count rows.
class CountingColumns {
  public:
    explicit CountingColumns(std::size_t n_columns) : last_(n_columns), counts_(n_columns, true) {}

    /// Values come row by row.
    void see(std::size_t column, bool first_row, double value) {
        if (value != std::trunc(value) || (!first_row && value != last_[column] + 1.0))
            counts_[column] = false;
        last_[column] = value;
    }
    bool counts(std::size_t column) const { return counts_[column]; }

  private:
    std::vector<double> last_;
    std::vector<bool> counts_;
};

/// Fewer rows may count by chance.
constexpr std::size_t fewest_counted_rows = 4;

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
        Table table = read_table(path, split == Split::train);
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
        dataset.remarks = std::move(table.remarks);
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

    std::size_t column_of(const std::string& where, std::string_view key, const std::string& called,
                          const Row& names, std::size_t n_columns) const {
        if (const auto at = csv_column(called, names, n_columns)) return *at;
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

    Table read_table(const fs::path& path, bool of_training) const {
        const std::string where = shown(path);
        const CsvHeader header = read_names(path);
        const Row& names = header.names;
        Table table;
        if (!header.remark.empty()) table.remarks.push_back(header.remark);
        CountingColumns counting(0);
        std::size_t n_fields = 0, label = 0;
        std::vector<bool> out;
        bool first = true;
        read_csv(path, separator(), [&](std::size_t line, std::span<const std::string> fields) {
            if (first) {
                first = false;
                n_fields = names.empty() ? fields.size() : names.size();
                counting = CountingColumns(n_fields);
                label = column_of(where, "label", label_, names, n_fields);
                out.assign(n_fields, false);
                out[label] = true;
                for (const std::string& called : leave_out_) {
                    out[column_of(where, "leave_out", called, names, n_fields)] = true;
                    for (std::size_t i = 0; i < names.size(); ++i) out[i] = out[i] || names[i] == called;
                }
                check_names(where, names, label, out);
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
                if (out[i]) continue;
                const double value = number(where, line, i, names, fields[i]);
                counting.see(i, table.labels.size() == 1, value);
                table.values.push_back(static_cast<float>(value));
            }
            return true;
        });
        if (table.labels.empty()) throw DataError(fmt::format("{}: holds no samples", where));
        for (std::size_t i = 0; of_training && i < n_fields; ++i) {
            const bool counts = counting.counts(i) && table.labels.size() >= fewest_counted_rows;
            if (!out[i]) remark_on_index(where, i, names, counts, table.remarks);
        }
        return table;
    }

    CsvHeader read_names(const fs::path& path) const {
        const CsvColumns columns{label_, leave_out_};
        if (header_ == Header::no) return {};
        return header_ == Header::yes ? csv_header_of(path, separator(), columns)
                                      : find_csv_header(path, separator(), columns);
    }

    /// A column that counts rows, or that is called as pandas calls an index that it wrote and read again.
    static void remark_on_index(const std::string& where, std::size_t column, const Row& names, bool counts,
                                std::vector<std::string>& remarks) {
        const std::string name = names.empty() ? std::to_string(column + 1) : names[column];
        const bool as_pandas = name == "Unnamed: 0" || name.starts_with("Unnamed: 0.");
        if (!counts && !as_pandas) return;
        remarks.push_back(fmt::format(
            "{}: column {} \"{}\" {}, and is an input; where it numbers samples, data.leave_out = "
            "[\"{}\"] leaves it out",
            where, column + 1, name,
            counts ? "rises by 1 from row to row" : "is called as pandas calls an index", name));
    }

    /// pandas writes a column without a name that counts rows: as an input it would tell samples apart by
    /// itself. So would one that has the name of the labels.
    static void check_names(const std::string& where, const Row& names, std::size_t label,
                            const std::vector<bool>& out) {
        for (std::size_t i = 0; i < std::min(names.size(), out.size()); ++i) {
            if (!out[i] && names[i] == names[label]) {
                throw DataError(
                    fmt::format("{0}: columns {1} and {2} are both called \"{3}\"; data.label = \"{1}\" with "
                                "data.leave_out "
                                "= [\"{2}\"], or the other way round, would do",
                                where, label + 1, i + 1, names[i]));
            }
            if (out[i] || !names[i].empty()) continue;
            throw DataError(
                fmt::format("{}: column {} has no name, as pandas writes its index; data.leave_out = "
                            "[\"\"] leaves it out, and a name makes it an input",
                            where, i + 1));
        }
    }

    static double number(const std::string& where, std::size_t line, std::size_t column, const Row& names,
                         const std::string& text) {
        const std::optional<double> value = csv_input(text);
        if (value && std::isfinite(*value)) return *value;
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
