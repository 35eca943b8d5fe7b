#include "sim/model_parts.hpp"

namespace snnff {
namespace {

/// Throws where `table` gives a key that only Forward-Forward has a use for.
void refuse(const Options& table, std::string_view name, const Options& learning, std::string_view why) {
    if (table.given(name)) table.conflict(name, learning, "rule", why);
}

}  // namespace

Options learning_table(Options& root) { return root.table({"learning", "", "how weights change"}); }

void read_rule(Options& root, ModelSpec& model) {
    Options learning = learning_table(root);
    model.rule = static_cast<LearningRule>(learning.choice(
        {"rule", "",
         "forward_forward: every population learns from its own goodness; backprop: all learn from the "
         "softmax cross-entropy of what the last one answers to a sample without a label, spikes through "
         "their surrogate"},
        "forward_forward", learning_rule_names));
    if (model.rule != LearningRule::backprop) return;

    refuse(root, "negatives", learning, "it learns from labels and has no negative samples");
    refuse(root, "prediction", learning, "the label with the largest answer of the last population wins");
    const Options overlay = root.table({"overlay", "", ""});
    refuse(root, "readout", learning, "the last population is a read-out itself");
    refuse(overlay, "value", learning, "no label is written into samples");
    refuse(overlay, "smoothing", learning, "no label is written into samples");
    const Options plan = root.table({"plan", "", ""});
    refuse(plan, "phases", learning, "it has no negative samples to separate");
    refuse(plan, "phase_updates", learning, "it has no negative samples to separate");
    refuse(learning, "goodness", learning, "no goodness is measured");
    refuse(learning, "loss", learning, "its loss is the softmax cross-entropy");
    for (const auto& [name, table] : root.named_tables({"population", "", ""})) {
        refuse(table, "measure", learning, "no goodness is measured; \"output\" says what is passed on");
    }
}

void check_dropout(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    if (model.rule == LearningRule::backprop || !(model.dropout > 0.0)) return;
    for (std::size_t k = 0; k + 1 < model.populations.size(); ++k) {
        if (model.populations[k].output != Readout::spikes) continue;
        tables[k].second.conflict(
            "output", learning_table(root), "dropout",
            "spikes of a train are not left out; another output, or no dropout, would do");
    }
}

void check_backprop(Options& root, const PopulationTables& tables, const ModelSpec& model) {
    if (model.rule != LearningRule::backprop) return;
    const Options learning = learning_table(root);
    const Options overlay = root.table({"overlay", "", ""}), plan = root.table({"plan", "", ""});
    if (model.overlay.enabled) {
        overlay.conflict(
            "kind", learning, "rule",
            "the network would be told what it is to find out; overlay.kind = \"none\" would do");
    }
    if (model.plan.order != PlanOrder::simultaneous) {
        plan.conflict("order", learning, "rule", "all populations learn at once; \"simultaneous\" would do");
    }
    const PopulationSpec& last = model.populations.back();
    const Options& table = tables.back().second;
    if (last.n_units != model.overlay.n_labels) {
        table.conflict("size", overlay, "n_labels",
                       "under learning.rule = \"backprop\" the last population has a unit for each label");
    }
    if (last.output == Readout::spikes) {
        table.conflict("output", learning, "rule",
                       "the last population answers with one number per label; \"rate\", \"count\", "
                       "\"membrane\" or \"membrane_mean\" would do");
    }
}

}  // namespace snnff
