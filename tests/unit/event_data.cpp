// Data with a time axis: what ends up in which step, and what a network receives of it.
#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/encoded_input.hpp"
#include "data/event_series.hpp"
#include "data/presentations.hpp"
#include "io/hdf5.hpp"
#include "kinds.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"
#include "temp_folder.hpp"

using namespace snnff;
namespace fs = std::filesystem;
using Split = DatasetReader::Split;
using hdf5::Handle;

namespace {

Context over(double dt_ms, std::int64_t steps) { return {.time = {dt_ms, steps}, .n_units = 0}; }

struct Event {
    std::uint8_t x, y, polarity;
    std::uint32_t time_us;
};

void write_recording(const fs::path& path, const std::vector<Event>& events) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    for (const Event& e : events) {
        const std::uint32_t low = (static_cast<std::uint32_t>(e.polarity) << 23) | e.time_us;
        for (const std::uint32_t byte :
             {std::uint32_t{e.x}, std::uint32_t{e.y}, low >> 16, low >> 8 & 0xff, low & 0xff})
            file.put(static_cast<char>(byte));
    }
}

/// A data set of lists; `element` is their type in the file.
void put_lists(hid_t group, const char* name, hid_t element, std::vector<std::vector<double>> lists) {
    std::vector<hvl_t> rows;
    for (auto& list : lists) rows.push_back({list.size(), list.data()});
    const hsize_t n = rows.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle on_disk(H5Tvlen_create(element), H5Tclose),
        in_memory(H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose);
    const Handle set(
        H5Dcreate2(group, name, on_disk.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    REQUIRE(H5Dwrite(set.get(), in_memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()) >= 0);
}

/// IEEE half precision, as NumPy's float16 is stored.
Handle half() {
    Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
    H5Tset_size(type.get(), 2);
    H5Tset_ebias(type.get(), 15);
    return type;
}

void write_shd(const fs::path& path, hid_t time_type, const std::vector<std::vector<double>>& times,
               const std::vector<std::vector<double>>& units, const std::vector<std::int64_t>& labels) {
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const Handle spikes(H5Gcreate2(file.get(), "spikes", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    put_lists(spikes.get(), "times", time_type, times);
    put_lists(spikes.get(), "units", H5T_STD_U16LE, units);
    const hsize_t n = labels.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle set(
        H5Dcreate2(file.get(), "labels", H5T_STD_U8LE, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    H5Dwrite(set.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels.data());
}

/// The inputs of a sample that are not 0: (step, input, value).
using Bins = std::set<std::tuple<std::size_t, std::size_t, float>>;
Bins bins(const InputSeries& series, std::size_t sample, std::size_t steps) {
    Matrix all(steps, series.n_inputs());
    all.fill(7.0f);  // fill() writes zeros too
    series.fill(sample, 0, all);
    Bins found;
    double squares = 0.0;
    for (std::size_t t = 0; t < steps; ++t) {
        Matrix step(1, series.n_inputs());
        series.fill(sample, static_cast<std::int64_t>(t), step);  // one by one as all at once
        CHECK(std::ranges::equal(step.row(0), all.row(t)));
        for (std::size_t i = 0; i < all.cols(); ++i) {
            if (all(t, i) != 0.0f) found.insert({t, i, all(t, i)});
            squares += static_cast<double>(all(t, i) * all(t, i));
        }
    }
    CHECK(series.sum_of_squares(sample) == squares);
    return found;
}

const EventSeries& events_of(const Dataset& dataset) {
    return dynamic_cast<const EventSeries&>(*dataset.series);
}

}  // namespace

TEST_CASE("N-MNIST's bytes become the inputs that its authors' reader gives") {
    const TempFolder folder;
    // dt = 2.5 ms: µs 0..2499 is step 0. Nothing sorts them in the file.
    write_recording(folder / "Train/3/00002.bin",
                    {{5, 7, 1, 2499}, {5, 7, 1, 2500}, {33, 33, 1, 9999}, {0, 0, 0, 0}, {5, 7, 1, 100}});
    // y = 240 is no event, whatever else it says; 2^13 µs are added to all that follow, as often as it comes
    write_recording(folder / "Train/8/00001.bin",
                    {{1, 2, 0, 1000}, {240, 240, 1, 5}, {1, 2, 0, 1000}, {3, 240, 0, 0}, {1, 2, 0, 1000}});
    write_recording(folder / "Train/0/00003.bin", {{4, 4, 0, 0x7fffff}, {4, 4, 0, 10'000}, {4, 4, 0, 9'999}});

    SECTION("counts") {
        const auto reader = made<DatasetReader>(
            "nmnist", {key("folder", folder.path().string()), key("per_bin", "counts"), key("test", "")},
            over(2.5, 4));
        CHECK_FALSE(reader->has(Split::test));
        const Dataset data = reader->read(Split::train, 0);
        REQUIRE(data.size() == 3);
        CHECK(data.n_inputs() == 2312);
        CHECK(data.label == std::vector<std::int32_t>{8, 3, 0});  // by name, whatever the digit
        constexpr std::size_t a = 1156 + 7 * 34 + 5;
        CHECK(bins(*data.series, 1, 4) == Bins{{0, a, 2.0f}, {1, a, 1.0f}, {3, 2311, 1.0f}, {0, 0, 1.0f}});
        CHECK(bins(*data.series, 0, 4) == Bins{{0, 2 * 34 + 1, 1.0f}, {3, 2 * 34 + 1, 1.0f}});
        CHECK(bins(*data.series, 2, 4) == Bins{{3, 4 * 34 + 4, 1.0f}});
        CHECK(events_of(data).n_dropped() == 3);  // 17384 µs, 8.4 s and 10 ms
        CHECK(data.series->largest() == 2.0f);
        CHECK(data.files.size() == 1);
    }
    SECTION("0 or 1, and the first samples only") {
        const auto reader =
            made<DatasetReader>("nmnist", {key("folder", folder.path().string())}, over(2.5, 4));
        const Dataset data = reader->read(Split::train, 2);
        REQUIRE(data.size() == 2);
        for (const auto& [step, input, value] : bins(*data.series, 1, 4)) CHECK(value == 1.0f);
        CHECK(data.series->largest() == 1.0f);
        CHECK_THROWS_AS(reader->read(Split::test, 0), FileError);
    }
}

TEST_CASE("lists of spikes in HDF5 are read from any type of number, and binned") {
    const TempFolder folder;
    const fs::path path = folder / "shd.h5";
    const Handle float16 = half();
    // exact in half precision: 0.25 s is step 2 of 100 ms, 0.5 s step 5
    const std::vector<std::vector<double>> times{{0.25, 0.0, 0.3125, 0.265625}, {}, {0.5, 0.625, 4.0}};
    const std::vector<std::vector<double>> units{{3, 0, 3, 3}, {}, {9, 9, 1}};
    for (const hid_t type : {float16.get(), H5T_IEEE_F32LE, H5T_IEEE_F64BE}) {
        write_shd(path, type, times, units, {19, 0, 4});
        const auto reader = made<DatasetReader>(
            "shd", {key("train", path.string()), key("n_inputs", std::int64_t{10}), key("per_bin", "counts")},
            over(100.0, 6));
        const Dataset data = reader->read(Split::train, 0);
        REQUIRE(data.size() == 3);
        CHECK(data.n_inputs() == 10);
        CHECK(data.label == std::vector<std::int32_t>{19, 0, 4});
        CHECK(bins(*data.series, 0, 6) == Bins{{2, 3, 2.0f}, {0, 0, 1.0f}, {3, 3, 1.0f}});
        CHECK(bins(*data.series, 1, 6).empty());
        CHECK(bins(*data.series, 2, 6) == Bins{{5, 9, 1.0f}});
        CHECK(events_of(data).n_dropped() == 2);
    }
}

TEST_CASE("more samples than are read at a time are read whole, in order") {
    const TempFolder folder;
    std::vector<std::vector<double>> times, units;
    std::vector<std::int64_t> labels;
    for (int s = 0; s < 150; ++s) {
        times.emplace_back(static_cast<std::size_t>(s % 4), 0.001 * s);
        units.emplace_back(static_cast<std::size_t>(s % 4), s);
        labels.push_back(s % 20);
    }
    write_shd(folder / "shd.h5", H5T_IEEE_F64LE, times, units, labels);
    const auto reader = made<DatasetReader>(
        "shd", {key("train", (folder / "shd.h5").string()), key("per_bin", "counts")}, over(2.0, 100));
    const Dataset data = reader->read(Split::train, 0);
    REQUIRE(data.size() == 150);
    for (std::size_t s = 0; s < 150; ++s) {
        const Bins expected = s % 4 == 0 ? Bins{} : Bins{{s / 2, s, static_cast<float>(s % 4)}};
        CHECK(bins(*data.series, s, 100) == expected);
        CHECK(data.label[s] == static_cast<std::int32_t>(s % 20));
    }
    CHECK(reader->read(Split::train, 70).size() == 70);
}

namespace {

/// 12 samples of 5 steps and 3 features, x[s, t, f] = s + 10 t + 100 f, over 200.
fs::path write_rank3(const TempFolder& folder) {
    const fs::path path = folder / "x3.h5";
    const Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const hsize_t shape[3] = {12, 5, 3};
    std::vector<double> x;
    std::vector<std::int64_t> y;
    for (int s = 0; s < 12; ++s) {
        y.push_back(s % 2);
        for (int t = 0; t < 5; ++t) {
            for (int f = 0; f < 3; ++f) x.push_back(s + 10 * t + 100 * f);
        }
    }
    for (const auto& [name, rank, type, values] :
         {std::tuple{"x", 3, H5T_NATIVE_DOUBLE, static_cast<const void*>(x.data())},
          std::tuple{"y", 1, H5T_NATIVE_INT64, static_cast<const void*>(y.data())}}) {
        const Handle space(H5Screate_simple(rank, shape, nullptr), H5Sclose);
        const Handle set(
            H5Dcreate2(file.get(), name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
        REQUIRE(H5Dwrite(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    }
    return path;
}

Experiment over_time(const fs::path& path, const std::string& keys) {
    return build(read_model_text("[time]\nsteps = 5\n[data]\nkind = \"hdf5\"\ntrain = \"" + path.string() +
                                     "\"\nscale = 200\nn_validation = 4\n" + keys +
                                     "\n[overlay]\nn_labels = 2\nvalue = 0.5\n[population.only]\nsize = 8\n",
                                 "test", "/", {}));
}

/// The steps of one sample under its label, as the first population receives them without the gain.
Matrix received(const Experiment& e, const Dataset& dataset, std::uint32_t sample, float& gain) {
    const std::vector<std::uint32_t> samples{sample};
    Matrix rows;
    const ConstMatrixView images = images_of(dataset, samples, rows);
    const LabelWriter writer(e.model.data, e.network.time, dataset, made<Normalisation>("rms"));
    const auto squares = input_squares(*e.model.data.encoding, e.network.time, dataset, samples, images);
    const EncodedInput input({e.model.data, e.model.seed, e.network.time, dataset, samples, 0},
                             {writer.write(images, squares, {&dataset.label[sample], 1})}, nullptr);
    Matrix base(5, dataset.n_inputs());
    const auto steps = input.open(0, 1);
    for (std::size_t t = 0; t < 5; ++t) {
        const MatrixView row = base.view().rows(t, 1);
        steps->next({&row, 1});
        for (const auto& change : steps->changes(0))
            base(t, input.changing_inputs()[change.column]) = change.value;
    }
    gain = input.gain(0)[0];
    return base;
}

}  // namespace

TEST_CASE("x [sample, step, feature] drives its step; the label is an input of its own") {
    const TempFolder folder;
    const Experiment e = over_time(write_rank3(folder), "");
    CHECK(e.train.size() == 8);
    CHECK(e.validation.size() == 4);
    REQUIRE(e.train.n_inputs() == 5);
    CHECK(e.network.populations[0].n_inputs() == 5);
    for (const auto& [dataset, s, number] : {std::tuple{&e.train, 3u, 3}, std::tuple{&e.validation, 1u, 9}}) {
        float gain = 0.0f;
        const Matrix input = received(e, *dataset, s, gain);
        double squares = 0.0;
        for (std::size_t t = 0; t < 5; ++t) {
            for (std::size_t f = 0; f < 3; ++f)
                CHECK(input(t, f) ==
                      static_cast<float>((number + 10.0 * double(t) + 100.0 * double(f)) / 200.0));
            CHECK(input(t, 3) == 0.0f);
            CHECK(input(t, 4) == 0.5f);  // both are odd samples
            for (const float x : input.row(t)) squares += static_cast<double>(x) * static_cast<double>(x);
        }
        // one gain for all steps: the mean over them has a mean square of 1
        CHECK(gain == Approx(made<Normalisation>("rms")->gain(squares / 5.0, 5)).epsilon(1e-6));
    }
}

TEST_CASE("under delta encoding features fire where they rise, and the label is a constant current") {
    const TempFolder folder;
    // 10/200 from step to step; at first from 0 to (s + 100 f)/200
    const Experiment e = over_time(write_rank3(folder), "[encoding]\nkind = \"delta\"\nthreshold = 0.049\n");
    float gain = 0.0f;
    const Matrix input = received(e, e.train, 3, gain);
    for (std::size_t t = 0; t < 5; ++t) {
        const float first = t == 0 ? 0.0f : 1.0f;  // 3/200 is below the threshold
        CHECK(std::ranges::equal(input.row(t), std::vector<float>{first, 1.0f, 1.0f, 0.0f, 0.5f}));
    }
    CHECK(gain == Approx(made<Normalisation>("rms")->gain((4 + 5 + 5) / 5.0 + 0.25, 5)).epsilon(1e-6));
}

TEST_CASE("what varies in time is multiplied in every step, and told so") {
    const TempFolder folder;
    const Experiment e = over_time(write_rank3(folder), "");
    const Evaluation evaluation = evaluate(e.network, e.model, e.train);
    CHECK(evaluation.multiply_accumulates.at(0) == 2.0 * 5 * 5 * 8);
    CHECK(evaluation.accumulates.at(0) == 0.0);
}
