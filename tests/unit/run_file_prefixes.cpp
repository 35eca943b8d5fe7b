// A process that is killed has written a beginning of what it meant to write, cut where a page ends. Here
// every beginning is made and opened, where killing at random moments would find one in hundreds.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/hdf5.hpp"
#include "unit/run_file_example.hpp"

using namespace snnff;
using namespace example;

namespace {

/// A write, or, without bytes, a change of the file's length.
struct Change {
    off_t at;
    std::string bytes;
};

std::vector<Change>* changes = nullptr;  // recorded while there is a place for them

}  // namespace

// The program's own functions of these names are what the HDF5 library calls.
extern "C" ssize_t pwrite(int file, const void* bytes, size_t n, off_t at) {
    if (changes != nullptr) changes->push_back({at, std::string(static_cast<const char*>(bytes), n)});
    return ::syscall(SYS_pwrite64, file, bytes, n, at);
}
extern "C" int ftruncate(int file, off_t length) noexcept {
    if (changes != nullptr) changes->push_back({length, ""});
    return static_cast<int>(::syscall(SYS_ftruncate, file, length));
}

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t n_wide = 16384;  // a frame fills a chunk, so that few of them make the index branch

/// What is promised to be in the file once so many changes were made, and how to find it (a checkpoint has
/// that).
struct Flushed {
    std::size_t n_changes;
    std::size_t n_epochs, n_frames;
    std::vector<std::int64_t> index{};
};

float value(std::size_t frame, std::size_t neuron) { return static_cast<float>(frame + neuron % 7); }

/// Writes a run, and says after which changes which part of it was flushed.
std::vector<Flushed> write_run(const fs::path& path, bool live, std::vector<Change>& all) {
    std::vector<Flushed> flushed;
    changes = &all;
    RunFileWriter writer(path, false, live);
    writer.describe("wide", "seed = 1\n", Provenance{.facts = {{"seed", "1"}}});
    const std::vector<std::string> names{"hidden1", "hidden2"};
    writer.begin_training(names, 10);
    ReportSpec spec = membrane();
    spec.neurons.resize(n_wide);
    std::iota(spec.neurons.begin(), spec.neurons.end(), std::uint64_t{0});
    const std::size_t report = writer.open_report(spec);
    writer.open_spikes("hidden1");
    writer.go_live();
    flushed.push_back({0, 0, 0, writer.secure()});
    flushed.back().n_changes = all.size();
    for (std::size_t frame = 0; frame < 160; ++frame) {
        Matrix frames(1, n_wide);
        for (std::size_t i = 0; i < n_wide; ++i) frames(0, i) = value(frame, i);
        const std::vector<std::int64_t> one{1};
        const std::vector<std::uint8_t> phase{1};
        writer.append_frames(report, frames, {one, one, one, phase}, 0);
        const std::vector<double> times{0.5 * static_cast<double>(frame)};
        const std::vector<std::uint64_t> ids{frame % 5};
        writer.append_spikes("hidden1", times, ids);
        if (frame % 20 == 0) writer.append_epoch(epoch(static_cast<std::int64_t>(frame / 20)));
        if (frame % 6 != 5) continue;
        flushed.push_back({0, frame / 20 + 1, frame + 1, writer.secure()});
        flushed.back().n_changes = all.size();
    }
    std::vector<Population> populations;
    for (int k = 1; k <= 60; ++k) populations.push_back(population(fmt::format("hidden{}", k), 10, 20));
    writer.write_populations(populations);
    writer.write_readout(head());
    for (const char* split : {"train", "validation", "test"}) writer.write_evaluation(split, evaluation());
    writer.close(RunStatus::complete);
    changes = nullptr;
    flushed.push_back({all.size(), 8, 160, flushed.back().index});
    return flushed;
}

/// Empty where the file opens, by its own index or another, and holds what it has to.
std::string fault(const fs::path& path, const Flushed& flushed, std::span<const std::int64_t> index = {}) {
    try {
        const RunSummary run = read_run(path, index);
        std::vector<EpochReport> epochs;
        read_epochs(
            path, [&](const EpochReport& report) { epochs.push_back(report); }, index);
        if (epochs.size() < flushed.n_epochs) return "epochs are missing";
        for (std::size_t k = 0; k < flushed.n_epochs; ++k) {
            if (epochs[k].populations[0].loss != static_cast<double>(1.0f / static_cast<float>(k + 1)))
                return "an epoch has other values";
        }
        if (run.reports.at(0).n_frames < flushed.n_frames) return "frames are missing";
        const hdf5::Group root = hdf5::open_file(path.string(), index);
        const hdf5::Dataset data = root.dataset("report/hidden1/data");
        std::vector<float> values(n_wide);
        for (std::size_t frame = 0; frame < flushed.n_frames;
             frame += frame + 13 < flushed.n_frames ? 13 : 1) {
            hdf5::read_rows(data, 1, std::span{values}, frame);
            for (std::size_t i = 0; i < n_wide; i += 1111) {
                if (values[i] != value(frame, i)) return "a frame has other values";
            }
        }
        std::vector<double> times(flushed.n_frames);
        for (const char* name : {"report/hidden1/time", "spikes/hidden1/timestamps"}) {
            hdf5::read_rows(root.dataset(name), times.size(), std::span{times});
            for (std::size_t k = 0; k < times.size(); ++k) {
                if (times[k] != 0.5 * static_cast<double>(k)) return "a time has another value";
            }
        }
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE(
    "every beginning of what a run writes is a file that opens, or is read by an index, and holds what was "
    "flushed") {
    const bool live = GENERATE(false, true);
    const TempFolder folder;
    const fs::path cut = folder / "cut.h5";
    std::vector<Change> all;
    const std::vector<Flushed> flushed = write_run(folder / "run.h5", live, all);
    REQUIRE(flushed.size() > 20);
    const int file = ::open(cut.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    std::size_t n_cuts = 0, n_torn = 0, n_faults = 0, at_flush = 0;
    std::string faults;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Change& change = all[i];
        if (change.bytes.empty()) REQUIRE(::ftruncate(file, change.at) == 0);
        for (std::size_t first = 0; first < change.bytes.size();) {
            const auto at = static_cast<std::size_t>(change.at) + first;
            const std::size_t n = std::min(change.bytes.size() - first, page_bytes - at % page_bytes);
            REQUIRE(::pwrite(file, change.bytes.data() + first, n, static_cast<off_t>(at)) ==
                    static_cast<ssize_t>(n));
            first += n;
            while (at_flush + 1 < flushed.size() && flushed[at_flush + 1].n_changes <= i) ++at_flush;
            // Before a first flush there is nothing to lose; within a chunk nothing new can be seen.
            if (i < flushed.front().n_changes || (first < change.bytes.size() && change.bytes.size() > 32768))
                continue;
            std::string found = fault(cut, flushed[at_flush]);
            // While others read along, HDF5 itself writes blocks that do not lie within a page.
            const bool torn = live && first < change.bytes.size() && !found.empty();
            if (torn) ++n_torn;
            if (torn || ++n_cuts % 8 == 0) {
                const std::string by_index = fault(cut, flushed[at_flush], flushed[at_flush].index);
                if (torn || !by_index.empty()) found = by_index;
            }
            if (found.empty()) continue;
            if (++n_faults <= 5)
                faults += fmt::format("\nchange {} of {}, {} of {} bytes at {}, {:.4}: {}", i, all.size(),
                                      first, change.bytes.size(), change.at, change.bytes, found);
        }
    }
    ::close(file);
    INFO((live ? "live, " : "") << n_faults << " of " << n_cuts << " beginnings" << faults);
    CHECK(n_cuts > 500);
    CHECK(n_faults == 0);
    CHECK(n_torn < 20);
}
