// Taking over what a run wrote before it was cut.
#include <fmt/format.h>

#include <algorithm>

#include "io/gzip.hpp"
#include "io/run_file_state.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Values that are held at a time.
constexpr std::uint64_t values_per_copy = std::uint64_t{1} << 20;

template <class T>
std::vector<T> rows_of(const hdf5::Group& group, std::string_view name, std::uint64_t first, std::uint64_t n,
                       std::uint64_t width = 1) {
    const hdf5::Dataset dataset = group.dataset(name);
    const auto shape = dataset.shape();
    const bool fits = !shape.empty() && shape[0] >= first + n && (shape.size() == 1 || shape[1] == width);
    if (!fits) {
        throw FileError(fmt::format("{}: holds less than its checkpoint says: [{}]", dataset.where(),
                                    fmt::join(shape, ", ")));
    }
    dataset.expect_numbers();
    dataset.expect_stored();
    std::vector<T> values(n * width);
    hdf5::read_rows(dataset, n, std::span<T>(values), first);
    return values;
}

/// A sum of what was written, and of what.
struct Part {
    std::string path;
    RunningSum sum;
};

/// Saves the sums of what was written, or holds what was taken over to those: chunks that are not full have
/// no checksum in a run file that was killed, and of one that was closed the bytes behind its index may be
/// damaged, too.
void show_sums(State& state, const std::filesystem::path& old, std::span<const Part> parts) {
    std::vector<std::int64_t> sums;
    for (const Part& part : parts) sums.push_back(part.sum.value());
    if (!state.restoring()) return state.show("sums", sums);
    std::vector<std::int64_t> kept;
    try {
        state.show("sums", kept);
    } catch (const FileError&) {
        return;  // earlier versions kept none
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (kept.size() == sums.size() && kept[i] == sums[i]) continue;
        throw DamageError(
            fmt::format("{}: is damaged: /{} is not what was written there when its checkpoint was made; a "
                        "copy of the file would do, or the same model run again",
                        shown(old), parts[i].path));
    }
}

void take_epochs(RunFileWriter& writer, const std::filesystem::path& old, std::span<const std::int64_t> index,
                 std::int64_t n) {
    const std::int64_t n_held = read_run(old, index).n_epochs;
    if (n_held < n) {
        throw FileError(fmt::format("{}: holds {} epochs, its checkpoint says {}", old.string(), n_held, n));
    }
    std::int64_t n_taken = 0;
    const auto take = [&](const EpochReport& epoch) {
        if (n_taken++ < n) writer.append_epoch(epoch);
    };
    read_epochs(old, take, index);
}

}  // namespace

void RunFileWriter::show(State& state, const std::filesystem::path& old,
                         std::span<const std::int64_t> index) {
    State::Section section(state, "run_file");
    File& s = *file_;
    std::int64_t n_epochs = s.training ? static_cast<std::int64_t>(s.training->epoch.n_rows()) : 0;
    state.show("n_epochs", n_epochs);
    const bool taking = state.restoring();
    if (taking) take_epochs(*this, old, index, n_epochs);
    if (s.training) state.show("kept_epoch", s.training->facts.kept_epoch);
    std::optional<hdf5::Group> root;
    if (taking) root = hdf5::open_file(old.string(), index);
    for (std::size_t r = 0; r < s.reports.size(); ++r) {
        const std::string name = s.reports[r].group.name();
        std::int64_t n_frames = static_cast<std::int64_t>(s.reports[r].data.n_rows());
        state.show("frames_" + name, n_frames);
        if (taking) take_frames(r, root->group("report/" + name), static_cast<std::uint64_t>(n_frames));
    }
    for (auto& [population, series] : s.spikes) {
        std::int64_t n_spikes = static_cast<std::int64_t>(series.node_ids.n_rows());
        state.show("spikes_" + population, n_spikes);
        const auto n = static_cast<std::uint64_t>(n_spikes);
        for (std::uint64_t first = 0; taking && first < n; first += values_per_copy) {
            const std::uint64_t count = std::min(values_per_copy, n - first);
            const hdf5::Group group = root->group("spikes/" + population);
            append_spikes(population, rows_of<double>(group, "timestamps", first, count),
                          rows_of<std::uint64_t>(group, "node_ids", first, count));
        }
    }
    std::vector<Part> parts;
    if (s.training) parts.push_back({"training", s.training->sum});
    for (const ReportSeries& report : s.reports) {
        const std::string path = "report/" + report.group.name();
        parts.push_back({path + "/data", report.sum});
        parts.push_back({path, report.index_sum});
    }
    for (const auto& [population, series] : s.spikes) {
        parts.push_back({fmt::format("spikes/{}/timestamps", population), series.timestamps_sum});
        parts.push_back({fmt::format("spikes/{}/node_ids", population), series.node_ids_sum});
    }
    show_sums(state, old, parts);
    if (taking) s.flush();
}

void RunFileWriter::take_frames(std::size_t report, const hdf5::Group& from, std::uint64_t n) {
    const std::uint64_t width = file_->reports[report].data.width();
    const std::uint64_t at_once = std::max<std::uint64_t>(1, values_per_copy / width);
    for (std::uint64_t first = 0; first < n; first += at_once) {
        const std::uint64_t count = std::min(at_once, n - first);
        const auto data = rows_of<float>(from, "data", first, count, width);
        const auto sample = rows_of<std::int64_t>(from, "sample", first, count),
                   step = rows_of<std::int64_t>(from, "step", first, count),
                   label = rows_of<std::int64_t>(from, "label", first, count),
                   phase = rows_of<std::int64_t>(from, "phase", first, count),
                   epoch = rows_of<std::int64_t>(from, "epoch", first, count);
        const std::vector<std::uint8_t> small_phase(phase.begin(), phase.end());
        for (std::uint64_t at = 0; at < count;) {  // stretches recorded after the same epoch
            std::uint64_t end = at;
            while (end < count && epoch[end] == epoch[at]) ++end;
            const std::uint64_t length = end - at;
            const auto part = [&](const auto& values) { return std::span(values).subspan(at, length); };
            append_frames(report, ConstMatrixView(data.data() + at * width, length, width),
                          {part(sample), part(step), part(label), part(small_phase)}, epoch[at]);
            at = end;
        }
    }
}

}  // namespace snnff
