#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace snnff::app {

/// What a file that is written may have beside it, under names of its own.
enum class Beside {
    new_one,      ///< `.new`, until it takes the place of an old file
    checkpoints,  ///< that and the checkpoints of a run
};

/// Throws, before any work is done, UsageError where the output exists and may not be replaced, where it is
/// no regular file, or where the names beside it would be too long; FileError where its folder cannot take
/// it. A run that could be gone on with is said to be one, and replaced by nothing but a run.
void check_output(const std::filesystem::path& output, bool force, Beside beside = Beside::new_one);

/// Throws where what stands beside the output under a name that will be needed is not this program's own, by
/// what it holds (UsageError), or is used by another process (FileError).
void refuse_strangers(const std::filesystem::path& output, Beside beside = Beside::new_one);

/// ", and is a run that ..." for one that was cut and can be gone on with, else empty.
std::string about_cut_run(const std::filesystem::path& output);

/// Throws UsageError where the output, or a file that will stand beside it, is one of the files that are
/// read, under any name: nothing may be lost that way, with --force or without. What is read may be a folder:
/// then its folders are.
void refuse_inputs(const std::filesystem::path& output, std::span<const std::filesystem::path> inputs,
                   Beside beside = Beside::new_one);

}  // namespace snnff::app
