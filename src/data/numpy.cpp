#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "data/array_axes.hpp"
#include "data/dataset_limits.hpp"
#include "data/dense_series.hpp"
#include "data/labels.hpp"
#include "data/scaling.hpp"
#include "io/data_file.hpp"
#include "io/gzip.hpp"
#include "io/npy.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

/// Where a split's arrays are: in one archive, or each in a file of its own.
struct Place {
    fs::path archive, x, y, y_negative;

    bool given() const { return !archive.empty() || !x.empty(); }
    std::vector<fs::path> files() const {
        if (!archive.empty()) return {archive};
        std::vector<fs::path> files{x, y};
        if (!y_negative.empty()) files.push_back(y_negative);
        return files;
    }
};

Place read_place(Options& options, const Key& key, bool required) {
    Place place;
    if (options.describing()) {
        required ? options.required_file(key) : options.file(key, "");
    }
    if (options.describing() || options.is_table(key.name)) {
        Options table = options.table(key);
        if (!options.describing() && table.given("kind")) {
            options.reject(key.name,
                           "names a file, and below it others; a table of both, { x = \"x.npy\", y = "
                           "\"y.npy\" }, or the name of one .npz file would do");
        }
        place.x = table.required_file(
            {"x", "", ".npy file: [sample, feature], [sample, step, feature] or [sample, row, column]"});
        place.y = table.required_file({"y", "", ".npy file of labels"});
        place.y_negative = table.file({"y_negative", "", ".npy file of wrong labels; absent: none"}, "");
    } else {
        place.archive = required ? options.required_file(key) : options.file(key, "");
    }
    return place;
}

class NumPy final : public DatasetReader {
  public:
    NumPy(Options& options, const TimeGrid& time)
        : train_(
              read_place(options,
                         {"train", "",
                          ".npz file with x and y (or x_train and y_train), or a table of .npy files: { x = "
                          "\"x.npy\", y = \"y.npy\" }"},
                         true)),
          test_(read_place(options,
                           {"test", "",
                            "the same for the test set; absent: no test set, unless test_x and test_y name "
                            "arrays of the training archive"},
                           false)),
          train_names_{options.text({"x", "", "array of the archive with the samples; empty: as above"}, ""),
                       options.text({"y", "", "array of the archive with the labels; empty: as above"}, "")},
          test_names_{options.text({"test_x", "", "samples of the test set; empty: called as in x"}, ""),
                      options.text({"test_y", "", "labels of the test set; empty: called as in y"}, "")},
          axes_(options, static_cast<std::uint64_t>(time.steps)),
          labels_(options),
          scaling_(options) {
        if (options.describing()) return;
        if (!test_.given() && test_names_.x.empty() != test_names_.y.empty()) {
            options.reject(test_names_.x.empty() ? "test_y" : "test_x",
                           fmt::format("names half of a test set in the training archive; data.{}, or a file "
                                       "data.test, would do",
                                       test_names_.x.empty() ? "test_x" : "test_y"));
        }
        refuse_name(options, "x", train_names_.x, train_);
        refuse_name(options, "y", train_names_.y, train_);
        refuse_name(options, "test_x", test_names_.x, of(Split::test));
        refuse_name(options, "test_y", test_names_.y, of(Split::test));
    }

    bool has(Split split) const override {
        return split == Split::train || test_.given() || !test_names_.x.empty();
    }

    Dataset read(Split split, std::size_t limit) const override {
        const auto x = open(split, "x"), y = open(split, "y");
        Dataset dataset;
        const std::uint64_t n_samples = read_inputs(*x, y->shape(), limit, dataset);
        auto n = static_cast<std::size_t>(n_samples);
        if (limit != 0) n = std::min(n, limit);
        if (split == Split::test) check_pair(x->where(), y->where());
        const FoundLabels found = read_labels(*y, x->where(), n_samples);
        dataset.label = labels_.classes_of(y->where(), found, n);
        dataset.class_names = labels_.names_of(found);
        dataset.one_hot = found.one_hot;
        for (const fs::path& file : of(split).files()) dataset.files.push_back(data_file_at(file));
        if (const auto negative = open(split, "y_negative")) {
            const FoundLabels wrong = read_labels(*negative, x->where(), n_samples);
            Dataset as_named;
            as_named.label = labels_.classes_of(negative->where(), wrong, n);
            as_named.class_names = labels_.names_of(wrong);
            as_named.one_hot = wrong.one_hot;
            as_named.files = dataset.files;
            align_classes(as_named, dataset.class_names);
            dataset.negative_label = std::move(as_named.label);
        }
        return dataset;
    }

  private:
    /// Names of arrays in an archive; empty: those that archives usually have.
    struct Names {
        std::string x, y;
    };

    const Place& of(Split split) const { return split == Split::train || !test_.given() ? train_ : test_; }

    static void refuse_name(Options& options, const char* key, const std::string& name, const Place& place) {
        if (name.empty() || !place.archive.empty()) return;
        options.reject(key, "names an array of an archive; these arrays have files of their own");
    }

    /// What the model calls the array x or y; empty where it does not say.
    const std::string& called(Split split, const std::string& name) const {
        static const std::string nothing;
        if (name == "y_negative") return nothing;
        const std::string& of_train = name == "x" ? train_names_.x : train_names_.y;
        const std::string& of_test = name == "x" ? test_names_.x : test_names_.y;
        return split == Split::train || of_test.empty() ? of_train : of_test;
    }

    /// What x, y or y_negative of a split may be called in an archive; the first of these that is there is
    /// meant.
    std::vector<std::string> names_of(Split split, const std::string& name) const {
        if (const std::string& given = called(split, name); !given.empty()) return {given};
        // As Keras, MedMNIST and others call the arrays of an archive that holds both splits: these before a
        // plain x, which beside x_test is that of training.
        const std::string which = split == Split::train ? "train" : "test";
        std::vector<std::string> names{name + "_" + which, which + "_" + name};
        if (name != "y_negative") {
            names.push_back(which + (name == "x" ? "_images" : "_labels"));
            // Books write the matrix of samples as a capital, and so do many of their readers.
            const std::string capital = name == "x" ? "X" : "Y";
            names.insert(names.end(), {capital + "_" + which, which + "_" + capital, name, capital});
        } else {
            names.push_back(name);
        }
        return names;
    }

    /// The array that is called x, y or y_negative here; nothing where there is no y_negative.
    std::unique_ptr<NpyArray> open(Split split, const std::string& name) const {
        const Place& place = of(split);
        if (place.archive.empty()) {
            const fs::path& file = name == "x" ? place.x : name == "y" ? place.y : place.y_negative;
            return file.empty() ? nullptr : std::make_unique<NpyArray>(file);
        }
        if (ends_in(place.archive, ".npy")) {
            throw DataError(
                fmt::format("{}: is one array, samples or labels; data.{} = {{ x = \"x.npy\", y = "
                            "\"y.npy\" }} names both",
                            shown(place.archive), &place == &train_ ? "train" : "test"));
        }
        const std::vector<std::string> there = npz_names(place.archive);
        std::vector<std::string> names = names_of(split, name);
        if (name == "y_negative" && split == Split::test) {
            // A plain y_negative goes with a plain y.
            const auto is_there = [&](const std::string& y) { return std::ranges::count(there, y) > 0; };
            const std::vector<std::string> labels = names_of(split, "y");
            const auto y = std::ranges::find_if(labels, is_there);
            if (y == labels.end() || (*y != "y" && *y != "Y")) names.pop_back();
        }
        for (const std::string& wanted : names) {
            const auto n = std::ranges::count(there, wanted);
            if (n > 1)
                throw DataError(
                    fmt::format("{}: has {} arrays {}; one would do", shown(place.archive), n, wanted));
            if (n == 1) return std::make_unique<NpyArray>(place.archive, wanted);
        }
        if (name == "y_negative") return nullptr;
        // A name from data.x would be meant for the test set, too, whose samples are others in the same
        // archive.
        const bool of_test = split == Split::test && (&called(split, name) != &called(Split::train, name) ||
                                                      of(Split::train).archive == place.archive);
        throw DataError(
            fmt::format("{}: has no array {}; it has {}; data.{}{} names the {}", shown(place.archive),
                        names.size() == 1 ? names.front() : fmt::format("{} nor {}", name, names[0]),
                        there.empty() ? "none" : fmt::format("{}", fmt::join(there, ", ")),
                        of_test ? "test_" : "", name, name == "x" ? "samples" : "labels"));
    }

    /// Samples and labels of a test set out of the archive that holds training, too, are both its own or both
    /// those of training: data.x alone would take the samples of training beside labels of the test set.
    void check_pair(const std::string& x, const std::string& y) const {
        if (train_.archive.empty() || of(Split::test).archive != train_.archive) return;
        const std::vector<std::string> there = npz_names(train_.archive);
        const auto of_train = [&](const std::string& name, const std::string& where) {
            for (const std::string& wanted : names_of(Split::train, name)) {
                if (std::ranges::count(there, wanted) > 0)
                    return where == fmt::format("{}:{}", shown(train_.archive), wanted);
            }
            return false;
        };
        const bool same_x = of_train("x", x), same_y = of_train("y", y);
        if (same_x == same_y) return;
        throw DataError(
            fmt::format("{}: is of training, {} of the test set; data.{} names the {} of the test set, out "
                        "of {}",
                        same_x ? x : y, same_x ? y : x, same_x ? "test_x" : "test_y",
                        same_x ? "samples" : "labels", fmt::join(there, ", ")));
    }

    /// Reads the first `limit` samples (0: all), scaled; returns how many there are.
    std::uint64_t read_inputs(NpyArray& array, const std::vector<std::uint64_t>& labels, std::size_t limit,
                              Dataset& into) const {
        const std::string& where = array.where();
        if (array.is_text()) throw DataError(fmt::format("{}: holds texts; numbers are expected", where));
        const ArrayLayout layout = axes_.layout(where, array.shape(), labels, array.value_bytes() == 1);
        check_dataset_size(where, layout.n_steps, layout.n_inputs);
        const std::uint64_t n_each = layout.n_steps * layout.n_inputs;
        check_dataset_size(where, layout.n_samples, n_each);
        auto n = static_cast<std::size_t>(layout.n_samples);
        if (limit != 0) n = std::min(n, limit);
        check_memory_for(where, n + layout.n_samples, n_each);
        std::vector<float> stored(static_cast<std::size_t>(array.n_values()));
        array.read(std::span{stored});
        Matrix x(n * static_cast<std::size_t>(layout.n_steps), static_cast<std::size_t>(layout.n_inputs));
        take_in_order(layout, array.shape(), stored, n, MatrixView(x.data(), x.rows(), x.cols()));
        for (std::size_t i = 0; i < x.rows(); ++i) {
            for (float& value : x.row(i)) value = scaling_.scaled(where, i / layout.n_steps, value);
        }
        into.image_rows = static_cast<std::size_t>(layout.image_rows);
        into.image_cols = static_cast<std::size_t>(layout.image_cols);
        into.background = scaling_.scaled(0.0);
        if (layout.over_time) {
            into.series =
                std::make_shared<DenseSeries>(std::move(x), static_cast<std::size_t>(layout.n_steps));
        } else {
            into.x = std::move(x);
        }
        return layout.n_samples;
    }

    static FoundLabels read_labels(NpyArray& array, const std::string& of, std::uint64_t n_samples) {
        check_memory_for(array.where(), array.n_values(), 2);
        if (array.is_text()) {
            if (array.n_values() != n_samples) {
                throw DataError(fmt::format("{}: has {} names; {} has {} samples", array.where(),
                                            array.n_values(), of, n_samples));
            }
            check_memory_for(array.where(), n_samples, sizeof(std::string));
            return labels_in(array.where(), array.read_texts());
        }
        std::vector<double> values(static_cast<std::size_t>(array.n_values()));
        array.read(std::span{values});
        return labels_in(array.where(), values, array.shape(), of, n_samples);
    }

    Place train_, test_;
    Names train_names_, test_names_;
    AxesKey axes_;
    LabelKeys labels_;
    Scaling scaling_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_numpy(Options& options, const Context& context) {
    return std::make_unique<NumPy>(options, context.time);
}

}  // namespace snnff
