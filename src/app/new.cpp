#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "app/key_docs.hpp"
#include "app/output.hpp"
#include "app/verb.hpp"
#include "snnff/model_spec.hpp"

namespace snnff::app {
namespace {

/// What a new model does differently from the defaults; everything else in it is a default. Each learns
/// the sample of MNIST to about 90 % in seconds.
std::string recipe(const std::string& neuron, bool groups) {
    const bool lif = neuron == "lif";
    std::string text = fmt::format(
        "title = \"{}\"\nseed = 1\n[time]\nsteps = {}\n[data]\nfolder = \"data/mnist-sample\"\n"
        "[learning]\nrate = 0.001\n{}"
        "[plan]\nepochs = 20\nbatch_size = 100\n[evaluation]\nevery_n_epochs = 5\n",
        lif ? "Spiking populations that learn digits" : "ReLU populations that learn digits", lif ? 10 : 1,
        groups
            ? fmt::format("goodness = \"class_groups\"\nloss = {{ kind = \"class_softmax\", alpha = {} }}\n",
                          lif ? 50.0 : 10.0)
            : "");
    for (const char* name : {"hidden1", "hidden2"}) {
        text += fmt::format("[population.{}]\nneuron = \"{}\"\nsize = 300\n", name, neuron);
    }
    return text;
}

/// Writes a resolved model with what each key means above it, from the keys' own documentation.
class CommentedModel {
  public:
    CommentedModel(const Node& resolved, const std::vector<KeyDoc>& docs) : docs_(docs) {
        table("", resolved);
    }
    const std::string& text() const noexcept { return text_; }

  private:
    /// The documentation of a key under the kinds that are chosen here.
    const KeyDoc* doc_of(const std::string& path) const {
        const KeyDoc* found = nullptr;
        for (const KeyDoc& doc : docs_) {
            if (!matches(doc, path)) continue;
            const bool applies = std::all_of(doc.only_for.begin(), doc.only_for.end(),
                                             [&](const auto& c) { return chosen_.contains(c.second); });
            if (applies) return &doc;
            if (found == nullptr) found = &doc;
        }
        return found;
    }

    static std::string chosen_kind(const Node& value) {
        const Node* kind = value.find("kind");
        const Node& word = kind ? *kind : value;
        const auto* text = std::get_if<std::string>(&word.value);
        return text ? *text : "";
    }

    void comment(const std::string& text) {
        constexpr std::size_t width = 98;
        const std::size_t indent = text.find_first_not_of(' ');
        if (indent == std::string::npos) return;
        std::string line = "#" + std::string(indent, ' ');
        for (std::size_t at = indent; at < text.size();) {
            const std::size_t blank = std::min(text.find(' ', at), text.size());
            if (line.size() + 1 + blank - at > width) {
                text_ += line + "\n";
                line = "#" + std::string(indent + 2, ' ');
            }
            line += " " + text.substr(at, blank - at);
            at = blank + 1;
        }
        text_ += line + "\n";
    }

    /// The second population repeats the keys of the first, not what they mean.
    bool first_time(const KeyDoc& doc) { return explained_.insert(doc.path + condition_text(doc)).second; }

    void explain(const KeyDoc& doc) {
        if (!first_time(doc)) return;
        comment(doc.unit.empty() ? doc.meaning : fmt::format("{} [{}]", doc.meaning, doc.unit));
        const bool says_more = doc.type != KeyDoc::Type::text && doc.type != KeyDoc::Type::file &&
                               doc.type != KeyDoc::Type::table;
        if (says_more) comment("  takes " + allowed_text(doc));
    }

    void explain_below(const std::string& path, const Node& value) {
        for (const auto& [key, node] : std::get<Node::Table>(value.value)) {
            const KeyDoc* doc = doc_of(path + "." + key);
            if (doc == nullptr || key == "kind" ||
                !explained_.insert(doc->path + condition_text(*doc)).second) {
                continue;
            }
            comment(fmt::format("  {}: {}; takes {}", key, doc->meaning, allowed_text(*doc)));
        }
    }

    void value(const std::string& path, const std::string& key, const Node& node) {
        const KeyDoc* doc = doc_of(path);
        if (doc != nullptr) explain(*doc);
        if (doc != nullptr && doc->type == KeyDoc::Type::kind) {
            chosen_.insert(chosen_kind(node));
            if (node.is_table()) explain_below(path, node);
        }
        std::string text = value_text(node);
        if (doc != nullptr && doc->type == KeyDoc::Type::file) {
            // Resolved paths are absolute; a model file wants them from where it stands.
            const auto* file = std::get_if<std::string>(&node.value);
            if (file != nullptr) text = value_text({std::filesystem::proximate(*file).string(), {}});
        }
        text_ += key + " = " + text + "\n";
    }

    bool is_section(const std::string& path, const Node& node) const {
        if (!node.is_table()) return false;
        const KeyDoc* doc = doc_of(path);
        return doc == nullptr || doc->type == KeyDoc::Type::table;
    }

    void table(const std::string& path, const Node& node) {
        const auto& entries = std::get<Node::Table>(node.value);
        const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
        const std::set<std::string> outer = chosen_;
        for (const auto& [key, entry] : entries) {
            if (!is_section(below(key), entry)) value(below(key), key, entry);
        }
        for (const auto& [key, entry] : entries) {
            if (!is_section(below(key), entry)) continue;
            const std::string name = below(key);
            const bool only_sections = std::all_of(
                std::get<Node::Table>(entry.value).begin(), std::get<Node::Table>(entry.value).end(),
                [&](const auto& e) { return is_section(name + "." + e.first, e.second); });
            if (!only_sections) {
                text_ += "\n";
                if (const KeyDoc* doc = doc_of(name); doc != nullptr) explain(*doc);
                text_ += fmt::format("[{}]\n", name);
            }
            table(name, entry);
        }
        chosen_ = outer;
    }

    const std::vector<KeyDoc>& docs_;
    std::set<std::string> chosen_;     ///< kinds chosen in the tables around
    std::set<std::string> explained_;  ///< keys that have had their comment
    std::string text_;
};

struct NewArguments {
    std::string neuron;
    bool groups = false;
};

int new_model(const NewArguments& arguments) {
    const ModelSpec model = read_model_text(recipe(arguments.neuron, arguments.groups), "new model",
                                            std::filesystem::current_path(), {});
    const std::vector<KeyDoc> docs = model_keys();
    put("#:schema model.schema.json\n# Check it with `snnff-sim validate`, run it with `snnff-sim run`;\n"
        "# `snnff-sim explain KEY` says more of a key. What is left out takes its default.\n\n" +
        CommentedModel(model.resolved, docs).text());
    return 0;
}

}  // namespace

Verb add_new(Command& program) {
    auto arguments = std::make_shared<NewArguments>();
    Command command = program.verb("new", "Print a commented model file to start from.",
                                   "  snnff-sim new lif > model.toml\n"
                                   "  snnff-sim new relu > model.toml\n"
                                   "  snnff-sim new lif --groups > model.toml\n");
    command.option("NEURON", arguments->neuron, "lif or relu")
        .required()
        .type_name("KIND")
        .one_of({"lif", "relu"});
    command.flag("--groups", arguments->groups,
                 "groups of units stand for classes, in place of labels in the input");
    return {std::move(command), [arguments] { return new_model(*arguments); }};
}

}  // namespace snnff::app
