#include "snnff/run_file.hpp"

#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "catch.hpp"
#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "temp_folder.hpp"

using namespace snnff;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t n_epochs = 7, n_neurons = 4, n_frames = 50000;

Population population(std::string name, std::size_t n_units, std::size_t n_inputs) {
    Population p;
    p.name = std::move(name);
    p.weight.resize(n_units, n_inputs);
    for (std::size_t i = 0; i < p.weight.size(); ++i) p.weight.values()[i] = std::sin(static_cast<float>(i));
    p.bias.assign(n_units, 0.5f);
    return p;
}

Evaluation evaluation() {
    Evaluation e;
    e.goodness.resize(6, 3);
    e.label = {0, 1, 2, 0, 1, 2};
    e.prediction = {0, 1, 2, 0, 2, 2};  // one of six is wrong
    for (std::size_t s = 0; s < 6; ++s) e.goodness(s, static_cast<std::size_t>(e.prediction[s])) = 1.5f;
    e.spike_rate = {0.25, std::nan("")};
    e.accumulates = {1000.0, 0.0};
    e.multiply_accumulates = {4000.0, 500.0};
    return e;
}

EpochReport epoch(std::int64_t k) {
    EpochReport report;
    report.epoch = k;
    report.n_epochs = n_epochs;
    report.populations.resize(2);
    report.populations[0].loss = 1.0 / static_cast<double>(k + 1);
    report.populations[0].spike_rate = 0.125;
    report.seconds = 0.5;
    if (k == 3) report.train_error = 12.5;
    return report;
}

ReportSpec membrane() {
    return {"hidden1", "hidden1", "membrane potential of hidden1", "before", 1.0, {3, 1, 4, 15}, 0.5};
}

/// Frame f of neuron n holds 4f + n: exact in float32 up to 2^24.
void append_frames(RunFileWriter& writer, std::size_t report, std::size_t n_at_once) {
    for (std::size_t first = 0; first < n_frames; first += n_at_once) {
        const std::size_t n = std::min(n_at_once, n_frames - first);
        Matrix frames(n, n_neurons);
        std::iota(frames.values().begin(), frames.values().end(), static_cast<float>(first * n_neurons));
        std::vector<std::int64_t> sample(n, 8), step(n);
        std::iota(step.begin(), step.end(), static_cast<std::int64_t>(first));
        const std::vector<std::uint8_t> phase(n, 1);
        writer.append_frames(report, frames, sample, step, phase, 6);
    }
}

void write_example(const fs::path& path, bool force = false) {
    RunFileWriter writer(path, force);
    writer.describe("an example – with a dash", "seed = 1\ntitle = \"an example\"\n",
                    {{"version", "0.1.0"}, {"command", "snnff-sim run \xff x"}, {"seed", "1"}});
    const std::vector<std::string> names{"hidden1", "hidden2"};
    writer.begin_training(names);
    const std::size_t report = writer.open_report(membrane());
    writer.open_spikes("hidden1");
    for (std::size_t k = 0; k < n_epochs; ++k) writer.append_epoch(epoch(static_cast<std::int64_t>(k)));
    append_frames(writer, report, 777);
    const std::vector<double> times{0.5, 0.5, 2.0};
    const std::vector<std::uint64_t> ids{3, 1, 3};
    writer.append_spikes("hidden1", times, ids);
    writer.write_population(population("hidden1", 20, 784));
    writer.write_population(population("hidden2", 10, 20));
    writer.write_evaluation("train", evaluation());
    writer.write_evaluation("test", evaluation());
    writer.close(RunStatus::complete);
}

/// Runs `action` in a process of its own that ends by SIGKILL.
void in_killed_process(const std::function<void()>& action) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            action();
        } catch (...) {
            ::_exit(1);
        }
        ::raise(SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);
}

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

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
    REQUIRE(run.provenance.size() == 3);
    CHECK(run.provenance[0] == std::pair<std::string, std::string>{"version", "0.1.0"});
    CHECK(run.provenance[1].second == "snnff-sim run \xef\xbf\xbd x");  // a byte that is no UTF-8
    CHECK(run.populations == std::vector<std::string>{"hidden1", "hidden2"});
    REQUIRE(run.shapes.size() == 2);
    CHECK((run.shapes[0].n_units == 20 && run.shapes[0].n_inputs == 784));

    REQUIRE(run.epochs.size() == n_epochs);
    for (std::size_t k = 0; k < n_epochs; ++k) {
        CHECK(run.epochs[k].epoch == static_cast<std::int64_t>(k));
        CHECK(run.epochs[k].n_epochs == n_epochs);
        CHECK(run.epochs[k].populations[0].loss == static_cast<double>(1.0f / static_cast<float>(k + 1)));
        CHECK(run.epochs[k].populations[0].spike_rate == 0.125);
        CHECK(std::isnan(run.epochs[k].populations[1].loss));
        CHECK(run.epochs[k].seconds == 0.5);
    }
    CHECK(run.epochs[3].train_error == 12.5);
    CHECK(std::isnan(run.epochs[2].train_error));

    REQUIRE(run.evaluations.size() == 2);
    const RunSummary::Split& split = run.evaluations[1];
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

TEST_CASE("chunks are compressed with gzip and shuffle and take 64 KiB to 1 MiB") {
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
        REQUIRE(H5Pget_nfilters(creation.get()) == 2);
        unsigned flags = 0;
        CHECK(H5Pget_filter2(creation.get(), 0, &flags, nullptr, nullptr, 0, nullptr, nullptr) ==
              H5Z_FILTER_SHUFFLE);
        CHECK(H5Pget_filter2(creation.get(), 1, &flags, nullptr, nullptr, 0, nullptr, nullptr) ==
              H5Z_FILTER_DEFLATE);
    }
}

TEST_CASE("what was flushed is read after the process was killed") {
    const TempFolder folder;
    for (int attempt = 0; attempt < 10; ++attempt) {
        const fs::path path = folder / ("killed" + std::to_string(attempt) + ".h5");
        in_killed_process([&] {
            RunFileWriter writer(path, false);
            writer.describe("killed", "seed = 1\n", {});
            const std::vector<std::string> names{"hidden1", "hidden2"};
            writer.begin_training(names);
            const std::size_t report = writer.open_report(membrane());
            for (std::int64_t k = 0; k < 5; ++k) writer.append_epoch(epoch(k));
            append_frames(writer, report, 1000);
            writer.flush();
            // What comes after the flush may be lost, but must not harm what was there.
            append_frames(writer, report, 1000 + static_cast<std::size_t>(attempt));
            writer.append_epoch(epoch(5));
            ::raise(SIGKILL);
        });
        const RunSummary run = read_run(path);
        CHECK(run.status == "running");
        REQUIRE(run.epochs.size() >= 5);
        CHECK(run.epochs[4].populations[0].loss == static_cast<double>(1.0f / 5.0f));
        CHECK(run.reports.at(0).n_frames >= n_frames);
        std::vector<float> data(n_frames * n_neurons);
        hdf5::read_rows(hdf5::open_file(path.string()).dataset("report/hidden1/data"), n_frames,
                        std::span{data});
        std::size_t n_wrong = 0;
        for (std::size_t i = 0; i < data.size(); ++i) n_wrong += data[i] != static_cast<float>(i) ? 1 : 0;
        CHECK(n_wrong == 0);
    }
}

TEST_CASE("a run killed at any moment can be read, every value of it") {
    const TempFolder folder;
    for (int attempt = 0; attempt < 25; ++attempt) {
        const fs::path path = folder / ("killed" + std::to_string(attempt) + ".h5");
        const pid_t child = ::fork();
        if (child == 0) {
            RunFileWriter writer(path, false);
            writer.describe("killed", "seed = 1\n", {});
            const std::vector<std::string> names{"hidden1", "hidden2"};
            writer.begin_training(names);
            const std::size_t report = writer.open_report(membrane());
            fs::create_directory(path.string() + ".begun");
            const std::vector<std::int64_t> ones(40, 1);
            const std::vector<std::uint8_t> phases(40, 1);
            for (std::int64_t k = 0;; ++k) {
                writer.append_epoch(epoch(k));
                Matrix frames(40, n_neurons);
                for (std::size_t i = 0; i < frames.size(); ++i) {
                    frames.values()[i] = std::sin(static_cast<float>(k * 160) + static_cast<float>(i));
                }
                writer.append_frames(report, frames, ones, ones, phases, k);
                if (k % 3 == 0) writer.flush();  // as often as can be: moments within a flush count most
            }
        }
        while (!fs::exists(path.string() + ".begun")) ::usleep(500);
        ::usleep(static_cast<useconds_t>(20000 + 3571 * attempt));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        INFO("attempt " << attempt);
        const RunSummary run = read_run(path);
        CHECK(run.status == "running");
        REQUIRE(run.reports.size() == 1);
        const hdf5::Dataset data = hdf5::open_file(path.string()).dataset("report/hidden1/data");
        std::vector<float> values(data.n_values());
        hdf5::read(data, std::span{values});
        for (std::size_t k = 0; k < run.epochs.size(); ++k) {
            if (run.epochs[k].epoch != static_cast<std::int64_t>(k)) FAIL_CHECK("epoch " << k);
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] != std::sin(static_cast<float>(i / 160 * 160) + static_cast<float>(i % 160))) {
                FAIL_CHECK("value " << i);
                break;
            }
        }
    }
}

TEST_CASE("an existing file stays until its successor is complete") {
    const TempFolder folder;
    const fs::path path = folder.write("run.h5", "precious");
    CHECK(contains(message_of([&] { RunFileWriter(path, false); }), "--force"));
    CHECK_THROWS_AS(RunFileWriter(path, false), UsageError);
    {
        RunFileWriter writer(path, true);
        writer.describe("", "", {});
        CHECK(fs::file_size(path) == 8);
        writer.discard();
    }
    CHECK(fs::file_size(path) == 8);
    CHECK_FALSE(fs::exists(folder / "run.h5.new"));
    write_example(path, true);
    CHECK(read_run(path).status == "complete");
    CHECK_FALSE(fs::exists(folder / "run.h5.new"));
}

TEST_CASE("a run that failed before it began leaves no file") {
    const TempFolder folder;
    RunFileWriter writer(folder / "run.h5", false);
    const std::vector<std::string> names{"hidden1"};
    writer.begin_training(names);
    writer.discard();
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a place that cannot be written to is refused by name") {
    const TempFolder folder;
    const fs::path missing = folder / "no/run.h5";
    CHECK_THROWS_AS(RunFileWriter(missing, false), FileError);
    CHECK(contains(message_of([&] { RunFileWriter(missing, false); }), "there is no folder"));
    CHECK(contains(message_of([&] { RunFileWriter(folder.path(), true); }), "is a folder"));
    CHECK(contains(message_of([&] { RunFileWriter("/dev/null", true); }), "not a regular file"));
    {
        RunFileWriter running(folder / "busy.h5", false);
        CHECK(contains(message_of([&] { RunFileWriter(folder / "busy.h5", true); }), "another process"));
    }
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
        const std::string text = message_of([] { RunFileWriter("/run.h5", false); });
        ::_exit(contains(text, "/run.h5: cannot be created: Permission denied") ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a full disk ends in an error that names the file, not in a crash") {
    const TempFolder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100000, 100000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string text = message_of([&] { write_example(folder / "full.h5"); });
        ::_exit(contains(text, "full.h5") && contains(text, "File too large") ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a population named like a series is refused") {
    const TempFolder folder;
    RunFileWriter writer(folder / "run.h5", false);
    const std::vector<std::string> names{"seconds"};
    CHECK_THROWS_AS(writer.begin_training(names), FileError);
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
    p.weight.fill(0.0f);
    p.bias.clear();
    read_parameters(path, "hidden1", p);
    CHECK(std::equal(p.weight.values().begin(), p.weight.values().end(), original.weight.values().begin()));
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
    CHECK(small.weight(0, 1) == 0.25f);
}
