// /populations, /readout and /evaluation: what training led to.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <numeric>

#include "core/wilson.hpp"
#include "io/run_file_state.hpp"
#include "snnff/error.hpp"
#include "snnff/functions.hpp"

namespace snnff {
namespace {

using hdf5::set_attribute;

hdf5::Dataset write_classes(const hdf5::Group& group, std::string_view name, std::string_view long_name,
                            std::size_t n) {
    std::vector<std::int32_t> classes(n);
    std::iota(classes.begin(), classes.end(), 0);
    hdf5::Dataset axis = hdf5::write_array(group, name, std::span<const std::int32_t>{classes});
    set_attribute(axis, "long_name", long_name);
    hdf5::make_scale(axis);
    return axis;
}

void write_population(const hdf5::Group& populations, const Population& population) {
    const hdf5::Group group = hdf5::create_group(populations, population.name);
    set_attribute(group, "NX_class", "NXdata");
    set_attribute(group, "signal", "weight");
    const std::array<std::string, 2> axes{".", "."};
    set_attribute(group, "axes", axes);
    set_attribute(group, "neuron", population.neuron ? population.neuron->kind() : "");
    set_attribute(group, "learns_bias", std::uint8_t{population.learns_bias});
    const hdf5::Dataset unit = hdf5::create_dimension(group, "unit", population.n_units());
    const hdf5::Dataset input = hdf5::create_dimension(group, "input", population.n_inputs());

    const std::array<hsize_t, 2> shape{population.n_units(), population.n_inputs()};
    const Matrix weights = population.below().weight.matrix();
    const auto weight = hdf5::write_array(group, "weight", shape, weights.values());
    set_attribute(weight, "units", "1");
    set_attribute(weight, "long_name", "weight of each input, in units of the membrane or activation");
    hdf5::attach_scale(weight, 0, unit);
    hdf5::attach_scale(weight, 1, input);

    const auto bias = hdf5::write_array(group, "bias", std::span<const float>{population.bias});
    set_attribute(bias, "units", "1");
    set_attribute(bias, "long_name", "constant current of each unit");
    hdf5::attach_scale(bias, 0, unit);
}

/// What a population's goodness alone tells of classes.
void write_by_class(const hdf5::Group& evaluation, const Evaluation::OfPopulation& population) {
    const hdf5::Group group = hdf5::create_group(evaluation, population.name);
    set_attribute(group, "NX_class", "NXdata");
    set_attribute(group, "signal", "mean_goodness");
    const std::array<std::string, 2> axes{"true_class", "class"};
    set_attribute(group, "axes", axes);
    set_attribute(group, "error", population.error);
    set_attribute(group, "error_units", "percent");
    const std::size_t n_classes = population.mean_goodness.rows();
    const hdf5::Dataset truth = write_classes(group, "true_class", "true label", n_classes);
    const hdf5::Dataset candidate =
        write_classes(group, "class", "class that a group of units stands for", n_classes);
    const std::array<hsize_t, 2> shape{n_classes, n_classes};
    const auto mean = hdf5::write_array(group, "mean_goodness", shape, population.mean_goodness.values());
    set_attribute(mean, "units", "1");
    set_attribute(mean, "long_name", "mean goodness of each class's group of units, by true label");
    hdf5::attach_scale(mean, 0, truth);
    hdf5::attach_scale(mean, 1, candidate);
}

}  // namespace

// A single flush: names of many populations fill several blocks of their group, and only while the file does
// not know of the group yet are all of them written before what leads to them.
void RunFileWriter::write_populations(std::span<const Population> populations) {
    File& s = *file_;
    s.end_live();
    const hdf5::Group& group = s.section(s.populations, "populations", "NXcollection");
    for (const Population& population : populations) write_population(group, population);
    s.flush();
}

void RunFileWriter::write_readout(const SoftmaxHead& head) {
    File& s = *file_;
    s.end_live();
    const hdf5::Group group = hdf5::create_group(s.root, "readout");
    set_attribute(group, "NX_class", "NXdata");
    set_attribute(group, "signal", "loss");
    const std::array<std::string, 1> axes{"epoch"};
    set_attribute(group, "axes", axes);
    set_attribute(group, "kind", "softmax");
    set_attribute(group, "mean", static_cast<double>(head.mean));
    set_attribute(group, "deviation", static_cast<double>(head.deviation));
    const hdf5::Dataset classes = write_classes(group, "class", "label it tells", head.n_labels());
    const hdf5::Dataset feature = hdf5::create_dimension(group, "feature", head.n_features());

    const std::array<hsize_t, 2> shape{head.n_labels(), head.n_features()};
    const auto weight = hdf5::write_array(group, "weight", shape, head.weight.values());
    set_attribute(weight, "units", "1");
    set_attribute(weight, "long_name",
                  "weight of each feature, (output - mean)/deviation, in the label's log-probability");
    hdf5::attach_scale(weight, 0, classes);
    hdf5::attach_scale(weight, 1, feature);
    const auto bias = hdf5::write_array(group, "bias", std::span<const float>{head.bias});
    set_attribute(bias, "units", "1");
    set_attribute(bias, "long_name", "constant part of each label's log-probability");
    hdf5::attach_scale(bias, 0, classes);

    std::vector<std::int32_t> epochs(head.loss.size());
    std::iota(epochs.begin(), epochs.end(), 0);
    const hdf5::Dataset epoch = hdf5::write_array(group, "epoch", std::span<const std::int32_t>{epochs});
    set_attribute(epoch, "long_name", "epoch of the read-out's own training");
    hdf5::make_scale(epoch);
    const auto loss = hdf5::write_array(group, "loss", std::span<const double>{head.loss});
    set_attribute(loss, "units", "1");
    set_attribute(loss, "long_name", "mean cross-entropy, natural logarithm");
    hdf5::attach_scale(loss, 0, epoch);
    s.flush();
}

void RunFileWriter::write_evaluation(std::string_view split, const Evaluation& evaluation) {
    File& s = *file_;
    s.end_live();
    const hdf5::Group& all = s.section(s.evaluation, "evaluation", "NXcollection");
    set_attribute(all, "default", split);  // the last one: test, where there is a test set
    const hdf5::Group group = hdf5::create_group(all, split);
    set_attribute(group, "NX_class", "NXdata");
    set_attribute(group, "signal", "confusion");
    const std::array<std::string, 2> axes{"true_class", "predicted_class"};
    set_attribute(group, "axes", axes);
    set_attribute(group, "error", evaluation.error());
    set_attribute(group, "error_units", "percent");
    const auto n_evaluated = static_cast<double>(evaluation.label.size());
    const Interval interval =
        wilson_95(functions::nearest(evaluation.error() / 100.0 * n_evaluated), n_evaluated);
    set_attribute(group, "error_low", interval.low);
    set_attribute(group, "error_high", interval.high);
    set_attribute(group, "error_interval", "95 % Wilson score interval, percent");
    set_attribute(group, "n_samples", std::uint64_t{evaluation.label.size()});
    hdf5::set_attribute_array<double>(group, "spike_rate", evaluation.spike_rate);
    hdf5::set_attribute_array<double>(group, "accumulates", evaluation.accumulates);
    hdf5::set_attribute_array<double>(group, "multiply_accumulates", evaluation.multiply_accumulates);

    // Not "label" and "prediction": an axis of that name would take the data set for its coordinate.
    const std::size_t n_labels = evaluation.n_labels(), n_samples = evaluation.label.size();
    const hdf5::Dataset sample = hdf5::create_dimension(group, "sample", n_samples);
    const hdf5::Dataset candidate =
        write_classes(group, "class", "label under which it was presented, or that was weighed", n_labels);
    const hdf5::Dataset truth = write_classes(group, "true_class", "true label", n_labels);
    const hdf5::Dataset predicted = write_classes(group, "predicted_class", "predicted label", n_labels);

    const std::array<hsize_t, 2> score_shape{n_samples, n_labels};
    const auto write_scores = [&](std::string_view name, std::string_view long_name, const Matrix& scores) {
        if (scores.empty()) return;
        const auto dataset = hdf5::write_array(group, name, score_shape, scores.values());
        set_attribute(dataset, "units", "1");
        set_attribute(dataset, "long_name", long_name);
        hdf5::attach_scale(dataset, 0, sample);
        hdf5::attach_scale(dataset, 1, candidate);
    };
    write_scores("goodness", evaluation.goodness_meaning, evaluation.goodness);
    write_scores("log_probability", "log-probability of each label by the read-out",
                 evaluation.log_probability);

    const auto prediction =
        hdf5::write_array(group, "prediction", std::span<const std::int32_t>{evaluation.prediction});
    set_attribute(prediction, "long_name", "predicted label");
    hdf5::attach_scale(prediction, 0, sample);
    const auto label = hdf5::write_array(group, "label", std::span<const std::int32_t>{evaluation.label});
    set_attribute(label, "long_name", "true label");
    hdf5::attach_scale(label, 0, sample);

    for (const Evaluation::OfPopulation& population : evaluation.populations)
        write_by_class(group, population);

    if (!evaluation.class_names.empty()) {
        const std::array<hsize_t, 1> n_names{evaluation.class_names.size()};
        const auto names = hdf5::write_texts(group, "class_name", n_names, evaluation.class_names);
        set_attribute(names, "long_name", "name of each class");
    }

    const std::vector<std::uint64_t> counts = evaluation.confusion();
    const std::array<hsize_t, 2> confusion_shape{n_labels, n_labels};
    const auto confusion =
        hdf5::write_array(group, "confusion", confusion_shape, std::span<const std::uint64_t>{counts});
    set_attribute(confusion, "units", "1");
    set_attribute(confusion, "long_name", "samples of each true label by predicted label");
    hdf5::attach_scale(confusion, 0, truth);
    hdf5::attach_scale(confusion, 1, predicted);
    s.flush();
}

void RunFileWriter::write_doubts(std::span<const std::string> doubts) {
    File& s = *file_;
    s.end_live();
    const hdf5::Group& all = s.section(s.evaluation, "evaluation", "NXcollection");
    set_attribute(all, "trouble", fmt::format("{}", fmt::join(doubts, "\n")));
}

}  // namespace snnff
