#include "snnff/run_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstdlib>

#include "io/hdf5.hpp"
#include "unit/run_file_example.hpp"

using namespace snnff;
using namespace example;

namespace {

/// Changes a run file through the C API.
void change(const fs::path& path, const std::function<void(hid_t)>& action) {
    const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    REQUIRE(file);
    action(file.get());
}

template <class T>
void put(hid_t file, const char* name, std::vector<hsize_t> shape, hid_t type, const std::vector<T>& values) {
    const hdf5::Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                             H5Sclose);
    const hdf5::Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links.get(), 1);
    const hdf5::Handle set(H5Dcreate2(file, name, type, space.get(), links.get(), H5P_DEFAULT, H5P_DEFAULT),
                           H5Dclose);
    REQUIRE(set);
    if (!values.empty())
        H5Dwrite(set.get(), hdf5::memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

}  // namespace

TEST_CASE("the example run, for readers in other languages", "[.example]") {
    const char* path = std::getenv("SNNFF_RUN_FILE");
    REQUIRE(path != nullptr);
    write_example(path, true);
}

TEST_CASE("what a run wrote is read back") {
    const TempFolder folder;
    write_example(folder / "run.h5");
    const RunSummary run = read_run(folder / "run.h5");
    CHECK(run.title == "an example – with a dash");
    CHECK(run.creator == "snnff-sim 0.1.0");
    CHECK(run.status == "complete");
    REQUIRE(run.created.size() == 20);
    CHECK(run.created.substr(10, 1) == "T");
    CHECK(run.created.back() == 'Z');
    CHECK(run.model_toml == "seed = 1\ntitle = \"an example\"\n");
    REQUIRE(run.provenance.facts.size() == 3);
    CHECK(run.provenance.facts[0] == std::pair<std::string, Fact>{"version", "0.1.0"});
    CHECK(run.provenance.text("command") == "snnff-sim run \xef\xbf\xbd x");  // a byte that is no UTF-8
    CHECK(run.provenance.facts[2].second == Fact{std::uint64_t{18446744073709551615u}});
    CHECK(run.provenance.data == provenance().data);
    CHECK(run.provenance.stretches == provenance().stretches);
    CHECK(run.populations == std::vector<std::string>{"hidden1", "hidden2"});
    REQUIRE(run.shapes.size() == 2);
    CHECK((run.shapes[0].n_units == 20 && run.shapes[0].n_inputs == 784));

    CHECK(run.n_epochs == n_epochs);
    const std::vector<EpochReport> epochs = epochs_of(folder / "run.h5");
    REQUIRE(epochs.size() == n_epochs);
    for (std::size_t k = 0; k < n_epochs; ++k) {
        CHECK(epochs[k].epoch == static_cast<std::int64_t>(k));
        CHECK(epochs[k].n_epochs == n_epochs);
        CHECK(epochs[k].populations[0].loss == static_cast<double>(1.0f / static_cast<float>(k + 1)));
        CHECK(epochs[k].populations[0].spike_rate == 0.125);
        CHECK(std::isnan(epochs[k].populations[1].loss));
        CHECK(epochs[k].seconds == 0.5);
    }
    CHECK(epochs.back().kept_epoch == 4);
    CHECK(epochs[3].train_error == 12.5);
    CHECK(epochs[3].test_error == 15.25);
    CHECK(epochs[3].test_loss == 0.375);
    CHECK(std::isnan(epochs[2].train_error));
    CHECK(std::isnan(epochs[2].test_error));

    CHECK((run.readout.n_units == 3 && run.readout.n_inputs == 30));
    CHECK(run.readout_loss == std::vector{1.5, 0.75});

    REQUIRE(run.evaluations.size() == 3);
    CHECK(run.evaluations[1].name == "validation");
    CHECK((run.evaluations[1].n_samples == 6 && run.evaluations[1].n_labels == 3));
    const RunSummary::Split& split = run.evaluations[2];
    CHECK(split.name == "test");
    CHECK(split.error == 100.0 / 6.0);
    CHECK((split.n_samples == 6 && split.n_labels == 3));
    CHECK(split.confusion == std::vector<std::uint64_t>{2, 0, 0, 0, 1, 1, 0, 0, 2});
    CHECK(split.spike_rate[0] == 0.25);
    CHECK(std::isnan(split.spike_rate[1]));
    CHECK(split.accumulates == std::vector<double>{1000.0, 0.0});
    CHECK(split.multiply_accumulates == std::vector<double>{4000.0, 500.0});

    REQUIRE(run.reports.size() == 1);
    CHECK(run.reports[0].name == "hidden1");
    CHECK(run.reports[0].n_frames == n_frames);
    CHECK(run.reports[0].n_neurons == n_neurons);
    CHECK(run.spikes == std::vector<std::pair<std::string, std::uint64_t>>{{"hidden1", 3}});
}

TEST_CASE("frames come back as they were, however they were handed over and flushed") {
    const TempFolder folder;
    for (const std::size_t n_at_once : {1u, 999u, 50000u}) {
        const fs::path path = folder / ("frames" + std::to_string(n_at_once) + ".h5");
        {
            RunFileWriter writer(path, false);
            writer.describe("", "", {});
            const std::size_t report = writer.open_report(membrane());
            append_frames(writer, report, n_at_once);
            writer.flush();
            append_frames(writer, report, n_at_once);  // goes on within a chunk that was flushed in part
            writer.close(RunStatus::complete);
        }
        const hdf5::Group report = hdf5::open_file(path.string()).group("report/hidden1");
        std::vector<float> data(2 * n_frames * n_neurons);
        hdf5::read(report.dataset("data"), std::span{data});
        std::vector<double> time(2 * n_frames);
        hdf5::read(report.dataset("time"), std::span{time});
        std::size_t n_wrong = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            n_wrong += data[i] != static_cast<float>(i % (n_frames * n_neurons)) ? 1 : 0;
        }
        for (std::size_t f = 0; f < time.size(); ++f)
            n_wrong += time[f] != 0.5 * static_cast<double>(f) ? 1 : 0;
        CHECK(n_wrong == 0);
    }
}

TEST_CASE("chunks are compressed with gzip and shuffle, summed by Fletcher, and take 64 KiB to 1 MiB") {
    const TempFolder folder;
    write_example(folder / "run.h5");
    const hdf5::Group root = hdf5::open_file((folder / "run.h5").string());
    for (const char* name : {"report/hidden1/data", "report/hidden1/step", "training/hidden1/loss",
                             "spikes/hidden1/timestamps"}) {
        const hdf5::Dataset dataset = root.dataset(name);
        const hdf5::Handle creation(H5Dget_create_plist(dataset.id()), H5Pclose);
        hsize_t chunk[2] = {1, 1};
        H5Pget_chunk(creation.get(), 2, chunk);
        const hdf5::Handle type(H5Dget_type(dataset.id()), H5Tclose);
        const std::size_t bytes = chunk[0] * chunk[1] * H5Tget_size(type.get());
        INFO(name << " " << bytes);
        CHECK(bytes >= 65536);
        CHECK(bytes <= 1048576);
        REQUIRE(H5Pget_nfilters(creation.get()) == 3);
        unsigned flags = 0;
        CHECK(H5Pget_filter2(creation.get(), 0, &flags, nullptr, nullptr, 0, nullptr, nullptr) ==
              H5Z_FILTER_SHUFFLE);
        CHECK(H5Pget_filter2(creation.get(), 1, &flags, nullptr, nullptr, 0, nullptr, nullptr) ==
              H5Z_FILTER_DEFLATE);
        CHECK(H5Pget_filter2(creation.get(), 2, &flags, nullptr, nullptr, 0, nullptr, nullptr) ==
              H5Z_FILTER_FLETCHER32);
    }
}

TEST_CASE("files that are no run are refused with the reason") {
    const TempFolder folder;
    write_example(folder / "run.h5");
    const auto copy = [&](const std::string& name) {
        fs::copy_file(folder / "run.h5", folder / name);
        return folder / name;
    };
    const auto reason = [](const fs::path& path) {
        CHECK_THROWS_AS(read_run(path), FileError);
        const std::string text = message_of([&] { read_run(path); });
        CHECK(contains(text, path.filename().string()));
        return text;
    };
    CHECK(contains(reason(folder / "missing.h5"), "No such file"));
    CHECK(contains(reason(folder.path()), "is a folder"));
    CHECK(contains(reason(folder.write("text.h5", "hello")), "not an HDF5 file"));
    CHECK(contains(reason(folder.write("empty.h5", "")), "not an HDF5 file"));

    const fs::path truncated = copy("truncated.h5");
    fs::resize_file(truncated, fs::file_size(truncated) / 2);
    CHECK(contains(reason(truncated), "cut short"));

    CHECK(contains(reason(fs::path(SNNFF_TESTS) / "golden/relu_swish.h5"), "not a run file"));

    const fs::path short_series = copy("short.h5");
    change(short_series, [](hid_t file) {
        const hdf5::Handle loss(H5Dopen2(file, "/training/hidden1/loss", H5P_DEFAULT), H5Dclose);
        const hsize_t three = 3;
        H5Dset_extent(loss.get(), &three);
    });
    CHECK(contains(reason(short_series), "/training/hidden1/loss has 3 values for 7 epochs"));

    const fs::path huge = copy("huge.h5");
    change(huge, [](hid_t file) {
        const hdf5::Handle loss(H5Dopen2(file, "/training/epoch", H5P_DEFAULT), H5Dclose);
        const hsize_t many = hsize_t{1} << 60;
        H5Dset_extent(loss.get(), &many);
    });
    CHECK(contains(reason(huge), "/training/epoch: claims 1152921504606846976 values"));

    const fs::path wrong_rank = copy("rank.h5");
    change(wrong_rank, [](hid_t file) {
        H5Ldelete(file, "/evaluation/test/confusion", H5P_DEFAULT);
        put<float>(file, "/evaluation/test/confusion", {9}, H5T_IEEE_F32LE, std::vector<float>(9));
    });
    CHECK(contains(reason(wrong_rank), "/evaluation/test: shapes do not fit"));

    const fs::path no_status = copy("status.h5");
    change(no_status, [](hid_t file) { H5Adelete(file, "status"); });
    CHECK(contains(reason(no_status), "has no attribute \"status\""));

    const auto write_format = [](std::uint32_t format) {
        return [format](hid_t file) {
            const hdf5::Handle attribute(H5Aopen(file, "run_format", H5P_DEFAULT), H5Aclose);
            H5Awrite(attribute.get(), H5T_NATIVE_UINT32, &format);
        };
    };
    const fs::path newer = copy("newer.h5");
    change(newer, write_format(run_format + 1));
    CHECK(contains(reason(newer), "is of run format 2, written by snnff-sim"));
    const fs::path before_formats = copy("older.h5");
    change(before_formats, [](hid_t file) { H5Adelete(file, "run_format"); });
    CHECK(read_run(before_formats).n_epochs == 7);

    const fs::path linked = copy("linked.h5");
    change(linked, [](hid_t file) {
        H5Ldelete(file, "/training/seconds", H5P_DEFAULT);
        H5Lcreate_external("other.h5", "/x", file, "/training/seconds", H5P_DEFAULT, H5P_DEFAULT);
    });
    CHECK(contains(reason(linked), "/training/seconds is a link to elsewhere"));
}

TEST_CASE("parameters are read where their shapes fit, and refused by name where not") {
    const TempFolder folder;
    const fs::path path = folder / "run.h5";
    write_example(path);
    Population p = population("hidden1", 20, 784);
    const Population original = population("hidden1", 20, 784);
    p.below().weight.resize(p.n_units(), p.n_inputs());
    p.bias.clear();
    read_parameters(path, "hidden1", p);
    CHECK(p.below().weight == original.below().weight);
    CHECK(p.bias == original.bias);

    Population other = population("x", 21, 784);
    CHECK_THROWS_AS(read_parameters(path, "hidden1", other), DataError);
    CHECK(contains(
        message_of([&] { read_parameters(path, "hidden1", other); }),
        "/populations/hidden1/weight: has the shape [20, 784]; the model's population has [21, 784]"));
    CHECK(contains(message_of([&] { read_parameters(path, "hidden9", p); }), "there is hidden1, hidden2"));
    CHECK(contains(message_of([&] { read_parameters(folder / "no.h5", "hidden1", p); }), "No such file"));

    change(path, [](hid_t file) { H5Ldelete(file, "/populations/hidden1/bias", H5P_DEFAULT); });
    read_parameters(path, "hidden1", p);
    CHECK(std::count(p.bias.begin(), p.bias.end(), 0.0f) == 20);

    change(path, [](hid_t file) {
        put<double>(file, "/populations/nan/weight", {1, 2}, H5T_IEEE_F64BE, {1.0, std::nan("")});
        put<double>(file, "/populations/wide/weight", {1, 2}, H5T_IEEE_F64BE, {1.0, 1e300});
        put<double>(file, "/populations/good/weight", {1, 2}, H5T_IEEE_F64BE, {1.0, 0.25});
    });
    Population small = population("nan", 1, 2);
    CHECK_THROWS_AS(read_parameters(path, "nan", small), DataError);
    CHECK_THROWS_AS(read_parameters(path, "wide", small), DataError);
    read_parameters(path, "good", small);
    CHECK(small.below().weight(0, 1) == 0.25f);
}
