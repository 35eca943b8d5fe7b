#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/array_axes.hpp"
#include "data/dataset_limits.hpp"
#include "data/dense_series.hpp"
#include "data/hdf5_files.hpp"
#include "data/labels.hpp"
#include "data/packed_values.hpp"
#include "io/data_file.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;
using namespace hdf5_files;

/// Where a split's samples lie in its file.
struct Sets {
    std::string x, y;
};

class Hdf5 final : public DatasetReader {
  public:
    Hdf5(Options& options, const TimeGrid& time)
        : train_(options.required_file(
              {"train", "",
               "HDF5 file with x [sample, feature], or [sample, step, feature], and y [sample]"})),
          test_(options.file({"test", "",
                              "the same for the test set; absent: no test set, unless test_x and test_y name "
                              "sets of the training file"},
                             "")),
          train_sets_{options.text({"x", "", "data set with the samples, as \"train/images\""}, "x"),
                      options.text({"y", "",
                                    "data set with the labels: numbers, names, booleans, an enumeration, or "
                                    "one-hot rows"},
                                   "y")},
          test_sets_{options.text({"test_x", "", "samples of the test set; empty: called as in x"}, ""),
                     options.text({"test_y", "", "labels of the test set; empty: called as in y"}, "")},
          y_negative_(options.text({"y_negative", "",
                                    "data set with labels for negatives.kind = \"given\"; may be absent "
                                    "where it has this name"},
                                   default_negative)),
          axes_(options, static_cast<std::uint64_t>(time.steps)),
          labels_(options),
          offset_(options.number({"offset", "", "input = (x - offset)/scale"}, 0.0)),
          scale_(options.number({"scale", "", "input = (x - offset)/scale"}, 1.0, Bounds::positive())) {
        if (options.describing()) return;
        if (train_sets_.x.empty()) options.reject("x", "is empty; it names the samples' data set");
        if (train_sets_.y.empty()) options.reject("y", "is empty; it names the labels' data set");
        const bool one_file = test_.empty() || test_ == train_;
        if (one_file && test_sets_.x.empty() != test_sets_.y.empty()) {
            options.reject(test_sets_.x.empty() ? "test_y" : "test_x",
                           fmt::format("names half of a test set in the training file; data.{}, or a file "
                                       "data.test, would do",
                                       test_sets_.x.empty() ? "test_x" : "test_y"));
        }
    }

    bool has(Split split) const override {
        return split == Split::train || !test_.empty() || !test_sets_.x.empty();
    }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& path = split == Split::train || test_.empty() ? train_ : test_;
        const bool of_train = split == Split::train;
        const std::string& x_name = of_train || test_sets_.x.empty() ? train_sets_.x : test_sets_.x;
        const std::string& y_name = of_train || test_sets_.y.empty() ? train_sets_.y : test_sets_.y;
        const std::string key = of_train ? "" : "test_";
        const hdf5::Group file = hdf5::open_file(path.string());
        const hdf5::Dataset x = find_set(file, x_name, fmt::format("; data.{}x names the samples", key));
        const hdf5::Dataset y = find_set(file, y_name, fmt::format("; data.{}y names the labels", key));
        Dataset dataset;
        const std::uint64_t n_samples = read_inputs(x, shape_of(y), limit, dataset);
        auto n = static_cast<std::size_t>(n_samples);
        if (limit != 0) n = std::min(n, limit);
        const FoundLabels found = read_labels(y, x_name, n_samples);
        dataset.label = labels_.classes_of(y.where(), found, n);
        dataset.class_names = labels_.names_of(found);
        dataset.one_hot = found.one_hot;
        if (const auto negative = find_negative(file, of_train)) {
            const FoundLabels labels = read_labels(*negative, x_name, n_samples);
            dataset.negative_label = labels_.classes_of(negative->where(), labels, n);
            put_in_order(labels_.names_of(labels), dataset);
        }
        dataset.files = {data_file_at(path)};
        return dataset;
    }

  private:
    static constexpr std::string_view default_negative = "y_negative";

    std::optional<hdf5::Dataset> find_negative(const hdf5::Group& file, bool of_train) const {
        const bool by_default = y_negative_ == default_negative;
        if (by_default ? !file.has(y_negative_) || (!of_train && !test_sets_.y.empty()) : !of_train)
            return {};
        return find_set(file, y_negative_, "; data.y_negative names labels of negatives");
    }

    /// Negative labels may have other names among them than true ones.
    static void put_in_order(const std::vector<std::string>& negative_names, Dataset& dataset) {
        if (negative_names == dataset.class_names) return;
        Dataset negative;
        negative.label = std::move(dataset.negative_label);
        negative.class_names = negative_names;
        negative.files = dataset.files;
        align_classes(negative, dataset.class_names);
        dataset.negative_label = std::move(negative.label);
    }

    /// Reads the first `limit` samples (0: all), scaled; returns how many the file has.
    std::uint64_t read_inputs(const hdf5::Dataset& dataset, const std::vector<std::uint64_t>& labels,
                              std::size_t limit, Dataset& into) const {
        const auto shape = shape_of(dataset);
        const std::string where = dataset.where();
        const ArrayLayout layout = axes_.layout(where, shape, labels, dataset.value_bytes() == 1);
        check_dataset_size(where, layout.n_steps, layout.n_inputs);  // then their product does not overflow
        check_dataset_size(where, layout.n_samples, layout.n_steps * layout.n_inputs);
        as_data_error([&] {
            dataset.expect_numbers();
            dataset.expect_stored();
        });
        auto n = static_cast<std::size_t>(layout.n_samples);
        if (limit != 0) n = std::min(n, limit);
        const std::uint64_t n_values = layout.n_steps * layout.n_inputs;
        const bool direct = layout.as_stored && layout.order.front() == 0;
        check_memory_for(where, direct ? n : n + layout.n_samples, n_values);
        Matrix x(n * static_cast<std::size_t>(layout.n_steps), static_cast<std::size_t>(layout.n_inputs));
        if (direct) {
            // One call for all: a chunk is unpacked once, however it lies across the samples.
            hdf5::read_rows(dataset, n, x.values());
        } else {
            std::vector<float> stored(static_cast<std::size_t>(layout.n_samples * n_values));
            hdf5::read(dataset, std::span{stored});
            take_in_order(layout, shape, stored, n, MatrixView(x.data(), x.rows(), x.cols()));
        }
        MissingValues missing(dataset);
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (float& value : x.row(i)) {
                missing.look_at(value);
                value = static_cast<float>((static_cast<double>(value) - offset_) / scale_);
                if (!std::isfinite(value)) {
                    throw DataError(fmt::format("{}: sample {} holds a value that is no finite number", where,
                                                i / layout.n_steps));
                }
            }
        }
        into.remarks = remarks_on_packing(dataset, offset_, scale_);
        for (std::string& remark : missing.remarks()) into.remarks.push_back(std::move(remark));
        into.image_rows = static_cast<std::size_t>(layout.image_rows);
        into.image_cols = static_cast<std::size_t>(layout.image_cols);
        into.background = static_cast<float>(-offset_ / scale_);
        if (layout.over_time) {
            into.series =
                std::make_shared<DenseSeries>(std::move(x), static_cast<std::size_t>(layout.n_steps));
        } else {
            into.x = std::move(x);
        }
        return layout.n_samples;
    }

    fs::path train_, test_;
    Sets train_sets_, test_sets_;
    std::string y_negative_;
    AxesKey axes_;
    LabelKeys labels_;
    double offset_, scale_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_hdf5(Options& options, const Context& context) {
    return std::make_unique<Hdf5>(options, context.time);
}

}  // namespace snnff
