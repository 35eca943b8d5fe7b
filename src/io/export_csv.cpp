#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "io/hdf5.hpp"
#include "io/place.hpp"
#include "io/text_file.hpp"
#include "snnff/error.hpp"
#include "snnff/export.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

/// Values that are held at a time.
constexpr std::uint64_t values_at_once = std::uint64_t{1} << 20;

/// A column [row], or a block of them [row x column]: some rows at a time as text.
class Column {
  public:
    enum class Form { one, block };
    Column(const hdf5::Group& group, std::string_view name, Form form = Form::one)
        : dataset_(group.dataset(name)) {
        const auto shape = dataset_.shape();
        if (shape.size() != (form == Form::one ? 1 : 2)) {
            throw DataError(fmt::format("{}: has {} axes; a {} has {}", dataset_.where(), shape.size(),
                                        form == Form::one ? "series" : "report",
                                        form == Form::one ? "one" : "two"));
        }
        n_rows_ = shape[0];
        if (form == Form::block) width_ = shape[1];
        dataset_.expect_numbers();
        dataset_.expect_stored();
        integers_ = is_integer();
    }
    std::uint64_t n_rows() const noexcept { return n_rows_; }
    void load(std::uint64_t first, std::uint64_t n) {
        if (integers_) {
            whole_.resize(n * width_);
            hdf5::read_rows(dataset_, n, std::span(whole_), first);
        } else {
            values_.resize(n * width_);
            hdf5::read_rows(dataset_, n, std::span(values_), first);
        }
    }
    void append_row(std::uint64_t row, fmt::memory_buffer& line) const {
        for (std::uint64_t i = row * width_; i < (row + 1) * width_; ++i) {
            if (line.size() > 0) line.push_back(',');
            const auto to = std::back_inserter(line);
            if (integers_) {
                fmt::format_to(to, "{}", whole_[i]);
            } else if (!std::isnan(values_[i])) {
                is_single_ ? fmt::format_to(to, "{}", static_cast<float>(values_[i]))
                           : fmt::format_to(to, "{}", values_[i]);
            }
        }
    }

  private:
    bool is_integer() {
        const hdf5::Handle type(H5Dget_type(dataset_.id()), H5Tclose);
        is_single_ = hdf5::size_of(type.get()) == sizeof(float);
        return H5Tget_class(type.get()) == H5T_INTEGER;
    }
    hdf5::Dataset dataset_;
    std::uint64_t n_rows_ = 0, width_ = 1;
    bool integers_ = false, is_single_ = false;
    std::vector<double> values_;
    std::vector<std::int64_t> whole_;
};

/// Where tables go: a file each in a folder, or one stream.
class Tables {
  public:
    Tables(const fs::path& place, bool replace)
        : place_(place), replace_(replace), through_(is_stream(place)) {
        if (through_) return;
        std::error_code error, ignored;
        fs::create_directories(place, error);
        if (fs::is_directory(place, ignored)) return;
        if (!error) error = std::make_error_code(std::errc::not_a_directory);
        throw FileError(fmt::format("{}: is no folder and cannot be made one: {}{}", place.string(),
                                    error.message(), about_dangling_link(place)));
    }
    /// Before anything is written: whether all of them may be.
    void check(const fs::path& run, const std::vector<std::string>& names) const {
        std::error_code error;
        if (through_) {
            // A shell opens what it hands on (`1<> run.h5`), and asks nobody.
            if (fs::equivalent(place_, run, error))
                throw UsageError(place_.string() + ": is the run that is read; -o names another file");
            return;
        }
        for (const std::string& name : names) {
            const fs::path path = place_ / name;
            refuse_irregular(path);
            if (fs::exists(behind_links(path), error) && !replace_) {
                throw UsageError(path.string() +
                                 ": exists already; --force replaces it, -o names another folder");
            }
            if (fs::equivalent(path, run, error)) {
                throw UsageError(path.string() + ": is the run that is read; -o names another folder");
            }
            check_place(path, ".new");
        }
    }
    /// `write` adds the rows of a table and returns how many there are.
    template <class Write>
    void add(const std::string& name, Exported& done, Write write) {
        const fs::path path = through_ ? place_ : place_ / name;
        TextFile file(path, replace_);
        if (through_ && !done.empty()) file.add("\n");
        const std::uint64_t n_rows = write(file);
        file.finish();
        done.emplace_back(path, n_rows);
    }

  private:
    fs::path place_;
    bool replace_, through_;
};

std::uint64_t write_rows(TextFile& csv, const std::string& header, std::vector<Column>& columns,
                         std::uint64_t width) {
    std::uint64_t n_rows = columns.front().n_rows();
    // A file of a run that was killed may hold a row more of one column than of another.
    for (const Column& column : columns) n_rows = std::min(n_rows, column.n_rows());
    csv.add(header + "\n");
    const std::uint64_t at_once = std::max<std::uint64_t>(1, values_at_once / width);
    for (std::uint64_t first = 0; first < n_rows; first += at_once) {
        const std::uint64_t n = std::min(at_once, n_rows - first);
        for (Column& column : columns) column.load(first, n);
        for (std::uint64_t row = 0; row < n; ++row) {
            fmt::memory_buffer line;
            for (std::size_t c = 0; c < columns.size(); ++c) {
                if (c > 0 && line.size() == 0) line.push_back(',');
                columns[c].append_row(row, line);
            }
            line.push_back('\n');
            csv.add({line.data(), line.size()});
        }
    }
    return n_rows;
}

std::uint64_t export_training(const hdf5::Group& root, TextFile& file) {
    const hdf5::Group training = root.group("training");
    std::string header = "epoch";
    std::vector<Column> columns;
    columns.emplace_back(training, "epoch");
    const auto add = [&](const hdf5::Group& group, const std::string& prefix, const std::string& name) {
        if (!group.has(name)) return;
        header += "," + prefix + name;
        columns.emplace_back(group, name);
    };
    for (const char* name : {"train_error", "validation_error", "test_error", "test_loss", "seconds"})
        add(training, "", name);
    for (const std::string& population : training.child_groups()) {
        const hdf5::Group group = training.group(population);
        for (const char* name :
             {"loss", "goodness_positive", "goodness_negative", "spike_rate", "weight_norm", "trouble"})
            add(group, population + ".", name);
    }
    return write_rows(file, header, columns, columns.size());
}

std::uint64_t export_report(const hdf5::Group& report, TextFile& file) {
    const auto shape = report.dataset("data").shape();
    const hdf5::Dataset ids = report.dataset("mapping/node_ids");
    if (shape.size() != 2 || ids.shape() != std::vector<hsize_t>{shape[1]}) {
        throw DataError(report.where() + ": data and mapping/node_ids do not belong together");
    }
    ids.expect_integers();
    std::vector<std::uint64_t> units(ids.n_held_values());
    hdf5::read(ids, std::span(units));
    std::string header = "time_ms";
    std::vector<Column> columns;
    columns.emplace_back(report, "time");
    for (const char* name : {"epoch", "sample", "step", "label", "phase"}) {
        if (!report.has(name)) continue;
        header += fmt::format(",{}", name);
        columns.emplace_back(report, name);
    }
    columns.emplace_back(report, "data", Column::Form::block);
    for (const std::uint64_t unit : units) header += fmt::format(",unit_{}", unit);
    return write_rows(file, header, columns, shape[1] + 6);
}

std::uint64_t export_spikes(const hdf5::Group& spikes, TextFile& file) {
    std::vector<Column> columns;
    columns.emplace_back(spikes, "timestamps");
    columns.emplace_back(spikes, "node_ids");
    return write_rows(file, "time_ms,unit", columns, 2);
}

}  // namespace

Exported export_csv(const fs::path& run, const fs::path& folder, bool force) {
    const hdf5::Group root = hdf5::open_file(run.string());
    struct Table {
        std::string name;
        std::function<std::uint64_t(TextFile&)> write;
    };
    std::vector<Table> all;
    if (root.has("training"))
        all.push_back({"training.csv", [&](TextFile& file) { return export_training(root, file); }});
    const auto each = [&](const char* section, const auto& export_one) {
        if (!root.has(section)) return;
        for (const std::string& name : root.group(section).child_groups()) {
            if (name.find('/') != std::string::npos || name == "..")
                continue;  // no path leads out of the folder
            all.push_back(
                {fmt::format("{}_{}.csv", section, name), [&root, section, name, export_one](TextFile& file) {
                     return export_one(root.group(section).group(name), file);
                 }});
        }
    };
    each("report", export_report);
    each("spikes", export_spikes);

    Tables tables(folder, force);
    std::vector<std::string> names;
    for (const Table& table : all) names.push_back(table.name);
    tables.check(run, names);
    Exported done;
    for (const Table& table : all) tables.add(table.name, done, table.write);
    return done;
}

}  // namespace snnff
