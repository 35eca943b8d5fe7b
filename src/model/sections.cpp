#include <fmt/format.h>

#include <algorithm>

#include "model/parts.hpp"

namespace snnff {
namespace {

constexpr std::string_view overlay_names[] = {"label", "none"};
constexpr std::string_view overlay_where_names[] = {"first", "appended", "auto"};
static_assert(static_cast<std::size_t>(LabelOverlay::Where::automatic) == 2);
constexpr std::string_view prediction_names[] = {"all", "after_first"};
constexpr std::string_view variable_names[] = {"membrane", "spikes", "current", "activation"};
constexpr std::string_view phase_names[] = {"positive", "negative", "neutral"};

std::size_t count(Options& options, const Key& key, std::int64_t fallback) {
    return static_cast<std::size_t>(options.integer(key, fallback, Bounds::at_least(0)));
}

bool has(const NeuronModel& neuron, std::string_view variable) {
    if (variable == "membrane") return neuron.offers(Reading::membrane);
    if (variable == "spikes") return neuron.spiking();
    if (variable == "activation") return neuron.offers(Reading::activation);
    return true;  // everything is driven by a current
}

void read_phases(Options& options, PlanSpec& plan) {
    constexpr double many = 10'000'000;
    constexpr std::string_view phases[] = {"interleaved", "separated"};
    plan.separate_phases =
        options.choice({"phases", "",
                        "interleaved: every update sees positives and negatives; separated: some updates see "
                        "positives alone, then as many negatives alone"},
                       "interleaved", phases) == 1;
    plan.phase_updates = options.integer(
        {"phase_updates", "updates",
         "updates of a population in one phase; 0: a whole epoch. For phases = \"separated\", in which an "
         "epoch shows every sample once, as a positive or a negative"},
        1, Bounds::between(0, many));
}

void check_phases(Options& root, const Options& options, const ModelSpec& model) {
    if (model.plan.phase_updates % model.plan.updates_per_batch != 0) {
        options.conflict("phase_updates", options, "updates_per_batch",
                         "a batch belongs to one phase; a multiple of it will do");
    }
    if (model.learning.loss != nullptr && !model.learning.loss->one_sided()) {
        const Options learning = learning_table(root);
        options.conflict(
            "phases", learning, "loss",
            "it compares the two samples of a pair, which separated phases do not show together; "
            "\"softplus\" takes each by itself");
    }
}

}  // namespace

void read_stimulus(Options& root, const Context& context, ModelSpec& model) {
    Options data = root.table({"data", "", "the samples to learn from and to be tested on"});
    model.data.reader =
        data.make_inline<DatasetReader>({"kind", "", "file format of the samples"}, "idx", context);
    model.data.n_train = count(data, {"n_train", "samples", "training samples to use; 0: all"}, 0);
    model.data.n_validation =
        count(data, {"n_validation", "samples", "training samples set aside to choose by; 0: none"}, 0);
    model.data.n_test = count(data, {"n_test", "samples", "test samples to use; 0: all"}, 0);
    model.data.augmentation.shift_pixels =
        data.integer({"shift_pixels", "pixels",
                      "training images are moved by up to this much each way, anew in every epoch"},
                     0, Bounds::between(0, 1000));
    model.data.augmentation.warp_pixels =
        data.number({"warp_pixels", "pixels",
                     "training images are warped smoothly by displacements of "
                     "this standard deviation, anew in every epoch"},
                    0.0, Bounds::between(0, 1000));
    model.data.augmentation.mirror = data.flag(
        {"mirror", "", "whether training images are turned left for right at random, anew in every epoch"},
        false);

    Options encoding = root.table({"encoding", "", "how a sample becomes an input in every time step"});
    model.data.encoding = encoding.make_inline<Encoding>(
        {"kind", "", "how values, the label's among them, become the first population's input"}, "constant",
        context);

    Options overlay = root.table({"overlay", "", "how a label is written into a sample"});
    const bool classes = model.learning.takes() == Loss::Takes::classes;
    const std::size_t kind = overlay.choice(
        {"kind", "",
         "label: n_labels inputs are 0 but for that of the label; none: samples stay as they are, the "
         "default where samples are presented with their class: under learning.rule = \"backprop\" and "
         "learning.loss = \"class_softmax\""},
        classes ? "none" : "label", overlay_names);
    model.data.overlay.enabled = overlay_names[kind] == "label";
    model.data.overlay.n_labels = static_cast<std::size_t>(
        overlay.integer({"n_labels", "labels", "how many classes there are"}, 10, Bounds::between(2, 256)));
    model.data.overlay_value_is_max = false;
    if (classes) return;
    model.data.overlay.where = static_cast<LabelOverlay::Where>(overlay.choice(
        {"where", "",
         "which inputs; first: those of the data, whatever they held; appended: further ones after its last; "
         "auto: appended, but for images in which those inputs are dark in every training sample"},
        "auto", overlay_where_names));
    const auto value = overlay.number_or(
        {"value", "", "what is written for the label; max: the largest value of the training data"}, "max");
    model.data.overlay_value_is_max = !value.has_value();
    model.data.overlay.value = static_cast<float>(value.value_or(1.0));
    model.data.overlay.smoothing = static_cast<float>(
        overlay.number({"smoothing", "",
                        "share s of the label's value that the other labels' inputs get: (1 - s) value for "
                        "the label, s value/(n_labels - 1) for each other one"},
                       0.0, Bounds::between(0.0, 1.0)));
    if (model.data.overlay.smoothing * static_cast<float>(model.data.overlay.n_labels) >=
        static_cast<float>(model.data.overlay.n_labels - 1)) {
        overlay.conflict("smoothing", overlay, "n_labels",
                         fmt::format("the label itself would get no more than the others; anything below {} "
                                     "leaves it more",
                                     static_cast<double>(model.data.overlay.n_labels - 1) /
                                         static_cast<double>(model.data.overlay.n_labels)));
    }

    Options negatives = root.table({"negatives", "", "what the network is to tell from real data"});
    model.data.negatives = negatives.make_inline<Negatives>(
        {"kind", "", "where negatives come from: wrong labels of real images, or images of another making"},
        "uniform_wrong", context);
    model.data.negatives_per_positive = static_cast<std::size_t>(negatives.integer(
        {"per_positive", "", "negatives of each sample in an update"}, 1, Bounds::between(1, 255)));
    const std::size_t most = model.data.negatives->most_per_sample(model.data.overlay.n_labels);
    if (model.data.negatives_per_positive > most) {
        negatives.conflict("per_positive", negatives, "kind",
                           fmt::format("there are {} different ones at most with overlay.n_labels = {}", most,
                                       model.data.overlay.n_labels));
    }
    const bool known = model.learning.loss != nullptr;  // a loss that could not be read may want neither
    if (known && model.data.overlay.enabled == model.data.negatives->makes_images()) {
        overlay.conflict(
            "kind", negatives, "kind",
            model.data.overlay.enabled
                ? "negatives that are images of their own need no label; overlay.kind = \"none\" "
                  "leaves it out"
                : "samples without a label in them are the same whether it is right or wrong; "
                  "overlay.kind = \"label\" writes it");
    }
}

void read_learning(Options& root, const Context& context, ModelSpec& model) {
    if (root.describing()) read_rule(root, context, model);
    Options learning = learning_table(root);
    model.learning.optimizer = learning.make<Optimizer>(
        {"optimizer", "", "how a gradient becomes a change of weights"}, "adam", context);
    model.learning.schedule = learning.make<Schedule>(
        {"schedule", "", "how the learning rate changes over a population's epochs"}, "constant", context);
    model.learning.rate =
        learning.number({"rate", "", "learning rate: size of a weight change"}, 0.001, Bounds::positive());
    model.learning.dropout = learning.number(
        {"dropout", "",
         "share of a population's inputs, after normalisation, that an update leaves out; the others grow to "
         "make up for it"},
        0.0, {.least = 0.0, .most = 1.0, .most_is_allowed = false});
    model.learning.weight_decay = learning.number(
        {"weight_decay", "", "pull of every weight (not bias) towards 0, as a factor on it in the gradient"},
        0.0, Bounds::at_least(0.0));
    model.learning.on_divergence = static_cast<OnDivergence>(learning.choice(
        {"on_divergence", "",
         "where a loss is not finite, or a population is dead, saturated or tells nothing apart for an "
         "epoch; "
         "auto: a loss that is not finite ends the run, of the others it warns; stop: each ends the run; "
         "skip: updates with such a loss are left out, with a warning; warn: they are made all the same"},
        "auto", on_divergence_names));
}

void read_plan(Options& root, ModelSpec& model) {
    constexpr double many = 10'000'000;
    PlanSpec& plan = model.plan;
    Options options = root.table({"plan", "", "in which order populations learn, and for how long"});
    plan.order = static_cast<PlanOrder>(options.choice(
        {"order", "",
         "simultaneous: all populations on every batch; layer_by_layer: all epochs of the first, then of the "
         "next; per_batch: on each batch some updates of the first, then of the next"},
        "simultaneous", plan_order_names));
    plan.epochs = options.integer({"epochs", "epochs", "how often a population sees the training samples"},
                                  20, Bounds::between(1, many));
    plan.episodes = options.integer({"episodes", "", "how often the whole plan is gone through"}, 1,
                                    Bounds::between(1, many));
    plan.updates_per_batch = options.integer(
        {"updates_per_batch", "updates",
         "updates of a population on one batch before the next one; for order = \"per_batch\""},
        1, Bounds::between(1, many));
    plan.batch_size =
        count(options, {"batch_size", "samples", "samples per update; 0: all of them in one batch"}, 100);
    plan.shuffle =
        options.flag({"shuffle", "", "whether every epoch takes the samples in a new order"}, true);
    if (model.learning.takes() == Loss::Takes::pairs) read_phases(options, plan);
    constexpr std::string_view kept[] = {"last", "best"};
    plan.keep_best = options.choice({"keep", "",
                                     "weights to end with: those of the last epoch, or of the one with the "
                                     "lowest validation error"},
                                    "last", kept) == 1;
    plan.patience = options.integer({"patience", "",
                                     "measurements in a row without a lower validation error before training "
                                     "ends; 0: never ends before its time"},
                                    0, Bounds::between(0, many));
    if (plan.updates_per_batch != 1 && plan.order != PlanOrder::per_batch) {
        options.conflict("updates_per_batch", options, "order",
                         "only plan.order = \"per_batch\" repeats updates on a batch");
    }
    if (plan.separate_phases) check_phases(root, options, model);
}

void read_prediction(Options& root, const PopulationTables& tables, ModelSpec& model) {
    if (model.learning.local()) {
        Options prediction = root.table({"prediction", "", "how a label is predicted"});
        const std::size_t layers = prediction.choice(
            {"layers", "", "populations whose goodness is summed for each label; the largest sum wins"},
            "all", prediction_names);
        model.prediction.first_population = prediction_names[layers] == "after_first" ? 1 : 0;
        if (model.prediction.first_population >= model.network.populations.size()) {
            Options all = root.table({"population", "", ""});
            prediction.conflict("layers", all, tables.front().first,
                                "it is the only population; a second one, or layers = \"all\", would do");
        }
        read_predictor(root, prediction, model);
    }

    Options evaluation = root.table({"evaluation", "", "how often errors are measured"});
    model.evaluation.every_n_epochs = evaluation.integer(
        {"every_n_epochs", "epochs", "epochs between two measurements of the error; 0: only after the last"},
        0, Bounds::at_least(0));
    model.evaluation.n_train =
        count(evaluation, {"n_train", "samples", "training samples to measure the error on; 0: all"}, 0);
    model.evaluation.test = evaluation.flag(
        {"test", "", "whether the test set is measured as often, too; nothing is chosen by it"}, false);
    Options plan = root.table({"plan", "", "in which order populations learn, and for how long"});
    for (const char* key : {"keep", "patience"}) {
        const bool wanted = *key == 'k' ? model.plan.keep_best : model.plan.patience > 0;
        if (wanted && model.evaluation.every_n_epochs == 0) {
            plan.conflict(key, evaluation, "every_n_epochs",
                          "the validation error has to be measured for it");
        }
        if (wanted && model.data.n_validation == 0) {
            Options data = root.table({"data", "", "the samples to learn from and to be tested on"});
            plan.conflict(key, data, "n_validation",
                          "it is chosen on samples set aside, never on the test set");
        }
    }
}

void read_recording(Options& root, const PopulationTables& tables, ModelSpec& model) {
    RecordingSpec& recording = model.recording;
    Options options = root.table({"recording", "", "what of the activity is kept in the run file"});
    recording.every_n_epochs =
        options.integer({"every_n_epochs", "epochs", "epochs between two recordings; 0: only after the last"},
                        0, Bounds::at_least(0));
    recording.populations =
        options.words({"populations", "", "names of those to record; none named: all"}, {});
    recording.variables =
        options.words({"variables", "", "what to record; none named: nothing"}, {}, variable_names);
    recording.samples = options.integers({"samples", "", "which test samples to present, counted from 0"},
                                         {0}, Bounds::at_least(0));
    recording.n_neurons = options.integer(
        {"n_neurons", "units", "how many units of each population, from the first; where neurons names none"},
        50, Bounds::between(1, 1'000'000));
    recording.neurons = options.integers({"neurons", "", "which units of each population, counted from 0"},
                                         {}, Bounds::at_least(0));
    recording.every_n_steps = options.integer(
        {"every_n_steps", "steps", "time steps between two recorded ones"}, 1, Bounds::between(1, 1'000'000));
    const bool labelled = model.data.overlay.enabled;
    recording.phases = options.words(
        {"phases", "",
         "which versions of a sample: with its own label, a wrong one, or none; samples into which no label "
         "is written have the last alone"},
        labelled ? std::vector<std::string>{"positive", "negative"} : std::vector<std::string>{"neutral"},
        phase_names);
    recording.labels = options.integers(
        {"labels", "", "labels under which samples are presented besides, whatever their own"}, {},
        Bounds::at_least(0));
    for (const std::int64_t label : recording.labels) {
        const auto n_labels = static_cast<std::int64_t>(model.data.overlay.n_labels);
        if (!labelled) {
            options.conflict("labels", root.table({"overlay", "", ""}), "kind",
                             "no label is written into samples");
        } else if (label >= n_labels) {
            options.reject("labels", fmt::format("names {}; there are 0 to {}", label, n_labels - 1));
        }
    }
    const auto is_neutral = [](const std::string& phase) { return phase == phase_names[2]; };
    if (!labelled && !std::ranges::all_of(recording.phases, is_neutral)) {
        options.conflict("phases", root.table({"overlay", "", ""}), "kind",
                         "without a label in it a sample has one version, \"neutral\"");
    }

    std::vector<std::string> names;
    for (const auto& [name, table] : tables) names.push_back(name);
    for (const std::string& name : recording.populations) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        const auto near = nearest(name, names);
        options.reject("populations",
                       fmt::format("names \"{}\", which is no population; {}", name,
                                   near ? fmt::format("did you mean \"{}\"?", *near)
                                        : fmt::format("there are {}", fmt::join(names, ", "))));
    }
    const auto recorded = [&](const std::string& name) {
        const auto& chosen = recording.populations;
        return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    };
    for (const std::string& variable : recording.variables) {
        const Options* without = nullptr;
        bool somewhere = false;
        for (std::size_t i = 0; i < tables.size(); ++i) {
            if (!recorded(tables[i].first)) continue;
            if (without == nullptr) without = &tables[i].second;
            somewhere = somewhere || has(*model.network.populations[i].neuron, variable);
        }
        if (!somewhere && without != nullptr) {
            options.conflict("variables", *without, "neuron",
                             fmt::format("no recorded population has \"{}\"", variable));
        }
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
        for (const std::int64_t neuron : recording.neurons) {
            if (!recorded(tables[i].first) ||
                neuron < static_cast<std::int64_t>(model.network.populations[i].n_units)) {
                continue;
            }
            options.conflict("neurons", tables[i].second, "size",
                             fmt::format("there is no unit {}, they are counted from 0", neuron));
        }
    }
}

}  // namespace snnff
