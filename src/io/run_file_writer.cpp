// Creating a run file, what stands at its root, flushing and closing.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/clock.hpp"
#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/half_made.hpp"
#include "io/hdf5_file.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "io/run_file_arrays.hpp"
#include "io/run_file_provenance.hpp"
#include "io/run_file_state.hpp"
#include "io/turn.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;
using hdf5::set_attribute;

constexpr std::chrono::seconds between_flushes{3};
// Epochs end at most this many times as often as flushing takes, or else they share a flush.
constexpr int flush_share = 20;

constexpr std::string_view status_name(RunStatus status) {
    return status == RunStatus::complete  ? "complete"
           : status == RunStatus::running ? "running"
                                          : "interrupted";
}

/// Where to write: the path itself, or a new file beside the one to be replaced.
fs::path place_to_write(const fs::path& path, bool force) {
    const auto name = shown(path);
    std::error_code error;
    refuse_irregular(path);
    if (fs::exists(path, error)) {
        if (!force) {
            throw UsageError(
                fmt::format("{}: exists already; --force replaces it once the new one is complete", name));
        }
        refuse_if_in_use(path);
        fs::path beside = path.string() + ".new";
        make_room(beside, Leaving::new_one);
        return beside;
    }
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(folder, error)) {
        throw FileError(fmt::format("{}: cannot be created: there is no folder {}", name, shown(folder)));
    }
    return path;
}

}  // namespace

hdf5::Group& RunFileWriter::File::section(hdf5::Group& group, std::string_view name,
                                          std::string_view nx_class) {
    if (!group) {
        group = hdf5::create_group(root, name);
        set_attribute(group, "NX_class", nx_class);
    }
    return group;
}

void RunFileWriter::File::flush() {
    const auto begin = Clock::now();
    if (training) training->flush();
    for (auto& report : reports) report.flush();
    for (auto& [population, series] : spikes) series.flush();
    hdf5::flush(root);
    last_flush = Clock::now();
    flush_cost = last_flush - begin;
}

void RunFileWriter::File::flush_if_due() {
    if (Clock::now() - last_flush >= between_flushes) flush();
}

void RunFileWriter::File::close_all() {
    if (close_quietly() < 0) root.fail("cannot be closed");
}

void RunFileWriter::File::close_all_but_root() noexcept {
    training.reset();
    reports.clear();
    spikes.clear();
    for (hdf5::Group* group : {&populations, &evaluation, &reports_group, &spikes_group}) group->close();
    live_status.close();
}

herr_t RunFileWriter::File::close_quietly() noexcept {
    close_all_but_root();
    return root.close();
}

RunFileWriter::RunFileWriter(const fs::path& path, bool force, bool live) : file_(std::make_unique<File>()) {
    File& s = *file_;
    s.wants_live = live;
    // Where the path is a link, what it points to is replaced, not the link.
    s.path = behind_links(path);
    {
        const Turn turn(s.path);  // until HDF5 has locked the file
        s.written = place_to_write(s.path, force);
        s.root = (live ? hdf5::create_live_file : hdf5::create_file)(s.written.string());
    }
    try {
        if (s.written != s.path) keep_mode(s.path, s.written);
        set_attribute(s.root, "NX_class", "NXroot");
        // SONATA's mark and version, by which its readers know reports and spikes.
        set_attribute(s.root, "magic", std::uint32_t{0x0A7A});
        constexpr std::array<std::uint32_t, 2> version{0, 1};
        hdf5::set_attribute_array<std::uint32_t>(s.root, "version", version);
        set_attribute(s.root, "run_format", run_format);
        set_attribute(s.root, "creator", "snnff-sim " SNNFF_VERSION);
        set_attribute(s.root, "title", "");
        set_attribute(s.root, "created", now_utc());
        set_attribute(s.root, "status", status_name(RunStatus::running));
        s.flush();
    } catch (...) {
        discard();
        throw;
    }
}

RunFileWriter::~RunFileWriter() {
    if (!file_ || !file_->root) return;
    try {
        file_->flush();
    } catch (const std::exception&) {
        // Whoever wanted to know has called close(); a destructor has nobody to tell.
        hdf5::abandon(file_->root);
    }
    file_->close_quietly();
}

void RunFileWriter::describe(std::string_view title, std::string_view model_toml,
                             const Provenance& provenance) {
    File& s = *file_;
    set_attribute(s.root, "title", title);
    const hdf5::Dataset model = hdf5::write_text(s.root, "model", model_toml);
    set_attribute(model, "long_name", "the resolved model file (TOML)");
    // What a process leaves that is killed at its start is small until the model is there: by that it is
    // known.
    s.flush();
    write_provenance(hdf5::create_group(s.root, "provenance"), provenance);
    s.flush();
}

void RunFileWriter::go_live() {
    File& s = *file_;
    if (!s.wants_live) return;
    s.live_status = hdf5::create_word(s.root, "status", status_name(RunStatus::running));
    for (auto& [population, series] : s.spikes) series.live = true;
    s.flush();
    // HDF5 gives up its lock to let readers in; other writers are still to keep out.
    s.in_use = InUse(s.written);
    hdf5::start_live(s.root);
    s.in_use.by_readers();
}

void RunFileWriter::File::end_live() {
    if (!live_status) return;
    flush();
    const bool trained = training.has_value();
    const TrainingFacts facts = trained ? training->facts : TrainingFacts{};
    std::map<std::string, int> sorting;
    for (const auto& [population, series] : spikes) sorting.emplace(population, series.sorting());
    close_all();
    in_use.by_writer();
    root = hdf5::end_live(written.string());
    if (trained) facts.describe(root.group("training"));
    for (const auto& [population, value] : sorting) set_sorting(root.group("spikes/" + population), value);
}

void RunFileWriter::append_epoch(const EpochReport& report) {
    File& s = *file_;
    s.training.value().append(report);
    if (File::Clock::now() - s.last_flush >= flush_share * s.flush_cost) s.flush();
}

void RunFileWriter::flush() { file_->flush(); }

std::int64_t RunFileWriter::n_epochs() const noexcept {
    return file_->training ? static_cast<std::int64_t>(file_->training->epoch.n_rows()) : 0;
}

std::vector<std::int64_t> RunFileWriter::secure() {
    file_->flush();
    sync_to_disk(file_->written);
    return hdf5::index_of(file_->root);
}

bool RunFileWriter::in_place() const noexcept { return file_->written == file_->path; }

void RunFileWriter::take_place() {
    File& s = *file_;
    if (s.written == s.path) return;
    s.flush();
    snnff::take_place(s.written, s.path);
    s.written = s.path;
}

void RunFileWriter::close(RunStatus status, Lock lock) {
    File& s = *file_;
    s.end_live();
    if (s.training) s.training->facts.describe(s.training->group);
    s.flush();
    if (s.wants_live && s.root.has("status")) hdf5::write_word(s.root.dataset("status"), status_name(status));
    if (status == RunStatus::complete) {
        // A data set that is still open for appending would be read by what HDF5 remembers of its last chunk,
        // which may have been written anew since, through other filters.
        s.close_all_but_root();
        set_attribute(s.root, "digest", digest_of(array_digests(s.root)));
    }
    set_attribute(s.root, "checksums", BlockSums::description);
    set_attribute(s.root, "status", status_name(status));
    hdf5::flush(s.root);
    sync_to_disk(s.written);
    // Closing writes, so that sums come after it; a live file has its lock already.
    if (!s.wants_live) s.in_use = InUse(hdf5::keep_locked(s.root));
    s.close_all();
    BlockSums::add(s.written);
    if (s.written != s.path) snnff::take_place(s.written, s.path);
    s.written = s.path;
    if (lock == Lock::let_go) s.in_use = InUse();
}

void RunFileWriter::discard() noexcept {
    if (file_->root) hdf5::abandon(file_->root);
    // Until it is gone: another process may have made a file of that name as soon as this one is free.
    const InUse in_use(file_->root ? hdf5::keep_locked(file_->root) : -1);
    file_->close_quietly();
    std::error_code ignored;
    fs::remove(file_->written, ignored);
}

}  // namespace snnff
