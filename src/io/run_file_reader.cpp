// Reading a run file back: everything is checked by name, sizes before memory is asked for.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/memory.hpp"
#include "io/half_made.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_file.hpp"
#include "io/in_use.hpp"
#include "io/run_file_provenance.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff {
namespace {

[[noreturn]] void refuse(const hdf5::Object& object, std::string_view why) {
    throw FileError(fmt::format("{}: {}", object.where(), why));
}

void check_is_run(const hdf5::Group& root) {
    const bool marked =
        hdf5::has_attribute(root, "magic") &&
        hdf5::read_attribute<std::uint32_t>(root, "magic") == std::vector<std::uint32_t>{0x0A7A};
    if (!marked || !hdf5::has_attribute(root, "creator") || !root.has("model")) {
        throw NoRunFileError(root.where() + ": an HDF5 file, but not a run file of snnff-sim");
    }
    if (!hdf5::has_attribute(root, "run_format"))
        return;  // before formats were counted; what is new is optional
    const std::vector<std::uint32_t> format = hdf5::read_attribute<std::uint32_t>(root, "run_format");
    if (format.size() == 1 && format[0] <= run_format) return;
    throw OtherFileError(fmt::format(
        "{}: is of run format {}, written by {}; this program reads formats up to {}", root.where(),
        fmt::join(format, ", "), hdf5::read_text_attribute(root, "creator"), run_format));
}

/// Whether a file that cannot be read as a run has nothing in it that a run wrote after its beginning, and no
/// process goes on with it.
bool may_be_a_beginning(const std::filesystem::path& path) {
    constexpr std::uintmax_t most_bytes = 8192;  // until the model is there; 7168 were found
    std::error_code error;
    if (!(std::filesystem::file_size(path, error) <= most_bytes) || error || !is_half_made(path))
        return false;
    try {
        refuse_if_in_use(path);
    } catch (const Error&) {
        return false;
    }
    return true;
}

hdf5::Group open_run(const std::filesystem::path& path, std::span<const std::int64_t> index) {
    try {
        hdf5::Group root = hdf5::open_file(path.string(), index);
        check_is_run(root);
        return root;
    } catch (const FileError& error) {
        if (!may_be_a_beginning(path)) throw;
        throw OtherFileError(fmt::format(
            "{}; it may be the beginning of a run that was killed at its start, which `run --force` replaces",
            error.what()));
    }
}

/// A series, of an [epoch] axis, say.
hdf5::Dataset series_dataset(const hdf5::Group& group, std::string_view name) {
    hdf5::Dataset dataset = group.dataset(name);
    const auto shape = dataset.shape();
    if (shape.size() != 1) refuse(dataset, fmt::format("has {} axes; a series has one", shape.size()));
    dataset.expect_numbers();
    return dataset;
}

/// The series of /training side by side, in blocks. While a run is being written they may differ in length by
/// what was flushed last: an epoch is there when all of them have it.
class EpochReader {
  public:
    EpochReader(const hdf5::Group& training, bool complete, std::span<const std::string> populations)
        : training_(training), complete_(complete), n_populations_(populations.size()) {
        add<std::int64_t>("epoch", [](EpochReport& e, std::int64_t value) { e.epoch = value; });
        // Whoever wants them all at once can have them.
        const std::uint64_t bytes_each = sizeof(EpochReport) + n_populations_ * sizeof(PopulationEpoch);
        if (n_epochs_ > memory_limit() / bytes_each) {
            refuse(training, fmt::format("{} epochs of {} populations are more than this machine can hold",
                                         n_epochs_, n_populations_));
        }
        n_planned_ = static_cast<std::int64_t>(n_epochs_);
        read_number("n_epochs", n_planned_);
        read_number("kept_epoch", kept_epoch_);
        add_one("train_error", [](EpochReport& e) -> double& { return e.train_error; });
        add_one("validation_error", [](EpochReport& e) -> double& { return e.validation_error; });
        // Run files of versions that did not measure them have no such series.
        if (training.has("test_error"))
            add_one("test_error", [](EpochReport& e) -> double& { return e.test_error; });
        if (training.has("test_loss"))
            add_one("test_loss", [](EpochReport& e) -> double& { return e.test_loss; });
        add_one("seconds", [](EpochReport& e) -> double& { return e.seconds; });
        for (std::size_t k = 0; k < populations.size(); ++k) add_population(populations[k], k);
    }

    std::uint64_t n_epochs() const noexcept { return n_epochs_; }

    void read(const std::function<void(const EpochReport&)>& each) const {
        constexpr std::uint64_t at_once = 8192;  // a chunk of the widest series
        for (std::uint64_t first = 0; first < n_epochs_; first += at_once) {
            std::vector<EpochReport> block(std::min(at_once, n_epochs_ - first));
            for (EpochReport& epoch : block) {
                epoch.n_epochs = n_planned_;
                epoch.populations.resize(n_populations_);
            }
            if (first + block.size() == n_epochs_) block.back().kept_epoch = kept_epoch_;
            for (const auto& fill : series_) fill(first, block);
            for (const EpochReport& epoch : block) each(epoch);
        }
    }

  private:
    void add_population(const std::string& population, std::size_t k) {
        const auto add_member = [&](const char* name, double PopulationEpoch::*member) {
            add_one(population + "/" + name,
                    [k, member](EpochReport& e) -> double& { return e.populations[k].*member; });
        };
        add_member("loss", &PopulationEpoch::loss);
        add_member("goodness_positive", &PopulationEpoch::goodness_positive);
        add_member("goodness_negative", &PopulationEpoch::goodness_negative);
        add_member("spike_rate", &PopulationEpoch::spike_rate);
        add_member("weight_norm", &PopulationEpoch::weight_norm);
        if (!training_.group(population).has("trouble")) return;  // as above
        add<std::int64_t>(population + "/trouble", [k](EpochReport& e, std::int64_t value) {
            e.populations[k].trouble = static_cast<std::uint8_t>(value);
        });
    }

    template <class Member>
    void add_one(const std::string& path, Member member) {
        add<double>(path, [member](EpochReport& e, double value) { member(e) = value; });
    }

    template <class T, class Put>
    void add(const std::string& path, Put put) {
        const std::uint64_t n = series_dataset(training_, path).n_held_values();
        if (!series_.empty() && n != n_epochs_ && complete_) {
            refuse(training_,
                   fmt::format("{} has {} values for {} epochs", training_.child_path(path), n, n_epochs_));
        }
        n_epochs_ = series_.empty() ? n : std::min(n_epochs_, n);
        // Opened for each block: HDF5 keeps up to a megabyte of each data set that is open.
        series_.push_back([this, path, put](std::uint64_t first, std::span<EpochReport> block) {
            std::vector<T> values(block.size());
            hdf5::read_rows(training_.dataset(path), block.size(), std::span{values}, first);
            for (std::size_t i = 0; i < block.size(); ++i) put(block[i], values[i]);
        });
    }

    void read_number(const std::string& name, std::int64_t& number) const {
        if (!hdf5::has_attribute(training_, name)) return;
        const auto values = hdf5::read_attribute<std::int64_t>(training_, name);
        if (values.size() == 1) number = values.front();
    }

    const hdf5::Group& training_;
    bool complete_;
    std::size_t n_populations_;
    std::uint64_t n_epochs_ = 0;
    std::int64_t n_planned_ = 0, kept_epoch_ = -1;
    std::vector<std::function<void(std::uint64_t first, std::span<EpochReport> block)>> series_;
};

std::vector<double> read_optional(const hdf5::Object& object, const std::string& name) {
    return hdf5::has_attribute(object, name) ? hdf5::read_attribute<double>(object, name)
                                             : std::vector<double>{};
}

/// Errors of populations by their goodness alone, in their order; none where they were not taken.
std::vector<double> read_population_errors(const hdf5::Group& evaluation,
                                           std::span<const std::string> populations) {
    std::vector<double> errors;
    const std::vector<std::string> groups = evaluation.child_groups();
    for (const std::string& name : populations) {
        if (std::ranges::find(groups, name) == groups.end()) return {};
        const hdf5::Group group = evaluation.group(name);
        const auto error = hdf5::read_attribute<double>(group, "error");
        if (error.size() != 1) refuse(group, "attribute \"error\" is not one number");
        errors.push_back(error.front());
    }
    return errors;
}

RunSummary::Split read_split(const hdf5::Group& all, const std::string& name,
                             std::span<const std::string> populations) {
    const hdf5::Group group = all.group(name);
    RunSummary::Split split;
    split.name = name;
    const auto error = hdf5::read_attribute<double>(group, "error");
    if (error.size() != 1) refuse(group, "attribute \"error\" is not one number");
    split.error = error.front();
    split.population_error = read_population_errors(group, populations);
    split.spike_rate = read_optional(group, "spike_rate");
    split.accumulates = read_optional(group, "accumulates");
    split.multiply_accumulates = read_optional(group, "multiply_accumulates");

    const auto scores = group.dataset(group.has("goodness") ? "goodness" : "log_probability").shape();
    const auto prediction = group.dataset("prediction").shape();
    const auto label = group.dataset("label").shape();
    const hdf5::Dataset confusion = group.dataset("confusion");
    const auto counts = confusion.shape();
    const bool fit = scores.size() == 2 && prediction == std::vector{scores[0]} && label == prediction &&
                     counts == std::vector{scores[1], scores[1]};
    if (!fit) {
        refuse(group,
               fmt::format("shapes do not fit: scores [{}], prediction [{}], label [{}], confusion [{}]",
                           fmt::join(scores, ", "), fmt::join(prediction, ", "), fmt::join(label, ", "),
                           fmt::join(counts, ", ")));
    }
    split.n_samples = static_cast<std::size_t>(scores[0]);
    split.n_labels = static_cast<std::size_t>(scores[1]);
    confusion.expect_integers();
    split.confusion.resize(confusion.n_held_values());
    hdf5::read(confusion, std::span{split.confusion});
    return split;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

LayerShape shape_of(const hdf5::Group& group) {
    const hdf5::Dataset weight = group.dataset("weight");
    const auto shape = weight.shape();
    if (shape.size() != 2)
        refuse(weight, fmt::format("has the shape [{}]; [unit, input] is expected", fmt::join(shape, ", ")));
    weight.n_held_values();  // before anybody makes room for them
    return {static_cast<std::size_t>(shape[1]), static_cast<std::size_t>(shape[0])};
}

RunSummary::Report read_report(const hdf5::Group& all, const std::string& name) {
    const hdf5::Dataset data = all.group(name).dataset("data");
    const auto shape = data.shape();
    if (shape.size() != 2)
        refuse(data, fmt::format("has the shape [{}]; [frame, neuron] is expected", fmt::join(shape, ", ")));
    return {name, shape[0], shape[1]};
}

std::uint64_t count_spikes(const hdf5::Group& group) {
    const hdf5::Dataset timestamps = group.dataset("timestamps"), node_ids = group.dataset("node_ids");
    const auto shape = timestamps.shape();
    if (shape.size() != 1 || node_ids.shape().size() != 1)
        refuse(group, "timestamps and node_ids have one axis");
    return std::min(shape[0], node_ids.shape()[0]);
}

}  // namespace

void read_epochs(const std::filesystem::path& path, const std::function<void(const EpochReport&)>& each,
                 std::span<const std::int64_t> index) {
    const hdf5::Group root = open_run(path, index);
    if (!root.has("training")) return;
    const hdf5::Group training = root.group("training");
    const bool complete = hdf5::read_text_attribute(root, "status") != "running";
    EpochReader(training, complete, training.child_groups()).read(each);
}

RunSummary read_run(const std::filesystem::path& path, std::span<const std::int64_t> index) {
    const hdf5::Group root = open_run(path, index);
    RunSummary run;
    run.creator = hdf5::read_text_attribute(root, "creator");
    run.title = hdf5::read_text_attribute(root, "title");
    run.created = hdf5::read_text_attribute(root, "created");
    run.status = hdf5::read_text_attribute(root, "status");
    if (hdf5::has_attribute(root, "digest")) run.digest = hdf5::read_text_attribute(root, "digest");
    run.model_toml = hdf5::read_text(root.dataset("model"));
    if (root.has("provenance")) run.provenance = read_provenance(root.group("provenance"));
    const std::string run_id = run.provenance.text("run_id");
    // Any file would look like the right one, read by an index from elsewhere.
    if (!run_id.empty() && !index.empty() && !hdf5::is_of(path, index, run_id))
        refuse(root, "is not the file that this index belongs to");
    if (root.has("training")) {
        const hdf5::Group training = root.group("training");
        run.populations = training.child_groups();
        const EpochReader epochs(training, run.status != "running", run.populations);
        run.n_epochs = static_cast<std::int64_t>(epochs.n_epochs());
    }
    run.shapes.resize(run.populations.size());
    if (root.has("populations")) {
        const hdf5::Group populations = root.group("populations");
        if (run.populations.empty()) run.populations = populations.child_groups();
        run.shapes.resize(run.populations.size());
        for (std::size_t k = 0; k < run.populations.size(); ++k) {
            if (populations.has(run.populations[k]))
                run.shapes[k] = shape_of(populations.group(run.populations[k]));
        }
    }
    if (root.has("readout")) {
        run.readout = shape_of(root.group("readout"));
        const hdf5::Dataset loss = series_dataset(root.group("readout"), "loss");
        run.readout_loss.resize(loss.n_held_values());
        hdf5::read(loss, std::span{run.readout_loss});
    }
    if (root.has("evaluation")) {
        const hdf5::Group all = root.group("evaluation");
        for (const auto& name : all.child_groups())
            run.evaluations.push_back(read_split(all, name, run.populations));
        if (hdf5::has_attribute(all, "trouble"))
            run.doubts = lines_of(hdf5::read_text_attribute(all, "trouble"));
    }
    if (root.has("report")) {
        const hdf5::Group all = root.group("report");
        for (const auto& name : all.child_groups()) run.reports.push_back(read_report(all, name));
    }
    if (root.has("spikes")) {
        const hdf5::Group all = root.group("spikes");
        for (const auto& name : all.child_groups())
            run.spikes.emplace_back(name, count_spikes(all.group(name)));
    }
    return run;
}

}  // namespace snnff
