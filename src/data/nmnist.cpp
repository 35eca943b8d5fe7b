#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <tuple>
#include <vector>

#include "core/steps_of_events.hpp"
#include "data/event_series.hpp"
#include "data/labels.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "io/sha256.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 34, event_bytes = 5;
constexpr std::uint32_t overflow_y = 240, overflow_us = 1u << 13;
constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20;  // of a recording; the longest have 50 KB

struct Recording {
    fs::path path;
    std::int32_t label;
};

/// N-MNIST: a folder per class, a file per recording, five bytes per event: x, y, polarity (the highest bit)
/// and a time of 23 bits in µs, the highest byte first. An event with y = 240 is none: it says that the clock
/// ran over, and adds 2^13 µs to the times of all that follow.
///
/// Input of an event: polarity·34² + y·34 + x. Files are called after the images they were recorded from,
/// so that sorting them by name gives back MNIST's order, whatever their digits.
/// Source: Orchard, Jayawant, Cohen & Thakor, Front. Neurosci. 9:437 (2015), and the reader that came with
/// it.
class Nmnist final : public DatasetReader {
  public:
    Nmnist(Options& options, const TimeGrid& time)
        : folder_(options.required_file({"folder", "", "folder of the folders Train and Test"})),
          train_(options.text({"train", "", "training folder in it, with folders 0 to 9 of .bin files"},
                              "Train")),
          test_(options.text({"test", "", "the same for the test set; empty: no test set"}, "Test")),
          per_bin_(read_per_bin(options)),
          time_(time) {
        if (train_.empty() && !options.describing())
            options.reject("train", "is empty; it names the folder of training recordings");
    }

    bool has(Split split) const override { return split == Split::train || !test_.empty(); }

    Dataset read(Split split, std::size_t limit) const override {
        const fs::path folder = folder_ / (split == Split::train ? train_ : test_);
        std::vector<Recording> recordings = find(folder);
        if (limit != 0 && limit < recordings.size()) recordings.resize(limit);
        auto series = std::make_shared<EventSeries>(2 * side * side, time_, per_bin_);
        const StepsOfEvents step_of(time_, TimeUnit::microseconds, whole_time);
        Dataset dataset;
        Sha256 sha256;
        std::uint64_t n_bytes = 0;
        for (const Recording& recording : recordings) {
            const std::string name = shown(recording.path);
            n_bytes += read_events(recording.path, name, step_of, *series, sha256);
            series->end_sample(name);
            dataset.label.push_back(recording.label);
        }
        series->check_any(shown(folder));
        dataset.series = std::move(series);
        dataset.files = {{folder, n_bytes, sha256.hex()}};  // of all recordings, one after the other
        return dataset;
    }

  private:
    /// The class that a folder is called after; nothing for another name.
    static std::optional<std::int32_t> class_of(const fs::path& folder) {
        const std::string name = folder.filename().string();
        std::int32_t number = 0;
        const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failed != std::errc() || end != name.data() + name.size() || number < 0) return {};
        return static_cast<std::size_t>(number) < most_classes ? std::optional(number) : std::nullopt;
    }

    /// Calls `take` for each entry that no system left there; of a folder that may not be read, for none,
    /// where it is of no concern.
    template <class Take>
    static void for_entries(const fs::path& folder, bool concerns, Take take) {
        std::error_code failed;
        for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
             entry.increment(failed)) {
            // macOS leaves ._00001.bin beside 00001.bin
            if (!entry->path().filename().native().starts_with('.')) take(entry->path());
        }
        if (failed && concerns && failed != std::errc::no_such_file_or_directory)
            throw FileError(fmt::format("{}: cannot be read: {}", shown(folder), failed.message()));
    }

    static std::vector<Recording> find(const fs::path& folder) {
        std::vector<Recording> recordings;
        for_entries(folder, true, [&](const fs::path& below) {
            std::error_code ignored;
            if (!fs::is_directory(below, ignored)) return;
            const std::optional<std::int32_t> label = class_of(below);
            for_entries(below, label.has_value(), [&](const fs::path& file) {
                if (!ends_in(file, ".bin")) return;
                if (label) return recordings.push_back({file, *label});
                throw DataError(
                    fmt::format("{}: holds recordings, and is not called after a class; folders 0 to {} are",
                                shown(below), most_classes - 1));
            });
        });
        if (recordings.empty()) {
            throw FileError(fmt::format(
                "{}: has no recordings; folders 0, 1, 2 and so on with files *.bin are expected{}",
                shown(folder), about_dangling_link(folder)));
        }
        std::ranges::sort(recordings, [](const Recording& a, const Recording& b) {
            const auto key = [](const Recording& r) {
                return std::tuple(r.path.filename().native(), r.label, r.path.native());
            };
            return key(a) < key(b);
        });
        return recordings;
    }

    /// Returns how many bytes the recording has.
    static std::uint64_t read_events(const fs::path& path, const std::string& name,
                                     const StepsOfEvents& step_of, EventSeries& series, Sha256& sha256) {
        InputFile file(path);
        const std::uint64_t n_bytes = file.size_on_disk();
        if (n_bytes == 0) throw DataError(fmt::format("{}: is empty", name));
        if (n_bytes % event_bytes != 0) {
            throw DataError(
                fmt::format("{}: has {} bytes, no multiple of the {} of an event; it was cut short", name,
                            n_bytes, event_bytes));
        }
        if (n_bytes > most_bytes) {
            throw DataError(
                fmt::format("{}: has {} bytes; recordings of up to {} are read", name, n_bytes, most_bytes));
        }
        std::vector<std::byte> bytes(static_cast<std::size_t>(n_bytes));
        if (file.read(bytes) != bytes.size()) {
            throw FileError(fmt::format("{}: changed while it was read", name));
        }
        sha256.update(bytes);
        std::uint64_t base_us = 0;
        for (std::size_t i = 0; i < bytes.size(); i += event_bytes) {
            const auto byte = [&](std::size_t k) { return std::to_integer<std::uint32_t>(bytes[i + k]); };
            const std::uint32_t x = byte(0), y = byte(1), polarity = byte(2) >> 7;
            if (y == overflow_y) {
                base_us += overflow_us;
                continue;
            }
            if (x >= side || y >= side) {
                throw DataError(
                    fmt::format("{}: event {} is at x = {}, y = {}; the sensor has {} x {} pixels", name,
                                i / event_bytes, x, y, side, side));
            }
            const std::uint32_t time_us = (byte(2) & 0x7fu) << 16 | byte(3) << 8 | byte(4);
            series.add(step_of(static_cast<double>(base_us + time_us)),
                       static_cast<std::uint16_t>((polarity * side + y) * side + x));
        }
        return n_bytes;
    }

    fs::path folder_;
    std::string train_, test_;
    EventSeries::PerBin per_bin_;
    TimeGrid time_;
};

}  // namespace

std::unique_ptr<DatasetReader> make_dataset_nmnist(Options& options, const Context& context) {
    return std::make_unique<Nmnist>(options, context.time);
}

}  // namespace snnff
