// What becomes of run files when something goes wrong: kills, full disks, files in the way.
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "io/hdf5.hpp"
#include "unit/run_file_example.hpp"

using namespace snnff;
using namespace example;

namespace {

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

}  // namespace

TEST_CASE("what was flushed is read after the process was killed") {
    const TempFolder folder;
    for (int attempt = 0; attempt < 10; ++attempt) {
        const fs::path path = folder / ("killed" + std::to_string(attempt) + ".h5");
        in_killed_process([&] {
            RunFileWriter writer(path, false);
            writer.describe("killed", "seed = 1\n", {});
            const std::vector<std::string> names{"hidden1", "hidden2"};
            writer.begin_training(names, 10);
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
        const std::vector<EpochReport> epochs = epochs_of(path);
        REQUIRE(epochs.size() >= 5);
        CHECK(epochs[4].populations[0].loss == static_cast<double>(1.0f / 5.0f));
        CHECK(run.reports.at(0).n_frames >= n_frames);
        std::vector<float> data(n_frames * n_neurons);
        hdf5::read_rows(hdf5::open_file(path.string()).dataset("report/hidden1/data"), n_frames,
                        std::span{data});
        std::size_t n_wrong = 0;
        for (std::size_t i = 0; i < data.size(); ++i) n_wrong += data[i] != static_cast<float>(i) ? 1 : 0;
        CHECK(n_wrong == 0);
    }
}

TEST_CASE("a run killed at any moment can be read, and every value flushed before is in it") {
    const TempFolder folder;
    // epochs that were in the file when a flush had come back; in memory shared with the child
    auto* const n_flushed = static_cast<std::atomic<std::int64_t>*>(
        ::mmap(nullptr, sizeof(std::atomic<std::int64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
               -1, 0));
    REQUIRE(static_cast<void*>(n_flushed) != MAP_FAILED);
    for (int attempt = 0; attempt < 25; ++attempt) {
        const fs::path path = folder / ("killed" + std::to_string(attempt) + ".h5");
        n_flushed->store(0);
        const pid_t child = ::fork();
        if (child == 0) {
            RunFileWriter writer(path, false);
            writer.describe("killed", "seed = 1\n", {});
            const std::vector<std::string> names{"hidden1", "hidden2"};
            writer.begin_training(names, 10);
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
                writer.append_frames(report, frames, {ones, ones, ones, phases}, k);
                if (k % 3 != 0) continue;
                writer.flush();  // as often as can be: moments within a flush count most
                n_flushed->store(k + 1);
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
        // What was written after that flush may be there, half there or lost.
        const auto n_epochs = static_cast<std::size_t>(n_flushed->load());
        const std::vector<EpochReport> epochs = epochs_of(path);
        REQUIRE(epochs.size() >= n_epochs);
        REQUIRE(values.size() >= n_epochs * 160);
        for (std::size_t k = 0; k < n_epochs; ++k) {
            if (epochs[k].epoch != static_cast<std::int64_t>(k)) FAIL_CHECK("epoch " << k);
        }
        for (std::size_t i = 0; i < n_epochs * 160; ++i) {
            if (values[i] != std::sin(static_cast<float>(i / 160 * 160) + static_cast<float>(i % 160))) {
                FAIL_CHECK("value " << i << " of " << n_epochs << " flushed epochs");
                break;
            }
        }
    }
    ::munmap(n_flushed, sizeof(std::atomic<std::int64_t>));
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
    writer.begin_training(names, 10);
    writer.discard();
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a place that cannot be written to is refused by name") {
    const TempFolder folder;
    const fs::path missing = folder / "no/run.h5";
    CHECK_THROWS_AS(RunFileWriter(missing, false), FileError);
    CHECK(contains(message_of([&] { RunFileWriter(missing, false); }), "there is no folder"));
    CHECK(contains(message_of([&] { RunFileWriter(folder.path(), true); }), "is a folder"));
    CHECK(contains(message_of([&] { RunFileWriter("/dev/null", true); }), "is a device"));
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
    CHECK_THROWS_AS(writer.begin_training(names, 10), FileError);
}
