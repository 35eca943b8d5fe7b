#include "app/unfinished.hpp"

#include <fmt/format.h>

#include <string>
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

}  // namespace

fs::path unfinished_beside(const fs::path& output) {
    fs::path beside = output;
    return beside.replace_filename(output.stem().string() + ".unfinished" + output.extension().string());
}

void check_way(const fs::path& unfinished) {
    refuse_strangers(unfinished, Beside::checkpoints);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(unfinished, error))) return;
    refuse_irregular(unfinished);
    refuse_if_in_use(unfinished);
    std::string found;
    try {
        if (read_run(unfinished).provenance.text("takes_place_of").empty())
            found = "is no run that --force began";
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

void take_over(const fs::path& unfinished, const fs::path& output) {
    refuse_irregular(output);
    refuse_if_in_use(output);
    keep_mode(output, unfinished);
    remove_checkpoints(output);
    take_place(unfinished, output);
    sync_to_disk(folder_of(output));
}

}  // namespace snnff::app
