// /training: what happened in each epoch.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "io/run_file_state.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

using hdf5::Appender;
using hdf5::set_attribute;

/// An [epoch] series; `epoch` is the axis.
template <class T>
Appender create_series(const hdf5::Group& group, std::string_view name, std::string_view units,
                       std::string_view long_name, const hdf5::Dataset& epoch) {
    Appender series = Appender::create<T>(group, name);
    set_attribute(series.dataset(), "units", units);
    set_attribute(series.dataset(), "long_name", long_name);
    hdf5::attach_scale(series.dataset(), 0, epoch);
    return series;
}

/// What the flags of a series mean, as the CF conventions put it.
void set_flags(const hdf5::Dataset& series) {
    std::vector<std::uint8_t> masks;
    for (const Trouble trouble : all_troubles) masks.push_back(static_cast<std::uint8_t>(trouble));
    hdf5::set_attribute_array<std::uint8_t>(series, "flag_masks", masks);
    set_attribute(series, "flag_meanings", fmt::format("{}", fmt::join(trouble_names, " ")));
}

/// The axis of the series of a group.
Appender create_epoch(const hdf5::Group& group) {
    Appender epoch = Appender::create<std::int64_t>(group, "epoch");
    set_attribute(epoch.dataset(), "units", "1");
    set_attribute(epoch.dataset(), "long_name", "epoch, counted through the whole plan from 0");
    hdf5::make_scale(epoch.dataset());
    return epoch;
}

/// /loss: what viewers plot first, the loss of every population in one picture. They look for signals and
/// axes in one group, and a link to where the losses are would be an alias, which netCDF refuses.
hdf5::Group create_curves(const hdf5::Group& root, std::span<const std::string> population_names) {
    hdf5::Group curves = hdf5::create_group(root, "loss");
    set_attribute(curves, "NX_class", "NXdata");
    // Under back-propagation only the last population has a loss.
    set_attribute(curves, "signal", population_names.back());
    const auto others = population_names.first(population_names.size() - 1);
    if (!others.empty()) set_attribute(curves, "auxiliary_signals", others);
    const std::array<std::string, 1> axes{"epoch"};
    set_attribute(curves, "axes", axes);
    set_attribute(root, "default", "loss");
    return curves;
}

/// Names that stand in /training themselves.
constexpr std::array<std::string_view, 6> reserved{"epoch",      "train_error", "validation_error",
                                                   "test_error", "test_loss",   "seconds"};

}  // namespace

void RunFileWriter::begin_training(std::span<const std::string> population_names, std::int64_t n_epochs,
                                   const Loss::Words& words) {
    File& s = *file_;
    TrainingSeries& training = s.training.emplace();
    training.group = hdf5::create_group(s.root, "training");
    set_attribute(training.group, "NX_class", "NXdata");
    set_attribute(training.group, "signal", "train_error");
    const std::array<std::string, 1> axes{"epoch"};
    const std::array<std::string, 2> others{"validation_error", "test_error"};
    set_attribute(training.group, "axes", axes);
    set_attribute(training.group, "auxiliary_signals", others);
    set_attribute(training.group, "populations", population_names);
    set_attribute(training.group, "n_epochs", n_epochs);

    training.epoch = create_epoch(training.group);
    const hdf5::Dataset& epoch = training.epoch.dataset();
    const hdf5::Group curves = create_curves(s.root, population_names);
    training.curve_epoch = create_epoch(curves);

    for (const std::string& name : population_names) {
        if (std::ranges::find(reserved, name) != reserved.end()) {
            throw FileError(
                fmt::format("{}: a population cannot be called \"{}\": the run file has a series "
                            "of that name",
                            training.group.where(), name));
        }
        auto& p = training.populations.emplace_back();
        p.group = hdf5::create_group(training.group, name);
        set_attribute(p.group, "NX_class", "NXdata");
        set_attribute(p.group, "signal", "loss");
        // Its axis stands one group further up, where NeXus does not look for it.
        const std::array<std::string, 1> none{"."};
        set_attribute(p.group, "axes", none);
        p.curve = create_series<float>(curves, name, "1", "loss of " + name, training.curve_epoch.dataset());
        p.loss = create_series<float>(p.group, "loss", "1", "mean loss of " + name, epoch);
        p.goodness_positive = create_series<float>(p.group, "goodness_positive", "1",
                                                   fmt::format("mean goodness of {}", words.positive), epoch);
        p.goodness_negative = create_series<float>(p.group, "goodness_negative", "1",
                                                   fmt::format("mean goodness of {}", words.negative), epoch);
        p.spike_rate = create_series<float>(p.group, "spike_rate", "1", "spikes per unit and step", epoch);
        p.weight_norm = create_series<float>(p.group, "weight_norm", "1",
                                             "Frobenius norm of the weights after the epoch", epoch);
        p.trouble =
            create_series<std::uint8_t>(p.group, "trouble", "1", "what went wrong in the epoch", epoch);
        set_flags(p.trouble.dataset());
    }
    training.train_error =
        create_series<float>(training.group, "train_error", "percent", "error on training samples", epoch);
    training.validation_error = create_series<float>(training.group, "validation_error", "percent",
                                                     "error on validation samples", epoch);
    training.test_error =
        create_series<float>(training.group, "test_error", "percent", "error on test samples", epoch);
    training.test_loss =
        create_series<float>(training.group, "test_loss", "1", "mean cross-entropy of test samples", epoch);
    training.seconds = create_series<double>(training.group, "seconds", "s", "wall time of the epoch", epoch);
    s.flush();
}

void TrainingSeries::append(const EpochReport& report) {
    if (report.populations.size() != populations.size()) {
        throw FileError(fmt::format("{}: epoch {} reports {} populations; the run has {}", group.where(),
                                    report.epoch, report.populations.size(), populations.size()));
    }
    facts.kept_epoch = report.kept_epoch;
    sum.add(report.epoch);
    for (const PopulationEpoch& values : report.populations) {
        for (const double value : {values.loss, values.goodness_positive, values.goodness_negative,
                                   values.spike_rate, values.weight_norm}) {
            sum.add(static_cast<float>(value));
        }
        sum.add(values.trouble);
    }
    for (const double value :
         {report.train_error, report.validation_error, report.test_error, report.test_loss}) {
        sum.add(static_cast<float>(value));
    }
    sum.add(report.seconds);
    epoch.append_one(report.epoch);
    curve_epoch.append_one(report.epoch);
    for (std::size_t k = 0; k < populations.size(); ++k) {
        const PopulationEpoch& values = report.populations[k];
        populations[k].loss.append_one(static_cast<float>(values.loss));
        populations[k].curve.append_one(static_cast<float>(values.loss));
        populations[k].goodness_positive.append_one(static_cast<float>(values.goodness_positive));
        populations[k].goodness_negative.append_one(static_cast<float>(values.goodness_negative));
        populations[k].spike_rate.append_one(static_cast<float>(values.spike_rate));
        populations[k].weight_norm.append_one(static_cast<float>(values.weight_norm));
        populations[k].trouble.append_one(values.trouble);
    }
    train_error.append_one(static_cast<float>(report.train_error));
    validation_error.append_one(static_cast<float>(report.validation_error));
    test_error.append_one(static_cast<float>(report.test_error));
    test_loss.append_one(static_cast<float>(report.test_loss));
    seconds.append_one(report.seconds);
    facts.has_train_error |= !std::isnan(report.train_error);
    facts.has_validation_error |= !std::isnan(report.validation_error);
}

void TrainingSeries::for_each(void (Appender::*action)()) {
    for (Appender* series : {&epoch, &train_error, &validation_error, &test_error, &test_loss, &seconds})
        (series->*action)();
    (curve_epoch.*action)();
    for (Population& p : populations) {
        (p.curve.*action)();
        for (Appender* series : {&p.loss, &p.goodness_positive, &p.goodness_negative, &p.spike_rate,
                                 &p.weight_norm, &p.trouble}) {
            (series->*action)();
        }
    }
}
void TrainingSeries::flush() { for_each(&Appender::flush); }

void TrainingFacts::describe(const hdf5::Group& training) const {
    if (kept_epoch >= 0) set_attribute(training, "kept_epoch", kept_epoch);
    if (!has_train_error)
        set_attribute(training, "signal", has_validation_error ? "validation_error" : "seconds");
}

}  // namespace snnff
