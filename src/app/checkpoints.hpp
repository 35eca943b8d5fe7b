#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/in_use.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/run_file.hpp"

namespace snnff::app {

/// When a run saves itself, and when it ends early. None of these: never.
struct CheckpointPlan {
    std::chrono::duration<double> every{0};
    std::int64_t every_n_epochs = 0;
    std::chrono::duration<double> max_time{0};  ///< after which the run is stopped as by a signal
    bool any() const noexcept { return every.count() > 0 || every_n_epochs > 0; }
};

/// "5m", "90s", "2h", "10 epochs" or "10epochs", "off". Throws UsageError, which begins with the option's
/// name.
CheckpointPlan read_checkpoint_every(const std::string& option, const std::string& text);
/// "90s", "5m", "2h". Throws UsageError.
std::chrono::duration<double> read_duration(const std::string& option, const std::string& text);

/// Where a run that was cut left off: its newest checkpoint that can be read, and the file that holds what it
/// had written by then.
class Continuation {
  public:
    /// Throws FileError where there is no checkpoint, or none can be read; DataError where it belongs to
    /// another run: the keys that differ are named.
    explicit Continuation(const std::filesystem::path& run);

    const CheckpointHead& head() const noexcept { return file_->head(); }
    State& state() noexcept { return file_->state(); }
    const std::filesystem::path& written() const noexcept { return written_; }
    /// How to read that file; empty: by its own index.
    std::span<const std::int64_t> index() const noexcept { return index_; }
    /// Of the run file that was cut, as the one that goes on keeps it: with the stretches that its checkpoint
    /// counts on, and the one that begins.
    Provenance with_stretch(Stretch next) const;
    /// Once all of it has been taken over and a checkpoint of the new file is on disk; more calls do nothing.
    void finish(RunFileWriter& writer);
    bool finished() const noexcept { return finished_; }
    /// The file whose place the run takes once it is complete; empty: its own.
    std::filesystem::path replaces() const;
    /// What had to be passed over, empty where the newest checkpoint served.
    const std::string& note() const noexcept { return note_; }

  private:
    void keep_from_others();
    void go_on_by(const std::string& reasons);
    void find_written();
    bool take(const std::filesystem::path& path, std::span<const std::int64_t> index);
    std::filesystem::path run_;
    std::unique_ptr<CheckpointFile> file_;
    std::filesystem::path written_;
    std::vector<InUse> in_use_;  ///< keeps that file from others, and those that might have been it
    std::span<const std::int64_t> index_;
    Provenance provenance_;
    std::string note_;
    bool newest_ = true;     ///< the newest checkpoint served
    bool replaced_ = false;  ///< the run file is of this run; the new one takes its place
    bool finished_ = false;
};

/// Saves a run by its plan, beside its run file.
class CheckpointKeeper final : public Checkpoints {
  public:
    CheckpointKeeper(const CheckpointPlan& plan, std::filesystem::path run, CheckpointHead head,
                     RunFileWriter& writer, Continuation* from);

    bool due(std::int64_t n_epochs, bool epoch_ended) override;
    void save(const Show& show) override;
    State* restored() override { return from_ != nullptr ? &from_->state() : nullptr; }

  private:
    using Clock = std::chrono::steady_clock;  // wall clocks go backwards
    CheckpointPlan plan_;
    std::filesystem::path run_;
    CheckpointHead head_;
    RunFileWriter& writer_;
    Continuation* from_;
    Clock::time_point last_ = Clock::now();
};

}  // namespace snnff::app
