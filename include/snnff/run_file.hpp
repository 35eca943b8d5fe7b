#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "snnff/matrix.hpp"
#include "snnff/provenance.hpp"
#include "snnff/training.hpp"

namespace snnff {

namespace hdf5 {
class Group;
}

/// Of what is written; a number larger than a program's own is refused. It grows when a reader that knows
/// the old format would misread the new one, not when something is added.
inline constexpr std::uint32_t run_format = 1;

enum class RunStatus { running, complete, interrupted };

/// A frame report of one variable of one population: /report/<name>/...
struct ReportSpec {
    std::string name;  ///< group under /report: population, or population_variable
    std::string population;
    std::string long_name;               ///< "membrane potential of hidden1"
    std::string recorded_reset;          ///< "before" or "after"; empty where it has no meaning
    double threshold = 0.0;              ///< attribute `threshold`; NaN where the units have none
    std::vector<std::uint64_t> neurons;  ///< unit ids, the columns
    double frame_ms = 1.0;               ///< time between frames
};

/// What frames show, [frame] each.
struct FrameIndex {
    std::span<const std::int64_t> sample, step;
    std::span<const std::int64_t> label;  ///< that was written into the sample; -1 for none
    std::span<const std::uint8_t> phase;  ///< 0: the sample's own label, 1: a wrong one, 2: none
};

/// Writes one run, laid out as the README's "run file" section says. Frames and epochs are appended
/// through bounded buffers (at most about 1 MiB a report) and flushed at every epoch and every few
/// seconds, so that what has been flushed survives the process being killed; epochs that take less
/// than flushing does share a flush, which keeps it below a twentieth of the time. Throws FileError.
class RunFileWriter {
  public:
    /// Creates the file, or, where `path` exists and `force` is set, a new one beside it that takes
    /// its place in close(). Throws UsageError where `path` exists and `force` is not set. `live`: others can
    /// read along (HDF5's SWMR) once go_live() was called.
    explicit RunFileWriter(const std::filesystem::path& path, bool force, bool live = false);
    ~RunFileWriter();  ///< flushes and closes; status stays as it is
    RunFileWriter(const RunFileWriter&) = delete;
    RunFileWriter& operator=(const RunFileWriter&) = delete;

    void describe(std::string_view title, std::string_view model_toml, const Provenance& provenance);
    void begin_training(std::span<const std::string> population_names, std::int64_t n_epochs,
                        const Loss::Words& words = {});
    /// Lets readers in, where the file is to be live, once reports and spikes were opened. What is appended
    /// can be followed from here on; writing anything else ends it.
    void go_live();
    /// Reports come in order, with the populations of begin_training().
    void append_epoch(const EpochReport& report);
    /// All of them at once.
    void write_populations(std::span<const Population> populations);
    void write_readout(const SoftmaxHead& head);
    void write_evaluation(std::string_view split, const Evaluation& evaluation);
    /// Sentences on what is doubtful about data and result: attribute `trouble` of /evaluation. Not called
    /// where there are none.
    void write_doubts(std::span<const std::string> doubts);

    /// Opens a report; returns its handle. Spikes of the same population go to /spikes/<population>.
    std::size_t open_report(const ReportSpec& spec);
    /// frames [frame x neuron], in the order of `of`. Frames follow those already there.
    void append_frames(std::size_t report, ConstMatrixView frames, const FrameIndex& of, std::int64_t epoch);
    void open_spikes(std::string_view population);
    void append_spikes(std::string_view population, std::span<const double> timestamps_ms,
                       std::span<const std::uint64_t> node_ids);

    /// Shows how much was written. Restoring, that much is taken over from `old`, the file that the
    /// checkpoint belongs to, read by the index it had then, once the same reports and spikes were opened
    /// here; throws FileError where it holds less, DamageError where it holds other values.
    void show(State& state, const std::filesystem::path& old, std::span<const std::int64_t> index);

    void flush();
    std::int64_t n_epochs() const noexcept;  ///< appended so far

    /// Flushes and waits until the disk has it. Returns the file's index, for a checkpoint.
    std::vector<std::int64_t> secure();
    /// Gives the file its name now and not in close(): what was there before is replaced.
    void take_place();
    /// Whether the file has its name, and what was there before, if anything, is replaced.
    bool in_place() const noexcept;
    enum class Lock { let_go, keep };
    /// Sets `status`, and of a complete run its `digest` (digest.hpp), flushes, closes and, under `force`,
    /// replaces the old file. Call once; nothing else may be called after it. Under Lock::keep the file stays
    /// locked until the writer goes, so that nobody takes it for free while its name is still to change.
    void close(RunStatus status, Lock lock = Lock::let_go);
    /// Closes and removes what was written: for a run that failed before it began.
    void discard() noexcept;

  private:
    struct File;
    void take_frames(std::size_t report, const hdf5::Group& from, std::uint64_t n);
    std::unique_ptr<File> file_;
};

/// What `info`, `compare` and `eval` need of a run file.
struct RunSummary {
    std::string title, creator, created, status, model_toml;
    std::string digest;  ///< of its arrays (digest.hpp), as a complete run has it; else empty
    Provenance provenance;
    std::vector<std::string> populations;
    std::vector<LayerShape> shapes;    ///< of the populations; 0 x 0 where weights were not written yet
    LayerShape readout;                ///< features and labels; 0 x 0 where there is none
    std::vector<double> readout_loss;  ///< mean cross-entropy in each epoch of its training
    std::int64_t n_epochs = 0;         ///< that are in the file
    struct Split {
        std::string name;
        double error = 0.0;  ///< percent
        std::size_t n_samples = 0, n_labels = 0;
        std::vector<std::uint64_t> confusion;                               ///< [label x prediction]
        std::vector<double> spike_rate, accumulates, multiply_accumulates;  ///< per population
        std::vector<double> population_error;  ///< percent, by a population alone; empty where none was taken
    };
    std::vector<Split> evaluations;
    std::vector<std::string> doubts;  ///< about data and result, in words
    struct Report {
        std::string name;
        std::uint64_t n_frames = 0, n_neurons = 0;
    };
    std::vector<Report> reports;
    std::vector<std::pair<std::string, std::uint64_t>> spikes;  ///< population, number of spikes
};

/// A whole HDF5 file of another kind, as a data set or a NIR graph.
class NoRunFileError : public OtherFileError {
  public:
    using OtherFileError::OtherFileError;
};

/// Reads by an index that a checkpoint kept, if there is one. Throws FileError where the file cannot be
/// opened or was cut short, NoRunFileError where it is no run file.
RunSummary read_run(const std::filesystem::path& path, std::span<const std::int64_t> index = {});
/// Its epochs, one after the other; what memory that takes does not depend on how many there are. The last
/// one says which epoch's weights were kept. Throws as read_run() does.
void read_epochs(const std::filesystem::path& path, const std::function<void(const EpochReport&)>& each,
                 std::span<const std::int64_t> index = {});
/// Weight [unit x input] and bias [unit] at /populations/<name>; no bias reads as zeros.
/// Shapes are checked against `population` before anything is read. Throws FileError, DataError.
void read_parameters(const std::filesystem::path& path, std::string_view name, Population& population);
/// The read-out at /readout. Its shape is checked against the model before anything is read.
/// Throws FileError, DataError.
SoftmaxHead read_readout(const std::filesystem::path& path, const ModelSpec& model);

}  // namespace snnff
