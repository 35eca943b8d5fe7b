// Reading a run file back: everything is checked by name, sizes before memory is asked for.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/memory.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_file.hpp"
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
        refuse(root, "an HDF5 file, but not a run file of snnff-sim");
    }
    if (!hdf5::has_attribute(root, "run_format"))
        return;  // before formats were counted; what is new is optional
    const std::vector<std::uint32_t> format = hdf5::read_attribute<std::uint32_t>(root, "run_format");
    if (format.size() == 1 && format[0] <= run_format) return;
    refuse(root,
           fmt::format("is of run format {}, written by {}; this program reads formats up to {}",
                       fmt::join(format, ", "), hdf5::read_text_attribute(root, "creator"), run_format));
}

/// An [epoch] series. While a run is being written, series may differ by what was flushed last.
template <class T>
std::vector<T> read_series(const hdf5::Group& group, std::string_view name) {
    const hdf5::Dataset dataset = group.dataset(name);
    const auto shape = dataset.shape();
    if (shape.size() != 1) refuse(dataset, fmt::format("has {} axes; a series has one", shape.size()));
    dataset.expect_numbers();
    std::vector<T> values(dataset.n_held_values());
    hdf5::read(dataset, std::span{values});
    return values;
}

class EpochReader {
  public:
    EpochReader(const hdf5::Group& training, bool complete, std::span<const std::string> populations)
        : training_(training),
          complete_(complete),
          populations_(populations),
          epoch_(read_series<std::int64_t>(training, "epoch")) {
        const std::uint64_t bytes_each = sizeof(EpochReport) + populations.size() * sizeof(PopulationEpoch);
        if (epoch_.size() > memory_limit() / bytes_each) {
            refuse(training, fmt::format("{} epochs of {} populations are more than this machine can hold",
                                         epoch_.size(), populations.size()));
        }
        epochs_.resize(epoch_.size());
        std::int64_t n_epochs = static_cast<std::int64_t>(epoch_.size());
        std::int64_t kept_epoch = -1;
        const auto read_number = [&](const std::string& name, std::int64_t& number) {
            if (!hdf5::has_attribute(training, name)) return;
            const auto values = hdf5::read_attribute<std::int64_t>(training, name);
            if (values.size() == 1) number = values.front();
        };
        read_number("n_epochs", n_epochs);
        read_number("kept_epoch", kept_epoch);
        for (std::size_t i = 0; i < epoch_.size(); ++i) {
            epochs_[i].epoch = epoch_[i];
            epochs_[i].n_epochs = n_epochs;
        }
        if (!epochs_.empty()) epochs_.back().kept_epoch = kept_epoch;
    }

    std::vector<EpochReport> read() {
        fill<float>(training_, "train_error", [](EpochReport& e) -> double& { return e.train_error; });
        fill<float>(training_, "validation_error",
                    [](EpochReport& e) -> double& { return e.validation_error; });
        // Run files of versions that did not measure them have no such series.
        if (training_.has("test_error"))
            fill<float>(training_, "test_error", [](EpochReport& e) -> double& { return e.test_error; });
        if (training_.has("test_loss"))
            fill<float>(training_, "test_loss", [](EpochReport& e) -> double& { return e.test_loss; });
        fill<double>(training_, "seconds", [](EpochReport& e) -> double& { return e.seconds; });
        for (EpochReport& epoch : epochs_) epoch.populations.resize(populations_.size());
        for (std::size_t k = 0; k < populations_.size(); ++k) {
            const hdf5::Group group = training_.group(populations_[k]);
            const auto fill_one = [&](std::string_view name, double PopulationEpoch::*member) {
                fill<float>(group, name, [&](EpochReport& e) -> double& { return e.populations[k].*member; });
            };
            fill_one("loss", &PopulationEpoch::loss);
            fill_one("goodness_positive", &PopulationEpoch::goodness_positive);
            fill_one("goodness_negative", &PopulationEpoch::goodness_negative);
            fill_one("spike_rate", &PopulationEpoch::spike_rate);
            fill_one("weight_norm", &PopulationEpoch::weight_norm);
            if (!group.has("trouble")) continue;  // as above
            const auto trouble = read_series<std::int64_t>(group, "trouble");
            for (std::size_t i = 0; i < std::min(trouble.size(), epochs_.size()); ++i)
                epochs_[i].populations[k].trouble = static_cast<std::uint8_t>(trouble[i]);
        }
        return std::move(epochs_);
    }

  private:
    template <class T, class Member>
    void fill(const hdf5::Group& group, std::string_view name, Member member) {
        const std::vector<T> values = read_series<T>(group, name);
        if (values.size() != epoch_.size() && complete_) {
            refuse(training_, fmt::format("{} has {} values for {} epochs", group.child_path(name),
                                          values.size(), epoch_.size()));
        }
        epochs_.resize(std::min(epochs_.size(), values.size()));
        for (std::size_t i = 0; i < epochs_.size(); ++i) member(epochs_[i]) = static_cast<double>(values[i]);
    }

    const hdf5::Group& training_;
    bool complete_;
    std::span<const std::string> populations_;
    std::vector<std::int64_t> epoch_;
    std::vector<EpochReport> epochs_;
};

std::vector<double> read_optional(const hdf5::Object& object, const std::string& name) {
    return hdf5::has_attribute(object, name) ? hdf5::read_attribute<double>(object, name)
                                             : std::vector<double>{};
}

RunSummary::Split read_split(const hdf5::Group& all, const std::string& name) {
    const hdf5::Group group = all.group(name);
    RunSummary::Split split;
    split.name = name;
    const auto error = hdf5::read_attribute<double>(group, "error");
    if (error.size() != 1) refuse(group, "attribute \"error\" is not one number");
    split.error = error.front();
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

RunSummary read_run(const std::filesystem::path& path, std::span<const std::int64_t> index) {
    const hdf5::Group root = hdf5::open_file(path.string(), index);
    check_is_run(root);
    RunSummary run;
    run.creator = hdf5::read_text_attribute(root, "creator");
    run.title = hdf5::read_text_attribute(root, "title");
    run.created = hdf5::read_text_attribute(root, "created");
    run.status = hdf5::read_text_attribute(root, "status");
    run.model_toml = hdf5::read_text(root.dataset("model"));
    if (root.has("provenance")) {
        const hdf5::Group provenance = root.group("provenance");
        for (const std::string& name : hdf5::attribute_names(provenance)) {
            if (name == "NX_class") continue;
            run.provenance.emplace_back(name, hdf5::read_text_attribute(provenance, name));
        }
    }
    for (const auto& [name, value] : run.provenance) {
        // Any file would look like the right one, read by an index from elsewhere.
        if (name == "run_id" && !index.empty() && !hdf5::is_of(path, index, value))
            refuse(root, "is not the file that this index belongs to");
    }
    if (root.has("training")) {
        const hdf5::Group training = root.group("training");
        run.populations = training.child_groups();
        run.epochs = EpochReader(training, run.status != "running", run.populations).read();
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
        run.readout_loss = read_series<double>(root.group("readout"), "loss");
    }
    if (root.has("evaluation")) {
        const hdf5::Group all = root.group("evaluation");
        for (const auto& name : all.child_groups()) run.evaluations.push_back(read_split(all, name));
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
