#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "io/gzip.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"
#include "stimulus/dataset_limits.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t max_label = 255;  // as in IDX files

std::string shape_text(const std::vector<hsize_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// The file holds something else than the layout says: wrong data, not a wrong file.
template <class Function>
auto as_data_error(Function function) {
    try {
        return function();
    } catch (const FileError& error) {
        throw DataError(error.what());
    }
}

/// Labels, one for each of the first `n` of `n_samples`.
std::vector<std::int32_t> read_labels(const hdf5::Group& file, std::string_view name, std::uint64_t n_samples,
                                      std::size_t n) {
    const hdf5::Dataset dataset = as_data_error([&] { return file.dataset(name); });
    as_data_error([&] {
        dataset.expect_integers();
        dataset.expect_stored();
    });
    const auto shape = dataset.shape();
    if (shape.size() != 1 || shape[0] != n_samples) {
        throw DataError(fmt::format("{}: has the shape {}; x has {} samples, so [{}] is expected",
                                    dataset.where(), shape_text(shape), n_samples, n_samples));
    }
    std::vector<std::int64_t> values(n);
    hdf5::read_rows(dataset, n, std::span{values});
    std::vector<std::int32_t> labels(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (values[i] < 0 || values[i] > max_label) {
            throw DataError(fmt::format("{}: sample {} has the label {}; labels lie in 0 to {}",
                                        dataset.where(), i, values[i], max_label));
        }
        labels[i] = static_cast<std::int32_t>(values[i]);
    }
    return labels;
}

std::string sha256_of(const fs::path& path) { return InputFile(path).sha256(); }

class Hdf5 final : public DatasetReader {
  public:
    explicit Hdf5(Options& options)
        : train_(options.required_file({"train", "", "HDF5 file with x [sample, feature] and y [sample]"})),
          test_(options.file({"test", "", "the same for the test set; absent: no test set"}, "")),
          offset_(options.number({"offset", "", "input = (x - offset)/scale"}, 0.0)),
          scale_(options.number({"scale", "", "input = (x - offset)/scale"}, 1.0, Bounds::positive())) {}

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path& path = split == Split::train ? train_ : test_;
        const hdf5::Group file = hdf5::open_file(path.string());
        Dataset dataset;
        const std::uint64_t n_samples = read_inputs(file, limit, dataset.x);
        const std::size_t n = dataset.size();
        dataset.label = read_labels(file, "y", n_samples, n);
        if (file.has("y_negative")) dataset.negative_label = read_labels(file, "y_negative", n_samples, n);
        dataset.files = {{path, sha256_of(path)}};
        return dataset;
    }

  private:
    /// Fills x with the first `limit` samples (0: all), scaled; returns how many the file has.
    std::uint64_t read_inputs(const hdf5::Group& file, std::size_t limit, Matrix& x) const {
        const hdf5::Dataset dataset = as_data_error([&] { return file.dataset("x"); });
        const auto shape = dataset.shape();
        if (shape.size() != 2) {
            throw DataError(fmt::format("{}: has the shape {}; [sample, feature] is expected",
                                        dataset.where(), shape_text(shape)));
        }
        if (shape[0] == 0 || shape[1] == 0) {
            throw DataError(
                fmt::format("{}: has the shape {}; it is empty", dataset.where(), shape_text(shape)));
        }
        check_dataset_size(dataset.where(), shape[0], shape[1]);
        as_data_error([&] {
            dataset.expect_numbers();
            dataset.expect_stored();
        });
        auto n = static_cast<std::size_t>(shape[0]);
        if (limit != 0) n = std::min(n, limit);
        x.resize(n, static_cast<std::size_t>(shape[1]));
        // One call for all: a chunk is unpacked once, however it lies across the samples.
        hdf5::read_rows(dataset, n, x.values());
        for (std::size_t i = 0; i < n; ++i) {
            for (float& value : x.row(i)) {
                value = static_cast<float>((static_cast<double>(value) - offset_) / scale_);
                if (!std::isfinite(value)) {
                    throw DataError(fmt::format("{}: sample {} holds a value that is no finite number",
                                                dataset.where(), i));
                }
            }
        }
        return shape[0];
    }

    fs::path train_, test_;
    double offset_, scale_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_hdf5(Options& options, const Context&) {
    return std::make_unique<Hdf5>(options);
}

}  // namespace snnff
