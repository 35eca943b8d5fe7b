#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/sums.hpp"
#include "io/data_file.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "stimulus/dataset_limits.hpp"
#include "stimulus/hdf5_files.hpp"
#include "stimulus/packed_values.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;
using namespace hdf5_files;

/// Values of every step, as they came.
class DenseSeries final : public InputSeries {
  public:
    /// values [sample·steps + step, input]
    DenseSeries(Matrix values, std::size_t steps)
        : values_(std::move(values)),
          steps_(steps),
          smallest_(std::ranges::min(values_.values())),
          largest_(std::ranges::max(values_.values())) {}

    std::size_t n_inputs() const noexcept override { return values_.cols(); }
    void fill(std::size_t sample, std::int64_t first_step, MatrixView input) const noexcept override {
        const std::size_t first = sample * steps_ + static_cast<std::size_t>(first_step);
        for (std::size_t t = 0; t < input.rows(); ++t)
            std::ranges::copy(values_.row(first + t), input.row(t).begin());
    }
    double sum_of_squares(std::size_t sample) const noexcept override {
        double sum = 0.0;
        for (std::size_t t = sample * steps_; t < (sample + 1) * steps_; ++t) {
            const auto x = values_.row(t);
            sum += sum_in_blocks(x.size(), [&](std::size_t i) {
                return static_cast<double>(x[i]) * static_cast<double>(x[i]);
            });
        }
        return sum;
    }
    float smallest() const noexcept override { return smallest_; }
    float largest() const noexcept override { return largest_; }
    bool events() const noexcept override { return false; }
    std::size_t n_bytes() const noexcept override { return values_.size() * sizeof(float); }

  private:
    Matrix values_;
    std::size_t steps_;
    float smallest_, largest_;
};

class Hdf5 final : public DatasetReader {
  public:
    Hdf5(Options& options, const TimeGrid& time)
        : train_(options.required_file(
              {"train", "",
               "HDF5 file with x [sample, feature], or [sample, step, feature], and y [sample]"})),
          test_(options.file({"test", "", "the same for the test set; absent: no test set"}, "")),
          offset_(options.number({"offset", "", "input = (x - offset)/scale"}, 0.0)),
          scale_(options.number({"scale", "", "input = (x - offset)/scale"}, 1.0, Bounds::positive())),
          steps_(static_cast<std::uint64_t>(time.steps)) {}

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& path = split == Split::train ? train_ : test_;
        const hdf5::Group file = hdf5::open_file(path.string());
        Dataset dataset;
        const std::uint64_t n_samples = read_inputs(file, limit, dataset);
        auto n = static_cast<std::size_t>(n_samples);
        if (limit != 0) n = std::min(n, limit);
        dataset.label = read_labels(file, "y", "x", n_samples, n);
        if (file.has("y_negative")) {
            dataset.negative_label = read_labels(file, "y_negative", "x", n_samples, n);
        }
        dataset.files = {data_file_at(path)};
        return dataset;
    }

  private:
    /// Reads the first `limit` samples (0: all), scaled; returns how many the file has.
    std::uint64_t read_inputs(const hdf5::Group& file, std::size_t limit, Dataset& into) const {
        const hdf5::Dataset dataset = as_data_error([&] { return file.dataset("x"); });
        const auto shape = as_data_error([&] { return dataset.shape(); });
        const std::string where = dataset.where();
        const bool over_time = shape.size() == 3;
        if (shape.size() != 2 && !over_time) {
            throw DataError(
                fmt::format("{}: has the shape {}; [sample, feature] or [sample, step, feature] is expected",
                            where, shape_text(shape)));
        }
        if (std::ranges::find(shape, hsize_t{0}) != shape.end()) {
            throw DataError(fmt::format("{}: has the shape {}; it is empty", where, shape_text(shape)));
        }
        const std::uint64_t steps = over_time ? shape[1] : 1, n_inputs = shape.back();
        if (over_time && steps != steps_) {
            throw DataError(
                fmt::format("{}: has the shape {}, {} steps per sample, but time.steps = {}; "
                            "time.steps = {} would do",
                            where, shape_text(shape), steps, steps_, steps));
        }
        check_dataset_size(where, steps, n_inputs);  // then their product does not overflow
        check_dataset_size(where, shape[0], steps * n_inputs);
        as_data_error([&] {
            dataset.expect_numbers();
            dataset.expect_stored();
        });
        auto n = static_cast<std::size_t>(shape[0]);
        if (limit != 0) n = std::min(n, limit);
        check_memory_for(where, n, steps * n_inputs);
        Matrix x(n * static_cast<std::size_t>(steps), static_cast<std::size_t>(n_inputs));
        // One call for all: a chunk is unpacked once, however it lies across the samples.
        hdf5::read_rows(dataset, n, x.values());
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (float& value : x.row(i)) {
                value = static_cast<float>((static_cast<double>(value) - offset_) / scale_);
                if (!std::isfinite(value)) {
                    throw DataError(fmt::format("{}: sample {} holds a value that is no finite number", where,
                                                i / steps));
                }
            }
        }
        into.remarks = remarks_on_packing(dataset, offset_, scale_);
        if (over_time) {
            into.series = std::make_shared<DenseSeries>(std::move(x), static_cast<std::size_t>(steps));
        } else {
            into.x = std::move(x);
        }
        return shape[0];
    }

    fs::path train_, test_;
    double offset_, scale_;
    std::uint64_t steps_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_hdf5(Options& options, const Context& context) {
    return std::make_unique<Hdf5>(options, context.time);
}

}  // namespace snnff
