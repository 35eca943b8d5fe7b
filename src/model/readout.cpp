// [readout], and what predicts by it.
#include <fmt/format.h>

#include "model/parts.hpp"

namespace snnff {
namespace {

constexpr std::string_view kind_names[] = {"none", "softmax"};
constexpr std::string_view layers_names[] = {"all", "after_first"};
constexpr std::string_view meaning =
    "a classifier on what the populations answer, trained once they have learnt";

}  // namespace

void read_readout_section(Options& root, const Context& context, const PopulationTables& tables,
                          ModelSpec& model) {
    constexpr double many = 10'000'000;
    if (!model.learning.local()) return;
    ReadoutSpec& readout = model.readout;
    Options options = root.table({"readout", "", meaning});
    readout.softmax = options.choice({"kind", "",
                                      "softmax: softmax regression on the outputs of populations under no "
                                      "label (a tenth on every label where labels are written into samples)"},
                                     "none", kind_names) == 1;
    const bool after_first =
        options.choice({"layers", "", "populations whose outputs it sees, one after the other"}, "all",
                       layers_names) == 1;
    readout.first_population = after_first ? 1 : 0;
    readout.normalisation = options.make_inline<Normalisation>(
        {"normalisation", "", "of each population's output"}, "none", context);
    readout.standardise = options.flag(
        {"standardise", "",
         "whether features are shifted and scaled by one mean and one standard deviation: those of the batch "
         "while it learns, those of all training samples when it predicts"},
        true);
    readout.epochs = options.integer({"epochs", "epochs", "how often it sees the training samples"}, 10,
                                     Bounds::between(1, many));
    readout.batch_size = static_cast<std::size_t>(
        options.integer({"batch_size", "samples", "samples per update; 0: all of them in one batch"}, 100,
                        Bounds::at_least(0)));
    readout.rate =
        options.number({"rate", "", "learning rate: size of a weight change"}, 0.005, Bounds::positive());
    readout.weight_decay = options.number(
        {"weight_decay", "", "pull of every weight (not bias) towards 0, as a factor on it in the gradient"},
        0.0, Bounds::at_least(0.0));
    readout.optimizer = options.make<Optimizer>(
        {"optimizer", "", "how a gradient becomes a change of weights"}, "adam", context);
    readout.schedule = options.make<Schedule>(
        {"schedule", "", "how the learning rate changes over its epochs"}, "constant", context);

    if (!readout.softmax) return;
    if (readout.first_population >= tables.size()) {
        Options all = root.table({"population", "", ""});
        options.conflict("layers", all, tables.front().first,
                         "it is the only population; a second one, or layers = \"all\", would do");
    }
    for (std::size_t k = readout.first_population; k < tables.size(); ++k) {
        if (model.network.populations[k].output != Reading::spikes) continue;
        options.conflict("kind", tables[k].second, "output",
                         "a read-out takes one number per unit; output = \"rate\" or \"count\" would do");
    }
}

void read_predictor(Options& root, Options& prediction, ModelSpec& model) {
    const std::size_t by = prediction.choice(
        {"by", "",
         "goodness: the label under which goodness is largest, or the class of which it is; head: the "
         "read-out's most probable label, under no label in the sample; both: the largest sum of "
         "log-probabilities, that by goodness being "
         "log softmax(alpha goodness), alpha = 1 for softplus"},
        "goodness", predict_by_names);
    model.prediction.by = static_cast<PredictBy>(by);
    const bool needs_head = model.prediction.by != PredictBy::goodness;
    if (needs_head && !model.readout.softmax) {
        Options readout = root.table({"readout", "", meaning});
        prediction.conflict("by", readout, "kind",
                            "there is no read-out; readout.kind = \"softmax\" makes one");
    }
    const bool under_labels =
        model.learning.takes() == Loss::Takes::pairs && model.prediction.by != PredictBy::head;
    if (under_labels && !model.data.overlay.enabled) {
        Options overlay = root.table({"overlay", "", "how a label is written into a sample"});
        prediction.conflict("by", overlay, "kind",
                            "goodness under a label needs the label in the sample; \"head\" does without");
    }
}

}  // namespace snnff
