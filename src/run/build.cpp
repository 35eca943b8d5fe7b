#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/float_environment.hpp"
#include "core/memory.hpp"
#include "data/input_facts.hpp"
#include "data/label_field.hpp"
#include "data/presentations.hpp"
#include "run/class_words.hpp"
#include "run/doubts.hpp"
#include "snnff/error.hpp"
#include "snnff/nir.hpp"
#include "snnff/recorder.hpp"
#include "snnff/training.hpp"

namespace snnff {
namespace {

/// Moves the last n samples of `from` into a data set of their own.
Dataset split_off(Dataset& from, std::size_t n) {
    Dataset part;
    const std::size_t kept = from.size() - n;
    if (from.series) {
        part.series = from.series;
        part.first_in_series = from.first_in_series + kept;
    } else {
        part.x.resize(n, from.n_inputs());
        std::copy_n(from.x.data() + kept * from.n_inputs(), part.x.size(), part.x.data());
        from.x.resize(kept, from.n_inputs());
    }
    part.label.assign(from.label.begin() + static_cast<std::ptrdiff_t>(kept), from.label.end());
    part.class_names = from.class_names;
    part.input_names = from.input_names;
    part.files = from.files;
    part.image_rows = from.image_rows;
    part.image_cols = from.image_cols;
    part.background = from.background;
    from.label.resize(kept);
    if (!from.negative_label.empty()) {
        part.negative_label.assign(from.negative_label.begin() + static_cast<std::ptrdiff_t>(kept),
                                   from.negative_label.end());
        from.negative_label.resize(kept);
    }
    return part;
}

/// What would do for labels that are not 0 to n_labels - 1.
std::string way_out(const ModelSpec& model, const std::vector<std::int32_t>& labels) {
    const auto [least, most] = std::ranges::minmax(labels);
    const auto n_labels = static_cast<std::int64_t>(model.data.overlay.n_labels);
    const Node* data = model.resolved.find("data");
    const Node* node = data != nullptr ? data->find("first_label") : nullptr;
    const auto* first_label = node != nullptr ? std::get_if<std::int64_t>(&node->value) : nullptr;
    if (first_label != nullptr && least > 0 && std::int64_t{most} - least < n_labels)
        return fmt::format("; data.first_label = {} would do", *first_label + least);
    std::vector<std::size_t> there(labels.begin(), labels.end());
    std::ranges::sort(there);
    there.erase(std::unique(there.begin(), there.end()), there.end());
    // Labels far apart would make a class of every number between them.
    if (first_label != nullptr && data->find("classes") != nullptr && least >= 0 && there.size() > 1 &&
        there.size() <= there.back() / 2) {
        return fmt::format(
            "; there are {} different ones: data.classes = [{}] with overlay.n_labels = {}, or labels "
            "counted "
            "0, 1, 2, would do",
            there.size(), names_for(there, class_words(model, {})), there.size());
    }
    return fmt::format("; overlay.n_labels = {} would do", most + 1);
}

void check_labels(const Dataset& dataset, const ModelSpec& model, const std::vector<std::int32_t>& labels,
                  const char* what) {
    const std::size_t n_labels = model.data.overlay.n_labels;
    const std::string where = dataset.files.empty() ? "data" : dataset.files.back().path.string();
    if (dataset.class_names.size() > n_labels) {
        throw DataError(
            fmt::format("{}: has {} classes, from \"{}\" to \"{}\", but overlay.n_labels = {}; "
                        "overlay.n_labels = {} would do",
                        where, dataset.class_names.size(), dataset.class_names.front(),
                        dataset.class_names.back(), n_labels, dataset.class_names.size()));
    }
    for (std::size_t s = 0; s < labels.size(); ++s) {
        if (labels[s] >= 0 && static_cast<std::size_t>(labels[s]) < n_labels) continue;
        // Labels of negatives are not what these keys are chosen by.
        const bool true_ones = &labels == &dataset.label;
        throw DataError(fmt::format("{}: {} of sample {} is {}, but overlay.n_labels = {} allows 0 to {}{}",
                                    where, what, s, labels[s], n_labels, n_labels - 1,
                                    true_ones ? way_out(model, labels) : ""));
    }
}

/// The names that labels turned out to have are the model's from here on: the same name is the same class
/// wherever the network is tried.
void keep_class_names(const Dataset& train, ModelSpec& model) {
    if (train.class_names.empty()) return;
    Node::Array names;
    for (const std::string& name : train.class_names) names.push_back(Node{name, {}});
    Node& classes = model.resolved.at_path("data.classes", {});
    const auto* given = std::get_if<Node::Array>(&classes.value);
    // Names that the model gives are names of numbers, too; those that files have are not.
    if (given == nullptr || given->empty()) model.resolved.at_path("data.named_labels", {}).value = true;
    model.resolved.at_path("data.classes", {}).value = std::move(names);
}

std::string name_of(const Dataset& dataset) {
    return dataset.files.empty() ? "data" : dataset.files.front().path.string();
}

float largest(const Dataset& dataset) {
    return dataset.series ? dataset.series->largest() : std::ranges::max(dataset.x.values());
}
float smallest(const Dataset& dataset) {
    return dataset.series ? dataset.series->smallest() : std::ranges::min(dataset.x.values());
}

void check_training_data(const Dataset& train, const ModelSpec& model) {
    const std::string where = name_of(train);
    if (train.size() == 0) throw DataError(where + ": no training sample; at least one is needed");
    if (model.data.augmentation.any() && train.image_rows == 0) {
        throw DataError(
            fmt::format("{}: samples are no images, which data.shift_pixels = {}, data.warp_pixels = {} and "
                        "data.mirror = {} would change; IDX files have images",
                        where, model.data.augmentation.shift_pixels, model.data.augmentation.warp_pixels,
                        model.data.augmentation.mirror));
    }
}

Dataset read_test(const ModelSpec& model, const Dataset& train) {
    const std::size_t n_inputs = train.n_inputs();
    if (!model.data.reader->has(DatasetReader::Split::test)) return {};
    Dataset test = model.data.reader->read(DatasetReader::Split::test, model.data.n_test);
    if (test.size() < model.data.n_test) {
        throw DataError(fmt::format("{}: data.n_test = {} samples asked for, {} there", name_of(test),
                                    model.data.n_test, test.size()));
    }
    align_inputs(test, train.input_names);
    if (test.size() > 0 && test.n_inputs() != n_inputs) {
        throw DataError(fmt::format("{}: test samples have {} inputs, training samples {}",
                                    test.files.front().path.string(), test.n_inputs(), n_inputs));
    }
    align_classes(test, train.class_names);
    return test;
}

/// As the model calls it; the path itself where the model does not.
std::filesystem::path given_path(const std::vector<GivenFile>& given, const std::filesystem::path& path) {
    std::filesystem::path best = path;
    std::size_t n_matched = 0;
    for (const GivenFile& file : given) {
        const std::filesystem::path rest = path.lexically_relative(file.path);
        if (rest.empty() || *rest.begin() == "..") continue;
        if (const std::size_t n = file.path.native().size(); n > n_matched) {
            n_matched = n;
            best = rest == "." ? std::filesystem::path(file.name) : file.name / rest;
        }
    }
    return best;
}

/// All files of an experiment by role, each file once for a role.
std::vector<DataFile> files_of(const ModelSpec& model, const Dataset& train, const Dataset& validation,
                               const Dataset& test) {
    std::vector<DataFile> files;
    const auto add = [&](const char* role, DataFile file) {
        file.role = role;
        file.path = given_path(model.given_files, file.path);
        if (std::ranges::find(files, file) == files.end()) files.push_back(std::move(file));
    };
    for (const DataFile& file : train.files) add("train", file);
    for (const DataFile& file : validation.files) add("validation", file);
    for (const DataFile& file : test.files) add("test", file);
    for (const PopulationSpec& spec : model.network.populations) {
        if (std::optional<DataFile> file = spec.init->file()) add("initial weights", *std::move(file));
    }
    return files;
}

/// From here on the resolved model says where labels are, whatever other data are shown to the network.
void settle_label_place(ModelSpec& model, const Dataset& train) {
    if (!model.data.overlay.enabled || model.data.overlay.where != LabelOverlay::Where::automatic) return;
    model.data.overlay.where = label_place(train, model.data.overlay);
    const bool first = model.data.overlay.where == LabelOverlay::Where::first;
    model.resolved.at_path("overlay.where", {}).value = std::string(first ? "first" : "appended");
}

/// Kinds whose slopes are exact under a constant current alone learn from nothing that varies: neither their
/// input nor, under back-propagation, a train of their own that the next population answers for.
void check_slopes(const ModelSpec& model, const Dataset& train) {
    bool by_step = train.series || !model.data.encoding->constant();
    for (std::size_t k = 0; k < model.network.populations.size(); ++k) {
        const PopulationSpec& spec = model.network.populations[k];
        const bool sends_train = spec.output == Reading::spikes;
        std::string_view remedy;
        if (by_step)
            remedy = k == 0 ? "encoding.kind = \"constant\" of data without steps"
                            : "another output of the population before it";
        else if (sends_train && !model.learning.local())
            remedy = "another output than \"spikes\"";
        if (!remedy.empty() && !spec.neuron->exact_by_step()) {
            throw ModelError(
                fmt::format("{}: population.{}.neuron = \"{}\" has slopes under a constant current only, not "
                            "step by step; "
                            "{} would do",
                            model.path.string(), spec.name, spec.neuron->kind(), remedy));
        }
        by_step = sends_train;
    }
}

void check_fits(const Experiment& experiment) {
    const auto wanted = static_cast<double>(estimated_memory(experiment));
    const auto limit = static_cast<double>(attainable_memory());
    if (wanted <= limit) return;
    throw ModelError(
        fmt::format("{}: training would take about {}, and it can have {} here; a smaller plan.batch_size, "
                    "data.n_train or population would do",
                    experiment.model.path.string(), gibibytes(wanted), gibibytes(limit)));
}

}  // namespace

void prepare(Dataset& dataset, const ModelSpec& model) {
    const FloatEnvironment environment;
    if (dataset.size() == 0) return;
    check_labels(dataset, model, dataset.label, "label");
    dataset.facts = input_facts(dataset, model.data.overlay.n_labels, model.network.time.steps);
    const float label = model.data.overlay.enabled ? model.data.overlay.value : smallest(dataset);
    model.data.encoding->check(name_of(dataset), dataset.series != nullptr,
                               std::min(label, smallest(dataset)), std::max(label, largest(dataset)));
    if (model.data.overlay.enabled) make_label_field(dataset, model.data.overlay);
}

Experiment build(ModelSpec model) {
    const FloatEnvironment environment;
    const bool with_limit = model.data.n_train > 0;
    Dataset train = model.data.reader->read(DatasetReader::Split::train,
                                            with_limit ? model.data.n_train + model.data.n_validation : 0);
    check_training_data(train, model);
    check_slopes(model, train);
    Dataset validation;
    if (model.data.n_validation > 0) {
        if (model.data.n_validation >= train.size()) {
            throw DataError(
                fmt::format("{}: data.n_validation = {} leaves nothing to train on: the file has {} samples",
                            train.files.front().path.string(), model.data.n_validation, train.size()));
        }
        validation = split_off(train, model.data.n_validation);
    }
    if (with_limit && train.size() < model.data.n_train) {
        throw DataError(fmt::format("{}: data.n_train = {} samples asked for, {} there",
                                    train.files.front().path.string(), model.data.n_train, train.size()));
    }
    keep_class_names(train, model);
    Dataset test = read_test(model, train);
    if (model.data.overlay_value_is_max) {
        model.data.overlay.value = largest(train);
        model.resolved.at_path("overlay.value", {}).value = static_cast<double>(model.data.overlay.value);
    }
    settle_label_place(model, train);
    std::vector<std::string> doubts;
    for (const Dataset* dataset : {&train, &test}) {
        for (std::string& doubt : doubts_about_set(*dataset)) doubts.push_back(std::move(doubt));
    }
    for (std::string& doubt : doubts_about_overlay(model, train)) doubts.push_back(std::move(doubt));
    for (std::string& doubt : doubts_about_shared_samples(train, test, model.network.time.steps))
        doubts.push_back(std::move(doubt));
    for (Dataset* dataset : {&train, &validation, &test}) prepare(*dataset, model);
    check_labels(train, model, train.negative_label, "negative label");
    if (model.data.negatives) model.data.negatives->check(train, model.data.overlay.n_labels);
    Network network = make_network(model, train.n_inputs());
    std::vector<DataFile> files = files_of(model, train, validation, test);
    std::vector<std::string> notes;
    std::vector<RowPlace> row;
    for (std::size_t k = 0; k < model.network.populations.size(); ++k) {
        const Population& population = network.populations[k];
        const Remarks remarks = model.network.populations[k].init->remarks(population);
        notes.insert(notes.end(), remarks.notes.begin(), remarks.notes.end());
        doubts.insert(doubts.end(), remarks.doubts.begin(), remarks.doubts.end());
        row.push_back(
            {population.name, std::string(population.neuron->kind()), population.output, remarks.place});
    }
    for (std::string& doubt : doubts_about_row(row, network.time.steps)) doubts.push_back(std::move(doubt));
    Experiment experiment{std::move(model),   std::move(train), std::move(validation), std::move(test),
                          std::move(network), std::move(files), std::move(doubts),     std::move(notes)};
    check_recording(experiment);
    for (std::string& doubt : doubts_about_data(experiment)) experiment.doubts.push_back(std::move(doubt));
    check_fits(experiment);
    return experiment;
}

}  // namespace snnff
