#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "model/parts.hpp"

namespace snnff {
namespace {

/// What stands beside the populations in a run file's /evaluation.
constexpr std::string_view names_of_results[] = {
    "class",      "class_name",      "confusion",       "goodness",   "label",
    "prediction", "log_probability", "predicted_class", "true_class", "sample"};

/// Throws where `table` gives a key for which what `of_learning` chooses has no use.
void refuse(const Options& table, std::string_view name, const Options& learning, std::string_view why,
            std::string_view of_learning = "rule") {
    if (table.given(name)) table.conflict(name, learning, of_learning, why);
}

/// The key that says that samples are presented as they are, with their class.
std::string_view key_of_classes(const ModelSpec& model) { return model.learning.local() ? "loss" : "rule"; }

/// Refuses the keys of what only right and wrong labels need.
void refuse_keys_of_pairs(Options& root, const Options& learning, const ModelSpec& model) {
    const std::string_view by = key_of_classes(model);
    refuse(root, "negatives", learning, "it learns from labels and has no negative samples", by);
    const Options overlay = root.table({"overlay", "", ""});
    for (const char* key : {"value", "smoothing", "where"})
        refuse(overlay, key, learning, "no label is written into samples", by);
    const Options plan = root.table({"plan", "", ""});
    for (const char* key : {"phases", "phase_updates"})
        refuse(plan, key, learning, "it has no negative samples to separate", by);
}

}  // namespace

Options learning_table(Options& root) { return root.table({"learning", "", "how weights change"}); }

void read_rule(Options& root, const Context& context, ModelSpec& model) {
    Options learning = learning_table(root);
    const auto rules = kinds<LearningRule>();
    const std::size_t rule = learning.choice(
        {"rule", "",
         "forward_forward: every population learns from its own goodness; backprop: all learn from the "
         "softmax cross-entropy of what the last one answers to a sample without a label, spikes through "
         "their surrogate"},
        "forward_forward", rules.names());
    model.learning.rule = rules.make(rule, learning, context);
    if (model.learning.local()) {
        model.learning.goodness = learning.make<Goodness>(
            {"goodness", "", "what is high for real samples, from a population's own response"},
            "mean_square", context);
        model.learning.loss = learning.make<Loss>(
            {"loss", "", "what a goodness that is too low or too high costs"}, "swish", context);
    }
    if (model.learning.takes() == Loss::Takes::classes) refuse_keys_of_pairs(root, learning, model);
    if (model.learning.local()) return;

    refuse(root, "prediction", learning, "the label with the largest answer of the last population wins");
    refuse(root, "readout", learning, "the last population is a read-out itself");
    refuse(learning, "goodness", learning, "no goodness is measured");
    refuse(learning, "loss", learning, "its loss is the softmax cross-entropy");
    for (const auto& [name, table] : root.named_tables({"population", "", ""})) {
        refuse(table, "measure", learning, "no goodness is measured; \"output\" says what is passed on");
    }
}

void check_scores(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    const bool classes = model.learning.takes() == Loss::Takes::classes;
    const Options learning = learning_table(root);
    const Options overlay = root.table({"overlay", "", ""});
    if (classes && model.data.overlay.enabled) {
        overlay.conflict(
            "kind", learning, key_of_classes(model),
            "the network would be told what it is to find out; overlay.kind = \"none\" would do");
    }
    if (!model.learning.goodness) return;
    const std::size_t n_scores = model.n_scores();
    if (classes && n_scores != model.data.overlay.n_labels) {
        learning.conflict(
            "goodness", learning, "loss",
            "it compares the goodness of each class, which takes groups of units that stand for "
            "classes; goodness = \"class_groups\" has them");
    }
    if (!classes && n_scores != 1) {
        learning.conflict("goodness", learning, "loss",
                          "it takes one goodness of each sample, not one for each class; loss = "
                          "\"class_softmax\" compares classes");
    }
    for (std::size_t k = 0; classes && k < tables.size(); ++k) {
        const std::string& name = tables[k].first;
        if (std::ranges::find(names_of_results, name) == std::end(names_of_results)) continue;
        tables[k].second.conflict(
            "size", learning, "loss",
            fmt::format("under it the run file tells of each population in /evaluation, where \"{}\" is "
                        "something else; any other name will do",
                        name));
    }
    for (std::size_t k = 0; k < tables.size(); ++k) {
        if (model.network.populations[k].n_units >= n_scores) continue;
        tables[k].second.conflict(
            "size", overlay, "n_labels",
            fmt::format("every class has a group of units; {} units, or a multiple, would do", n_scores));
    }
}

void check_groups(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    const Options learning = learning_table(root);
    for (std::size_t k = 0; k < tables.size(); ++k) {
        if (!model.network.populations[k].normalisation->replaces()) continue;
        const Options& table = tables[k].second;
        if (!model.learning.local()) {
            table.conflict("normalisation", learning, "rule",
                           "back-propagation has no groups of units, and no way back through them; \"rms\", "
                           "\"l2\" or \"none\" would do");
        }
        if (k == 0) {
            table.reject("normalisation",
                         "is of the first population, and data have no groups of units; \"rms\" would do");
        }
        if (model.n_scores() == 1) {
            table.conflict("normalisation", learning, "goodness",
                           "only a goodness of groups, like \"class_groups\", cuts units into groups; "
                           "\"rms\" would do");
        }
        if (model.network.populations[k - 1].n_units < 2 * model.n_scores()) {
            table.conflict("normalisation", tables[k - 1].second, "size",
                           fmt::format("a group of a single unit becomes 0 by it; {} units, or \"rms\", "
                                       "would do",
                                       2 * model.n_scores()));
        }
    }
    if (!model.readout.softmax || !model.readout.normalisation->replaces() || model.n_scores() > 1) return;
    const Options readout = root.table({"readout", "", ""});
    readout.conflict("normalisation", learning, "goodness",
                     "only a goodness of groups, like \"class_groups\", cuts units into groups; \"rms\" "
                     "would do");
}

void check_dropout(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    if (!model.learning.local() || !(model.learning.dropout > 0.0)) return;
    for (std::size_t k = 0; k + 1 < model.network.populations.size(); ++k) {
        if (model.network.populations[k].output != Reading::spikes) continue;
        tables[k].second.conflict(
            "output", learning_table(root), "dropout",
            "spikes of a train are not left out; another output, or no dropout, would do");
    }
}

void check_backprop(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    if (model.learning.local()) return;
    const Options learning = learning_table(root);
    const Options overlay = root.table({"overlay", "", ""}), plan = root.table({"plan", "", ""});
    if (model.plan.order != PlanOrder::simultaneous) {
        plan.conflict("order", learning, "rule", "all populations learn at once; \"simultaneous\" would do");
    }
    const PopulationSpec& last = model.network.populations.back();
    const Options& table = tables.back().second;
    if (last.n_units != model.data.overlay.n_labels) {
        table.conflict("size", overlay, "n_labels",
                       "under learning.rule = \"backprop\" the last population has a unit for each label");
    }
    if (last.output == Reading::spikes) {
        table.conflict("output", learning, "rule",
                       "the last population answers with one number per label; \"rate\", \"count\", "
                       "\"membrane\" or \"membrane_mean\" would do");
    }
}

}  // namespace snnff
