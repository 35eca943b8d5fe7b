#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/steps_of_events.hpp"
#include "data/event_series.hpp"
#include "data/hdf5_files.hpp"
#include "data/labels.hpp"
#include "io/data_file.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;
using namespace hdf5_files;

constexpr std::uint64_t rows_at_once = 64;

/// The Spiking Heidelberg Digits, and what is laid out like them: for every sample the times of its events in
/// seconds (spikes/times), the input of each (spikes/units) and a class (labels).
/// Source: Cramer, Stradmann, Schemmel & Zenke, IEEE TNNLS 33:2744 (2022); zenkelab.org/datasets.
class Shd final : public DatasetReader {
  public:
    Shd(Options& options, const TimeGrid& time)
        : train_(options.required_file(
              {"train", "", "HDF5 file with spikes/times in seconds, spikes/units and labels"})),
          test_(options.file({"test", "", "the same for the test set; absent: no test set"}, "")),
          n_inputs_(static_cast<std::size_t>(
              options.integer({"n_inputs", "inputs", "how many units events can come from"}, 700,
                              Bounds::between(1, static_cast<double>(EventSeries::most_inputs))))),
          per_bin_(read_per_bin(options)),
          labels_(options),
          time_(time) {}

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& path = split == Split::train ? train_ : test_;
        const hdf5::Group file = hdf5::open_file(path.string());
        const hdf5::Dataset times = lists(file, "spikes/times"), units = lists(file, "spikes/units");
        const std::uint64_t n_samples = n_rows(times);
        if (n_rows(units) != n_samples) {
            throw DataError(fmt::format("{}: has {} samples, {} has {}; both must belong together",
                                        units.where(), n_rows(units), times.path(), n_samples));
        }
        std::uint64_t n = n_samples;
        if (limit != 0) n = std::min<std::uint64_t>(n, limit);
        Dataset dataset;
        const hdf5::Dataset labels = find_set(file, "labels", "");
        const FoundLabels found = read_labels(labels, "spikes/times", n_samples);
        dataset.label = labels_.classes_of(labels.where(), found, static_cast<std::size_t>(n));
        dataset.class_names = labels_.names_of(found);
        dataset.series = read_events(times, units, n);
        dataset.files = {data_file_at(path)};
        return dataset;
    }

  private:
    static hdf5::Dataset lists(const hdf5::Group& file, const char* name) {
        return as_data_error([&] {
            hdf5::Dataset dataset = find_set(file, name, "");
            dataset.n_held_values();
            return dataset;
        });
    }

    static std::uint64_t n_rows(const hdf5::Dataset& dataset) {
        const auto shape = as_data_error([&] { return dataset.shape(); });
        if (shape.size() == 1 && shape[0] > 0) return shape[0];
        throw DataError(fmt::format("{}: has the shape {}; one list per sample is expected", dataset.where(),
                                    shape_text(shape)));
    }

    std::shared_ptr<EventSeries> read_events(const hdf5::Dataset& times, const hdf5::Dataset& units,
                                             std::uint64_t n) const {
        auto series = std::make_shared<EventSeries>(n_inputs_, time_, per_bin_);
        const StepsOfEvents step_of(time_, TimeUnit::seconds, type_of(times));
        for (std::uint64_t first = 0; first < n; first += rows_at_once) {
            const std::uint64_t count = std::min(rows_at_once, n - first);
            const auto all_times =
                as_data_error([&] { return hdf5::read_lists<double>(times, first, count); });
            const auto all_units = units_of(units, first, count);
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint64_t sample = first + i;
                if (all_times[i].size() != all_units[i].size()) {
                    throw DataError(fmt::format("{}: sample {} has {} events, but {} in {}", times.where(),
                                                sample, all_times[i].size(), all_units[i].size(),
                                                units.path()));
                }
                for (std::size_t e = 0; e < all_times[i].size(); ++e)
                    add(*series, step_of, times, units, sample, all_times[i][e], all_units[i][e]);
                series->end_sample(times.where());
            }
        }
        series->check_any(times.where());
        return series;
    }

    /// Whole numbers, which files may have as floats.
    static std::vector<std::vector<std::int64_t>> units_of(const hdf5::Dataset& units, std::uint64_t first,
                                                           std::uint64_t count) {
        return as_data_error([&] {
            if (hdf5::float_type_of_lists(units).digits == 0)
                return hdf5::read_lists<std::int64_t>(units, first, count);
            std::vector<std::vector<std::int64_t>> whole;
            for (const std::vector<double>& list : hdf5::read_lists<double>(units, first, count)) {
                whole.emplace_back();
                for (const double unit : list) {
                    if (!(std::abs(unit) < 1e15 && unit == std::trunc(unit))) {
                        throw DataError(
                            fmt::format("{}: sample {} has an event of unit {}; units are whole numbers",
                                        units.where(), first + whole.size() - 1, unit));
                    }
                    whole.back().push_back(static_cast<std::int64_t>(unit));
                }
            }
            return whole;
        });
    }

    static TimeType type_of(const hdf5::Dataset& times) {
        const hdf5::FloatType type = as_data_error([&] { return hdf5::float_type_of_lists(times); });
        return {type.digits, type.least_exponent};
    }

    void add(EventSeries& series, const StepsOfEvents& step_of, const hdf5::Dataset& times,
             const hdf5::Dataset& units, std::uint64_t sample, double seconds, std::int64_t unit) const {
        if (!(seconds >= 0.0) || std::isinf(seconds)) {
            throw DataError(fmt::format("{}: sample {} has an event at {} s; times are 0 or later",
                                        times.where(), sample, seconds));
        }
        if (unit < 0 || static_cast<std::uint64_t>(unit) >= n_inputs_) {
            throw DataError(
                fmt::format("{}: sample {} has an event of unit {}; data.n_inputs = {} allows 0 to {}",
                            units.where(), sample, unit, n_inputs_, n_inputs_ - 1));
        }
        series.add(step_of(seconds), static_cast<std::uint16_t>(unit));
    }

    fs::path train_, test_;
    std::size_t n_inputs_;
    EventSeries::PerBin per_bin_;
    LabelKeys labels_;
    TimeGrid time_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_shd(Options& options, const Context& context) {
    return std::make_unique<Shd>(options, context.time);
}

}  // namespace snnff
