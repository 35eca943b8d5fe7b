#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/canonical.hpp"
#include "io/hdf5_write.hpp"
#include "io/in_use.hpp"
#include "snnff/run_file.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// A sum over values in their order, however they come in pieces. Each step is one-to-one in the sum and in
/// the value, so that no single value can change without it.
class RunningSum {
  public:
    template <std::integral T>
    void add(T value) noexcept {
        step(static_cast<std::uint64_t>(value));
    }
    void add(float value) noexcept { step(std::bit_cast<std::uint32_t>(canonical(value))); }
    void add(double value) noexcept { step(std::bit_cast<std::uint64_t>(canonical(value))); }
    template <class T>
    void add(std::span<const T> values) noexcept {
        for (const T value : values) add(value);
    }
    std::int64_t value() const noexcept { return static_cast<std::int64_t>(sum_); }

  private:
    void step(std::uint64_t bits) noexcept {
        // An odd factor, so that multiplying is one-to-one; the golden ratio spreads bits well.
        sum_ = std::rotl((sum_ ^ bits) * std::uint64_t{0x9e3779b97f4a7c15}, 29);
    }
    std::uint64_t sum_ = 0;
};

/// What attributes of /training say, as far as it follows from its epochs.
struct TrainingFacts {
    bool has_train_error = false, has_validation_error = false;
    std::int64_t kept_epoch = -1;

    /// Names what a plot of the group should show, an error where one was ever measured, and the epoch whose
    /// weights were kept.
    void describe(const hdf5::Group& training) const;
};

/// The series under /training, one value per epoch.
struct TrainingSeries {
    struct Population {
        hdf5::Group group;
        hdf5::Appender curve;  ///< the loss once more, in /loss beside those of the others
        hdf5::Appender loss, goodness_positive, goodness_negative, spike_rate, weight_norm, trouble;
    };
    hdf5::Group group;
    hdf5::Appender curve_epoch;  ///< the axis of /loss
    hdf5::Appender epoch, train_error, validation_error, test_error, test_loss, seconds;
    std::deque<Population> populations;
    TrainingFacts facts;
    RunningSum sum;  ///< of what resuming takes over, as that of other series

    void append(const EpochReport& report);
    void flush();

  private:
    void for_each(void (hdf5::Appender::*action)());
};

/// One frame report, SONATA's layout.
struct ReportSeries {
    hdf5::Group group;
    hdf5::Dataset frame;  // the axis, without coordinate
    hdf5::Appender data, time, sample, step, label, phase, epoch;
    hdf5::Dataset bounds;  // mapping/time: start, stop, step
    double frame_ms = 1.0;
    RunningSum sum, index_sum;  ///< of data, of what stands beside each frame

    double time_ms(std::uint64_t frame) const noexcept {
        return TimeGrid{frame_ms, 1}.time_ms(static_cast<std::int64_t>(frame));
    }
    void flush();
};

/// The spikes of one population.
struct SpikeSeries {
    hdf5::Group group;
    hdf5::Dataset spike;  // the axis, without coordinate
    hdf5::Appender timestamps, node_ids;
    double last_timestamp = 0.0;
    std::uint64_t last_node_id = 0;
    bool by_time = true, by_id = true;
    int sorting_on_disk = 0;
    bool live = false;  ///< attributes stay as they are for now
    RunningSum timestamps_sum, node_ids_sum;

    void flush();
    int sorting() const noexcept;  ///< as SONATA counts: none, by id, by time
};

void set_sorting(const hdf5::Group& spikes, int sorting);

/// Everything open while a run is written. Groups and data sets close before the root, which comes
/// first and whose closing closes the file.
struct RunFileWriter::File {
    using Clock = std::chrono::steady_clock;

    std::filesystem::path path;     ///< what the user named
    std::filesystem::path written;  ///< what is written until close(): path, or a new file beside it
    hdf5::Group root;
    hdf5::Group populations, evaluation, reports_group, spikes_group;
    std::optional<TrainingSeries> training;
    std::deque<ReportSeries> reports;
    std::map<std::string, SpikeSeries, std::less<>> spikes;
    Clock::time_point last_flush = Clock::now();
    Clock::duration flush_cost{};
    bool wants_live = false;
    hdf5::Dataset live_status;  ///< /status, open while others may read along
    InUse in_use;               ///< keeps other writers out meanwhile, and after HDF5 has closed the file

    /// A group of the root, made when first needed.
    hdf5::Group& section(hdf5::Group& group, std::string_view name, std::string_view nx_class);
    void flush();
    void flush_if_due();  ///< seconds after the last time
    void close_all();
    void close_all_but_root() noexcept;
    void end_live();
    herr_t close_quietly() noexcept;
};

}  // namespace snnff
