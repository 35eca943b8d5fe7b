// What is meant by a key that is unknown where it stands.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "core/options_check.hpp"

namespace snnff {
namespace {

/// A path of the model ("population.hidden1.beta") against one of the documentation
/// ("population.*.beta").
bool matches(std::string_view path, std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return path == pattern;
    const std::string_view head = pattern.substr(0, star), tail = pattern.substr(star + 1);
    return path.size() > head.size() + tail.size() && path.starts_with(head) && path.ends_with(tail) &&
           path.substr(head.size(), path.size() - head.size() - tail.size()).find('.') ==
               std::string_view::npos;
}

/// Whether the documentation has a value at that path; a kind may be given as { kind = "..." }.
bool is_key(std::string_view path, std::span<const KeyDoc> every_key) {
    return std::ranges::any_of(every_key, [&](const KeyDoc& doc) {
        if (doc.type == KeyDoc::Type::table) return false;
        if (matches(path, doc.path)) return true;
        const bool names_kind = doc.type == KeyDoc::Type::kind && path.ends_with(".kind");
        return names_kind && matches(path.substr(0, path.rfind('.')), doc.path);
    });
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// "the neuron "lif" has it" for a key that another kind knows; empty where none does.
std::string of_another_kind(const std::string& path, std::span<const KeyDoc> every_key) {
    std::string kinds, slot;
    for (const KeyDoc& doc : every_key) {
        if (doc.only_for.empty() || !matches(path, doc.path)) continue;
        slot = last_part(doc.only_for.back().first);
        kinds += fmt::format("{}\"{}\"", kinds.empty() ? "" : " or ", doc.only_for.back().second);
    }
    return kinds.empty() ? "" : fmt::format("it goes with {} = {}", slot, kinds);
}

/// What other tools, and people, call a key that has another name here.
struct Synonym {
    std::string_view word, path;
};
constexpr auto synonyms = std::to_array<Synonym>({
    {"lr", "learning.rate"},
    {"learning_rate", "learning.rate"},
    {"eta", "learning.rate"},
    {"scheduler", "learning.schedule"},
    {"lr_scheduler", "learning.schedule"},
    {"l2", "learning.weight_decay"},
    {"dropout_rate", "learning.dropout"},
    {"p_dropout", "learning.dropout"},
    {"criterion", "learning.loss"},
    {"n_epochs", "plan.epochs"},
    {"num_epochs", "plan.epochs"},
    {"max_epochs", "plan.epochs"},
    {"batchsize", "plan.batch_size"},
    {"batch", "plan.batch_size"},
    {"minibatch_size", "plan.batch_size"},
    {"early_stopping", "plan.patience"},
    {"layers", "population.*.size"},
    {"layer_sizes", "population.*.size"},
    {"hidden", "population.*.size"},
    {"hidden_size", "population.*.size"},
    {"hidden_sizes", "population.*.size"},
    {"n_hidden", "population.*.size"},
    {"num_hidden", "population.*.size"},
    {"units", "population.*.size"},
    {"n_units", "population.*.size"},
    {"n_neurons", "population.*.size"},
    {"num_neurons", "population.*.size"},
    {"activation", "population.*.neuron"},
    {"neuron_type", "population.*.neuron"},
    {"tau", "population.*.tau_mem_ms"},
    {"tau_mem", "population.*.tau_mem_ms"},
    {"tau_m", "population.*.tau_mem_ms"},
    {"num_steps", "time.steps"},
    {"n_steps", "time.steps"},
    {"timesteps", "time.steps"},
    {"time_steps", "time.steps"},
    {"T", "time.steps"},
    {"dt", "time.dt_ms"},
    {"timestep", "time.dt_ms"},
    {"n_classes", "overlay.n_labels"},
    {"num_classes", "overlay.n_labels"},
    {"classes", "overlay.n_labels"},
    {"dataset", "data.folder"},
    {"data_dir", "data.folder"},
    {"path", "data.folder"},
    {"root", "data.folder"},
    {"train_size", "data.n_train"},
    {"test_size", "data.n_test"},
    {"val_size", "data.n_validation"},
    {"validation_split", "data.n_validation"},
    {"random_seed", "seed"},
    {"random_state", "seed"},
});

/// Words that mean something of their own in and below one table, whatever is spelt alike there or has that
/// name elsewhere.
struct LocalSynonym {
    std::string_view table, word, path;
};
constexpr auto local_synonyms = std::to_array<LocalSynonym>({
    {"learning", "threshold", "learning.loss.theta"},
    {"learning", "goodness_threshold", "learning.loss.theta"},
    {"learning", "dropout_rate", "learning.dropout"},
    {"learning", "p_dropout", "learning.dropout"},
});

std::string local_synonym_of(std::string_view path, std::string_view key, std::span<const KeyDoc> every_key) {
    const std::string_view table = path.substr(0, path.find('.'));
    const auto found = std::ranges::find_if(local_synonyms, [&](const LocalSynonym& synonym) {
        return synonym.table == table && synonym.word == key;
    });
    if (found == local_synonyms.end() || !is_documented(found->path, every_key)) return "";
    std::string kinds = of_another_kind(std::string(found->path), every_key);
    return fmt::format("it is {} here{}{}", found->path, kinds.empty() ? "" : ", and ", kinds);
}

/// The path as a user would write it.
std::string written(std::string_view path) {
    const std::size_t star = path.find('*');
    if (star == std::string_view::npos) return std::string(path);
    return fmt::format("{}NAME{}", path.substr(0, star), path.substr(star + 1));
}

/// Keys of that name in other tables: those that every model has, else those of some kind.
struct Elsewhere {
    std::vector<std::string> paths;
    bool in_every_model = true;
};
Elsewhere elsewhere(const std::string& path, const std::string& key, std::span<const KeyDoc> every_key) {
    constexpr std::size_t most = 3;
    std::vector<std::string> always, sometimes;
    for (const KeyDoc& doc : every_key) {
        if (doc.type == KeyDoc::Type::table || last_part(doc.path) != key) continue;
        if (matches(path.empty() ? key : path + "." + key, doc.path)) continue;
        auto& list = doc.only_for.empty() ? always : sometimes;
        std::string place = written(doc.path);
        if (std::ranges::find(list, place) == list.end()) list.push_back(std::move(place));
    }
    Elsewhere found{always.empty() ? sometimes : always, !always.empty()};
    if (found.paths.size() > most) found.paths.resize(most);
    return found;
}

std::string lives_at(const std::vector<std::string>& paths) {
    std::string text = "it is " + paths.front() + " here";
    if (paths.size() > 1) {
        text += fmt::format(" (there is {}, too)", fmt::join(paths.begin() + 1, paths.end(), ", "));
    }
    if (paths.front().find('.') == std::string::npos) text += ", above the first [table]";
    return text;
}

std::string synonym_of(const std::string& key, std::span<const KeyDoc> every_key) {
    const auto found = std::ranges::find(synonyms, std::string_view(key), &Synonym::word);
    if (found == synonyms.end() || every_key.empty()) return "";
    return fmt::format("it is {} here", written(found->path)) +
           (found->path.find('.') == std::string_view::npos ? ", above the first [table]" : "");
}

/// Of `plan.epochs = 3` below [population.h], which TOML takes for population.h.plan.epochs.
std::string dotted_below_a_header(const std::string& path, const std::string& key, const Node& value,
                                  std::span<const KeyDoc> every_key) {
    if (path.empty() || !value.is_table()) return "";
    for (const auto& [below, leaf] : leaves_of(value)) {
        const std::string whole = key + "." + below;
        if (!is_documented(whole, every_key)) continue;
        const std::size_t point = whole.rfind('.');
        return fmt::format(
            "below [{0}] TOML takes {1} for {0}.{1}; it is meant above the first [table], or as {2} below "
            "[{3}]",
            path, whole, whole.substr(point + 1), whole.substr(0, point));
    }
    return "";
}

}  // namespace

bool is_documented(std::string_view path, std::span<const KeyDoc> every_key) {
    return std::ranges::any_of(every_key, [&](const KeyDoc& doc) {
        return matches(path, doc.path) ||
               (doc.path.size() > path.size() && doc.path.starts_with(path) && doc.path[path.size()] == '.');
    });
}

std::vector<std::pair<std::string, const Node*>> leaves_of(const Node& table) {
    std::vector<std::pair<std::string, const Node*>> leaves;
    for (const auto& [key, value] : std::get<Node::Table>(table.value)) {
        if (!value.is_table()) {
            leaves.emplace_back(key, &value);
            continue;
        }
        for (const auto& [below, leaf] : leaves_of(value)) leaves.emplace_back(key + "." + below, leaf);
    }
    return leaves;
}

std::string advice_on(const std::string& path, const std::string& key, const Node& value,
                      std::span<const std::string> known, std::span<const KeyDoc> every_key) {
    const std::string whole = path.empty() ? key : path + "." + key;
    if (std::string kinds = of_another_kind(whole, every_key); !kinds.empty()) return kinds;
    if (std::string dotted = dotted_below_a_header(path, key, value, every_key); !dotted.empty())
        return dotted;
    if (std::string synonym = local_synonym_of(path, key, every_key); !value.is_table() && !synonym.empty())
        return synonym;
    const auto near = nearest(key, known);
    if (value.is_table()) {
        // A table is misspelt where its keys are those of the nearest one; else they are another tool's.
        if (!near) return "";
        const std::string meant = path.empty() ? *near : path + "." + *near;
        const auto leaves = leaves_of(value);
        const bool fits =
            every_key.empty() || leaves.empty() || std::ranges::any_of(leaves, [&](const auto& leaf) {
                return is_key(meant + "." + leaf.first, every_key);
            });
        return fits ? fmt::format("did you mean \"{}\"?", *near) : "";
    }
    const bool is_foreign = known.empty();  // a table that is none here
    if (is_foreign) {
        if (std::string synonym = synonym_of(key, every_key); !synonym.empty()) return synonym;
    }
    const Elsewhere others = elsewhere(path, key, every_key);
    // A letter that is wrong is likelier than a table whose kind may not even be chosen.
    const bool is_misspelt = near && (others.paths.empty() || !others.in_every_model);
    if (is_misspelt) return fmt::format("did you mean \"{}\"?", *near);
    if (!others.paths.empty()) return lives_at(others.paths);
    return is_foreign ? "" : synonym_of(key, every_key);
}

}  // namespace snnff
