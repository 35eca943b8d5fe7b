#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/data_file.hpp"
#include "snnff/input_facts.hpp"
#include "snnff/matrix.hpp"
#include "snnff/random.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// Samples whose inputs vary from step to step. Immutable; one object serves all threads.
class InputSeries {
  public:
    virtual ~InputSeries() = default;
    virtual std::size_t n_inputs() const noexcept = 0;
    /// Writes steps first_step, first_step + 1, ... of a sample to the rows of `input` [step x input].
    virtual void fill(std::size_t sample, std::int64_t first_step, MatrixView input) const noexcept = 0;
    /// Squares of a sample's inputs, summed over inputs and steps.
    virtual double sum_of_squares(std::size_t sample) const noexcept = 0;
    virtual float largest() const noexcept = 0;
    virtual float smallest() const noexcept = 0;
    /// Whether inputs are events, 0 nearly everywhere.
    virtual bool events() const noexcept = 0;
    /// Events that were read: those within the steps, those after the last one, and the time of the latest.
    struct EventCount {
        std::uint64_t n_kept = 0, n_dropped = 0;
        double latest_ms = 0.0;
    };
    /// Nothing where inputs are no events.
    virtual EventCount event_count() const noexcept { return {}; }
    virtual std::size_t n_bytes() const noexcept = 0;
};

/// Labelled samples in memory, scaled as the model says.
struct Dataset {
    Matrix x;                                   ///< [sample x input]; empty where inputs vary in time
    std::shared_ptr<const InputSeries> series;  ///< set where they do
    std::size_t first_in_series = 0;            ///< which sample of `series` is sample 0
    std::size_t n_label_inputs = 0;             ///< appended to the inputs of `series`, for labels
    std::size_t first_label_input = 0;          ///< where labels are written, once there is room for them
    std::vector<std::int32_t> label;            ///< [sample]
    std::vector<std::int32_t> negative_label;   ///< [sample], or empty where the file gives none
    std::vector<std::string> class_names;       ///< by class; empty where classes are numbers only
    bool one_hot = false;                    ///< labels are places among classes, whatever these are called
    std::vector<std::string> input_names{};  ///< [input]; empty where inputs have no names
    std::vector<DataFile> files;
    std::size_t image_rows = 0, image_cols = 0;  ///< 0 where a sample is no image
    float background = 0.0f;                     ///< what an image is filled up with when it is moved
    std::vector<std::string> remarks{};          ///< what the reader found and left alone, and what would do
    InputFacts facts{};                          ///< set by prepare()

    std::size_t size() const noexcept { return series ? label.size() : x.rows(); }
    std::size_t n_inputs() const noexcept { return series ? series->n_inputs() + n_label_inputs : x.cols(); }
};

/// Turns classes of `dataset` into those of the same name in `names`, among which numbers without names are
/// sought, too. Throws DataError for a name that is missing there, and where one of both has names and the
/// other has numbers or one-hot labels.
void align_classes(Dataset& dataset, const std::vector<std::string>& names);

/// Puts inputs that have names into the order of `names`, by name, and leaves out those that are not among
/// them, with a remark; where no name is the same, they stay as they are, with a remark. Throws DataError
/// where some are missing.
void align_inputs(Dataset& dataset, const std::vector<std::string>& names);

/// Where samples come from. Constructing one reads and checks its keys, not its files.
class DatasetReader {
  public:
    virtual ~DatasetReader() = default;
    enum class Split { train, test };
    /// Throws FileError or DataError with the file's name and the reason. `limit` samples at most, 0 for all.
    virtual Dataset read(Split split, std::size_t limit) const = 0;
    virtual bool has(Split split) const = 0;  ///< whether the model names files for this split
};

/// One version of a batch's images. Versions that differ in few inputs (another label written into
/// them) share `base`: what a population computes from the base, it computes once.
///
///   input of sample s  =  gain[s] · (base[s] with input index[s, c] replaced by value[s, c])
///
/// Where an encoding stands between them, it is applied to what the gain multiplies.
struct Variant {
    ConstMatrixView base;              ///< [sample x input], 0 wherever a change is written
    std::size_t n_changes = 0;         ///< per sample
    std::vector<std::uint32_t> index;  ///< [sample x change]
    std::vector<float> value;          ///< [sample x change]
    AlignedVector<float> gain;         ///< [sample], 1/norm of the whole input, changes included
};

/// How values become a population's input, step by step. A new kind is one file in src/data with a make
/// function and one line in catalogue.def.
class Encoding {
  public:
    virtual ~Encoding() = default;
    /// Whether a value is the input itself, in every step.
    virtual bool constant() const noexcept { return false; }
    /// Whether every presentation of a sample draws numbers anew.
    virtual bool random() const noexcept { return false; }
    /// Whether a label is written into what comes out of it, as a constant current, not into what goes in.
    virtual bool passes_labels() const noexcept { return false; }
    /// Throws DataError, beginning with `where`, for a data set that it cannot encode: one that varies in
    /// time or does not (`over_time`), with values from `smallest` to `largest`, the label's among them.
    virtual void check(std::string_view where, bool over_time, float smallest, float largest) const = 0;

    /// The input number `input` has in step `step` of a presentation that lasts `time`, whose value is
    /// `value` and was `before` in the step before (0 before the first). `draws` belongs to the presentation
    /// of the sample. Pure.
    virtual float at(float value, float before, Seed draws, const TimeGrid& time, std::int64_t step,
                     std::uint32_t input) const noexcept = 0;
    /// The same for a whole step; all spans have the same length.
    virtual void encode(std::span<const float> value, std::span<const float> before, Seed draws,
                        const TimeGrid& time, std::int64_t step, std::span<float> input) const noexcept;
    /// Square of at(), expected where it is random; of a value that stays, its mean over the steps.
    /// Normalisation goes by it.
    virtual double square(float value, float before, const TimeGrid& time) const noexcept = 0;
    /// Summed over a whole step.
    virtual double sum_of_squares(std::span<const float> value, std::span<const float> before,
                                  const TimeGrid& time) const noexcept;
};

/// How a population's input x is brought to one scale, so that its length tells nothing of what is below: by
/// a factor on all of a sample's input, or by new values in place of what the population below sends. A new
/// kind is one file in src/data with a make function and one line in catalogue.def.
class Normalisation {
  public:
    virtual ~Normalisation() = default;
    virtual std::string_view kind() const noexcept = 0;

    virtual bool scales() const noexcept { return false; }
    /// The factor for an input whose squares sum to `sum_of_squares`; 1 where it does not scale.
    virtual float gain(double /*sum_of_squares*/, std::size_t /*n_inputs*/) const noexcept { return 1.0f; }
    /// d(1/gain)/dx = x/length; 0 for an input of zeros, for which no direction is steeper.
    virtual double length(double /*sum_of_squares*/, std::size_t /*n_inputs*/) const noexcept { return 0.0; }

    virtual bool replaces() const noexcept { return false; }
    /// Replaces what one sample's units sent, which form `n_groups` groups (see group_of()). Does not throw.
    virtual void replace(std::span<float> /*sent*/, std::size_t /*n_groups*/) const noexcept {}
};

/// The kind "none".
std::shared_ptr<const Normalisation> no_normalisation();

/// Writes labels into samples: n_labels inputs are 0 but for the one of the label.
struct LabelOverlay {
    /// Which ones: the first of the data, whatever they held, or further ones after its last. automatic:
    /// appended, but for images of which those inputs are dark in every training sample; build() settles it.
    /// by_time: appended where samples vary in time, else first, which is what automatic meant to programs
    /// that left it unsettled in their run files.
    enum class Where { first, appended, automatic, by_time };
    std::size_t n_labels = 10;
    float value = 1.0f;  ///< what is written for the label
    float smoothing =
        0.0f;  ///< share s of it that the other labels get: (1 − s)·value and s·value/(n_labels − 1)
    bool enabled = true;
    Where where = Where::automatic;
};

/// What a network is to tell from real samples: samples under wrong labels, or images of another making.
class Negatives {
  public:
    virtual ~Negatives() = default;
    struct Request {
        std::span<const std::uint32_t> samples;  ///< indices into the data set
        const Dataset& dataset;
        std::size_t n_labels;
        std::uint32_t epoch;  ///< 0 where negatives are drawn once for the run
        Seed seed;
        /// Goodness [sample of the data set x label] from when ranks() last asked for it; empty before.
        ConstMatrixView ranking;
        std::size_t n_sets = 1;  ///< negatives per sample
    };
    /// Whether negatives are images rather than labels: make_images() serves then, else make().
    virtual bool makes_images() const noexcept { return false; }
    /// Writes labels [set·samples + sample]; pure in (seed, epoch, sample). A sample's labels differ
    /// from each other where most_per_sample() is bounded.
    virtual void make(const Request& /*request*/, std::span<std::int32_t> /*labels*/) const {}
    /// Writes images [set·samples + sample, input]; pure in (seed, epoch, sample).
    virtual void make_images(const Request& /*request*/, MatrixView /*images*/) const {}
    /// How many negatives it can make of one sample.
    virtual std::size_t most_per_sample(std::size_t /*n_labels*/) const noexcept {
        return std::numeric_limits<std::size_t>::max();
    }
    /// Whether each epoch gets new ones.
    virtual bool redrawn() const noexcept = 0;
    /// Whether the network is to rank the labels of all training samples before this epoch, which is
    /// counted through the whole run.
    virtual bool ranks(std::int64_t /*epoch*/, bool /*begins_episode*/) const noexcept { return false; }
    /// Throws ModelError or DataError where the data set cannot serve (no y_negative, one label only).
    virtual void check(const Dataset& dataset, std::size_t n_labels) const = 0;
};

}  // namespace snnff
