#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/matrix.hpp"
#include "snnff/random.hpp"

namespace snnff {

/// A file that went into a data set.
struct DataFile {
    std::filesystem::path path;
    std::string sha256;  ///< of the bytes on disk, lower-case hex
};

/// Labelled samples in memory, scaled as the model says.
struct Dataset {
    Matrix x;                                  ///< [sample x input]
    std::vector<std::int32_t> label;           ///< [sample]
    std::vector<std::int32_t> negative_label;  ///< [sample], or empty where the file gives none
    std::vector<DataFile> files;
    std::size_t image_rows = 0, image_cols = 0;  ///< 0 where a sample is no image
    float background = 0.0f;                     ///< what an image is filled up with when it is moved

    std::size_t size() const noexcept { return x.rows(); }
    std::size_t n_inputs() const noexcept { return x.cols(); }
};

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
struct Variant {
    ConstMatrixView base;              ///< [sample x input], 0 wherever a change is written
    std::size_t n_changes = 0;         ///< per sample
    std::vector<std::uint32_t> index;  ///< [sample x change]
    std::vector<float> value;          ///< [sample x change]
    AlignedVector<float> gain;         ///< [sample], 1/norm of the whole input, changes included
};

enum class Normalisation { none, l2, rms };
inline constexpr std::string_view normalisation_names[] = {"none", "l2", "rms"};

/// The factor that normalises an input whose squares sum to `sum_of_squares`:
/// l2: 1/(‖x‖ + 1e-4); rms: 1/(√mean(x²) + 1e-6); none: 1.
float normalising_gain(Normalisation normalisation, double sum_of_squares, std::size_t n_inputs) noexcept;

/// Writes labels into samples: the first n_labels inputs are 0 but for the one of the label.
struct LabelOverlay {
    std::size_t n_labels = 10;
    float value = 1.0f;  ///< what is written for the label
    float smoothing =
        0.0f;  ///< share s of it that the other labels get: (1 − s)·value and s·value/(n_labels − 1)
    bool enabled = true;
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
