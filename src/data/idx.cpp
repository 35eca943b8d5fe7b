#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "data/dataset_limits.hpp"
#include "data/idx_file.hpp"
#include "data/labels.hpp"
#include "io/gzip.hpp"
#include "io/idx_names.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

/// Rows and columns of an image once axes of length 1 (a channel) are left out; 0 and 0 where samples are
/// rows of numbers.
std::pair<std::size_t, std::size_t> image_shape(const IdxHeader& header) {
    std::vector<std::uint64_t> axes(header.shape.begin() + 1, header.shape.end());
    if (axes.size() == 3) std::erase(axes, std::uint64_t{1});
    if (axes.size() != 2) return {0, 0};
    return {static_cast<std::size_t>(axes[0]), static_cast<std::size_t>(axes[1])};
}

/// Whether every row is 0 but for a single 1, and not all have it in the first column.
bool is_one_hot(std::span<const double> values, std::size_t n_columns) {
    bool beyond_first = false;
    for (std::size_t first = 0; first < values.size(); first += n_columns) {
        const auto row = values.subspan(first, n_columns);
        const auto n_ones = std::ranges::count(row, 1.0), n_zeros = std::ranges::count(row, 0.0);
        if (n_ones != 1 || static_cast<std::size_t>(n_ones + n_zeros) != n_columns) return false;
        beyond_first = beyond_first || row[0] == 0.0;
    }
    return beyond_first;
}

/// All labels. QMNIST's have eight columns, the first of which is the digit.
FoundLabels read_idx_labels(const fs::path& path, const IdxHeader& header, std::uint64_t n_samples) {
    std::vector<double> values(static_cast<std::size_t>(header.n_samples() * header.n_values_each()));
    read_idx(path, header, values.size(), [&](std::uint64_t first, std::span<const double> block) {
        std::ranges::copy(block, values.begin() + static_cast<std::ptrdiff_t>(first));
    });
    std::vector<std::uint64_t> shape = header.shape;
    constexpr std::size_t qmnist_columns = 8;
    if (shape.size() == 2 && shape[1] == qmnist_columns && !is_one_hot(values, qmnist_columns)) {
        for (std::size_t i = 0; i < shape[0]; ++i) values[i] = values[i * qmnist_columns];
        values.resize(static_cast<std::size_t>(shape[0]));
        shape.pop_back();
    }
    return labels_in(shown(path), values, shape, "the file of images", n_samples);
}

class Idx final : public DatasetReader {
  public:
    explicit Idx(Options& options)
        : folder_(options.file({"folder", "", "folder of the IDX files"}, "../data/mnist-sample")),
          files_{{{options.text(
                       {"train_images", "", "training images, in folder or its raw/; with or without .gz"},
                       "train-images-idx3-ubyte"),
                   options.text({"train_labels", "", "training labels"}, "train-labels-idx1-ubyte")},
                  {options.text({"test_images", "", "test images; empty: no test set"},
                                "t10k-images-idx3-ubyte"),
                   options.text({"test_labels", "", "test labels"}, "t10k-labels-idx1-ubyte")}}},
          labels_(options) {
        const double offset = options.number({"offset", "", "input = (byte/255 - offset)/scale"}, 0.0);
        const double scale =
            options.number({"scale", "", "input = (byte/255 - offset)/scale"}, 1.0, Bounds::positive());
        for (std::size_t i = 0; i < input_.size(); ++i) {
            input_[i] = static_cast<float>((static_cast<double>(i) / 255.0 - offset) / scale);
        }
        if (options.describing()) return;
        if (files_[0].images.empty())
            options.reject("train_images", "is empty; it names the training images");
        if (files_[0].labels.empty())
            options.reject("train_labels", "is empty; it names the training labels");
        if (has(Split::test) && files_[1].labels.empty()) {
            options.reject("test_labels", "is empty; test_images has labels too");
        }
    }

    bool has(Split split) const override { return !of(split).images.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path images = find_idx_file(folder_, of(split).images);
        const fs::path labels = find_idx_file(folder_, of(split).labels);
        const IdxHeader image_header = check_idx(images, "images");
        const IdxHeader label_header = check_idx(labels, "labels");
        check_shapes(images, image_header, labels, label_header);
        auto n = static_cast<std::size_t>(image_header.n_samples());
        if (limit != 0) n = std::min(n, limit);
        check_memory_for(shown(images), n, image_header.n_values_each());
        check_memory_for(shown(labels), label_header.n_samples(), 2 * label_header.n_values_each());

        Dataset dataset;
        dataset.files = {{images, image_header.n_on_disk, image_header.sha256},
                         {labels, label_header.n_on_disk, label_header.sha256}};
        std::tie(dataset.image_rows, dataset.image_cols) = image_shape(image_header);
        dataset.background = input_[0];
        read_images(images, image_header, n, dataset.x);
        FoundLabels found = read_idx_labels(labels, label_header, image_header.n_samples());
        found.no_names = true;
        dataset.label = labels_.classes_of(shown(labels), found, n);
        dataset.class_names = labels_.names_of(found);
        dataset.one_hot = found.one_hot;
        dataset.remarks = labels_.remarks(shown(labels), found);
        return dataset;
    }

  private:
    struct Names {
        std::string images, labels;
    };
    const Names& of(Split split) const { return files_[split == Split::train ? 0 : 1]; }

    static void check_shapes(const fs::path& images, const IdxHeader& image_header, const fs::path& labels,
                             const IdxHeader& label_header) {
        if (image_header.shape.size() < 2) {
            throw DataError(
                fmt::format("{}: IDX file of 1 dimensions; images have 3, or 2 where each is a row of "
                            "numbers",
                            shown(images)));
        }
        if (label_header.shape.size() > 2) {
            throw DataError(
                fmt::format("{}: IDX file of {} dimensions; labels have 1, or 2 where each is one-hot",
                            shown(labels), label_header.shape.size()));
        }
        const std::uint64_t n_labels =
            label_header.n_samples() == 1 ? label_header.n_values_each() : label_header.n_samples();
        if (image_header.n_samples() != n_labels) {
            throw DataError(fmt::format("{}: {} labels for the {} images of {}; both must belong together",
                                        shown(labels), n_labels, image_header.n_samples(), shown(images)));
        }
    }

    /// Whatever the type, an image holds whole numbers from 0 to 255.
    void read_images(const fs::path& path, const IdxHeader& header, std::size_t n, Matrix& x) const {
        const std::uint64_t n_each = header.n_values_each();
        x.resize(n, static_cast<std::size_t>(n_each));
        read_idx(path, header, n * n_each, [&](std::uint64_t first, std::span<const double> block) {
            float* const to = x.data() + first;
            for (std::size_t i = 0; i < block.size(); ++i) {
                const double value = block[i];
                // NaN and what does not fit an integer fail the first comparison
                if (!(value >= 0.0 && value <= 255.0) ||
                    value != static_cast<double>(static_cast<int>(value))) {
                    throw DataError(
                        fmt::format("{}: image {} holds {}; whole numbers from 0 to 255 are read, and kind = "
                                    "\"numpy\" or \"hdf5\" takes any",
                                    shown(path), (first + i) / n_each, value));
                }
                to[i] = input_[static_cast<std::size_t>(value)];
            }
        });
    }

    fs::path folder_;
    std::array<Names, 2> files_;
    LabelKeys labels_;
    std::array<float, 256> input_{};  // a byte has 256 values: one division each, in double
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_idx(Options& options, const Context&) {
    return std::make_unique<Idx>(options);
}

}  // namespace snnff
