#include "app/unfinished.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "app/outputs.hpp"
#include "io/disk.hpp"
#include "io/half_made.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Which file a run that --force began met.
constexpr const char* sha256_of_met = "takes_place_of_sha256";

/// Whether the file at `output` is the one that the run met under that name. A link is not: what it leads to
/// was not met here.
bool is_the_file_met(const SummedFile& output, const Provenance& provenance) {
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(output.path(), error))) return false;
    return output.sha256() == provenance.text(sha256_of_met);
}

}  // namespace

void check_way(const fs::path& unfinished) {
    refuse_strangers(unfinished, Beside::checkpoints);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(unfinished, error))) return;
    refuse_irregular(unfinished);
    refuse_if_in_use(unfinished);
    std::string found;
    try {
        const RunSummary run = read_run(unfinished);
        const fs::path replaced = to_be_replaced(unfinished, run.provenance);
        if (replaced.empty() && !is_half_made(unfinished))
            found = "is no run that --force began";
        else if (run.status == "complete" && !is_free_for(SummedFile(replaced), run.provenance))
            found = fmt::format("is a complete run, begun to replace another {} than is there now",
                                replaced.string());
    } catch (const DiskError&) {
        throw;  // it says nothing of what the file is
    } catch (const Error& reason) {
        if (!is_half_made(unfinished)) found = reason.what();
    }
    if (found.empty()) return;
    throw UsageError(
        fmt::format("{}: is where the new run would be until it is complete, and {}; move it, "
                    "or -o names another file",
                    unfinished.string(), found));
}

void make_way(const fs::path& unfinished) {
    check_way(unfinished);
    remove_checkpoints(unfinished);
    fs::remove(unfinished);
}

fs::path to_be_replaced(const fs::path& run, const Provenance& provenance) {
    // A name in the folder, whatever a file says.
    const fs::path name = fs::path(provenance.text("takes_place_of")).filename();
    if (name.empty() || name == run.filename()) return {};
    fs::path replaced = run;
    return replaced.replace_filename(name);
}

void add_place(Provenance& provenance, const SummedFile& output) {
    provenance.add("takes_place_of", output.path().filename().string());
    provenance.add(sha256_of_met, output.sha256());
}

bool is_free_for(const SummedFile& output, const Provenance& provenance) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(output.path(), error);
    return status.type() == fs::file_type::not_found || is_the_file_met(output, provenance);
}

fs::path place_taken_by(const fs::path& unfinished, const std::string& run_id) {
    constexpr std::string_view mark = ".unfinished";
    std::string name = unfinished.stem().string();
    if (!name.ends_with(mark)) return {};
    name.resize(name.size() - mark.size());
    fs::path place = unfinished;
    place.replace_filename(name + unfinished.extension().string());
    if (!fs::exists(place)) return {};
    try {
        const RunSummary run = read_run(place);
        if (run.status == "complete" && run.provenance.text("run_id") == run_id) return place;
    } catch (const Error&) {  // another file
    }
    return {};
}

bool take_over(const fs::path& unfinished, const SummedFile& there, const Provenance& provenance) {
    if (!is_free_for(there, provenance)) return false;
    const fs::path& output = there.path();
    refuse_irregular(output);
    refuse_if_in_use(output);
    const OpenForSync folder(folder_of(output));
    keep_mode(output, unfinished);
    remove_checkpoints(output);
    take_place(unfinished, output);
    try {
        folder.sync();
    } catch (...) {
        remove_checkpoints(unfinished);  // of a run that has its name, and is complete
        throw;
    }
    return true;
}

std::string stopped_before(const fs::path& run, bool goes_on) {
    std::error_code ignored;
    if (!goes_on && !fs::exists(run, ignored))
        return fmt::format("stopped before training began; there is no run file {}", run.string());
    return fmt::format("stopped before training {}; {} is as it was", goes_on ? "went on" : "began",
                       run.string());
}

}  // namespace snnff::app
