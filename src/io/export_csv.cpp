#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <system_error>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/export.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

/// Values that are held at a time.
constexpr std::uint64_t values_at_once = std::uint64_t{1} << 20;

/// A text file that appears under its name once it is complete.
class Csv {
  public:
    Csv(fs::path path, bool force) : path_(std::move(path)), beside_(path_.string() + ".new") {
        std::error_code ignored;  // opening it says what is wrong with a name
        if (fs::exists(path_, ignored) && !force) {
            throw UsageError(path_.string() +
                             ": exists already; --force replaces it, -o names another folder");
        }
        out_.open(beside_);
        if (!out_) throw FileError(beside_.string() + ": cannot be written");
    }
    ~Csv() {
        if (!out_.is_open()) return;
        out_.close();
        std::error_code ignored;
        fs::remove(beside_, ignored);
    }
    Csv(const Csv&) = delete;
    Csv& operator=(const Csv&) = delete;

    void add(std::string_view text) { out_ << text; }
    void finish() {
        out_.close();
        std::error_code error;
        if (out_) fs::rename(beside_, path_, error);
        if (out_ && !error) return;
        std::error_code ignored;
        fs::remove(beside_, ignored);
        throw FileError(fmt::format("{}: cannot be written: {}", path_.string(),
                                    error ? error.message() : "is the disk full?"));
    }

  private:
    fs::path path_, beside_;
    std::ofstream out_;
};

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
        is_single_ = H5Tget_size(type.get()) == sizeof(float);
        return H5Tget_class(type.get()) == H5T_INTEGER;
    }
    hdf5::Dataset dataset_;
    std::uint64_t n_rows_ = 0, width_ = 1;
    bool integers_ = false, is_single_ = false;
    std::vector<double> values_;
    std::vector<std::int64_t> whole_;
};

std::uint64_t write_rows(const fs::path& path, bool force, const std::string& header,
                         std::vector<Column>& columns, std::uint64_t width) {
    std::uint64_t n_rows = columns.front().n_rows();
    // A file of a run that was killed may hold a row more of one column than of another.
    for (const Column& column : columns) n_rows = std::min(n_rows, column.n_rows());
    Csv csv(path, force);
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
    csv.finish();
    return n_rows;
}

void export_training(const hdf5::Group& root, const fs::path& folder, bool force, Exported& done) {
    if (!root.has("training")) return;
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
    const fs::path path = folder / "training.csv";
    done.emplace_back(path, write_rows(path, force, header, columns, columns.size()));
}

void export_report(const hdf5::Group& report, const fs::path& path, bool force, Exported& done) {
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
    done.emplace_back(path, write_rows(path, force, header, columns, shape[1] + 6));
}

void export_spikes(const hdf5::Group& spikes, const fs::path& path, bool force, Exported& done) {
    std::vector<Column> columns;
    columns.emplace_back(spikes, "timestamps");
    columns.emplace_back(spikes, "node_ids");
    done.emplace_back(path, write_rows(path, force, "time_ms,unit", columns, 2));
}

}  // namespace

Exported export_csv(const fs::path& run, const fs::path& folder, bool force) {
    const hdf5::Group root = hdf5::open_file(run.string());
    std::error_code error;
    fs::create_directories(folder, error);
    if (!fs::is_directory(folder)) {
        throw FileError(
            fmt::format("{}: is no folder and cannot be made one: {}", folder.string(), error.message()));
    }
    Exported done;
    export_training(root, folder, force, done);
    const auto each = [&](const char* section, const auto& export_one) {
        if (!root.has(section)) return;
        const hdf5::Group all = root.group(section);
        for (const std::string& name : all.child_groups()) {
            if (name.find('/') != std::string::npos || name == "..")
                continue;  // no path leads out of the folder
            export_one(all.group(name), folder / fmt::format("{}_{}.csv", section, name), force, done);
        }
    };
    each("report", export_report);
    each("spikes", export_spikes);
    return done;
}

}  // namespace snnff
