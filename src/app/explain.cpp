#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/key_docs.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "snnff/error.hpp"
#include "snnff/model_spec.hpp"

namespace snnff::app {
namespace {

/// Longer lines are hard to follow, in shorter ones nothing fits.
std::size_t line_width(std::size_t columns) { return std::clamp<std::size_t>(columns, 20, 100); }

/// What a key means, in a sentence with its unit and when it counts.
std::string sentence(const KeyDoc& doc) {
    std::string text = doc.unit.empty() ? doc.meaning : "[" + doc.unit + "] " + doc.meaning;
    if (const std::string condition = condition_text(doc); !condition.empty())
        text += "  (" + condition + ")";
    return text;
}

/// A line per key, in the order in which model files are read; tables are set apart.
std::string listing(const std::vector<KeyDoc>& docs) {
    Table table({"key", "default", "meaning"});
    table.align_left();
    std::string previous;
    for (const KeyDoc& doc : docs) {
        const std::string top = doc.path.substr(0, doc.path.find('.'));
        if (!previous.empty() && top != previous) table.add({});
        previous = top;
        table.add({doc.path, doc.default_text, sentence(doc)});
    }
    return table.text();
}

/// The same for eyes: what a key means stands below it, in lines of at most so many columns.
std::string listing(const std::vector<KeyDoc>& docs, std::size_t columns) {
    constexpr std::size_t indent = 4;
    std::string text;
    for (const KeyDoc& doc : docs) {
        text += doc.path + (doc.default_text.empty() ? "" : " = " + doc.default_text) + "\n";
        for (const std::string& line : folded(sentence(doc), line_width(columns) - indent)) {
            text += std::string(indent, ' ') + line + "\n";
        }
    }
    return text;
}

std::string details(const KeyDoc& doc) {
    std::string text = doc.path + "\n";
    const auto columns = stdout_columns();
    for (const std::string& line :
         columns ? folded(doc.meaning, line_width(*columns) - 2) : std::vector{doc.meaning})
        text += "  " + line + "\n";
    text += "\n";
    Table table({});
    table.align_left();
    table.add({"takes", allowed_text(doc)});
    if (!doc.unit.empty()) table.add({"unit", doc.unit});
    table.add({"default", doc.default_text.empty() ? (doc.required ? "none, must be given" : "none")
                                                   : doc.default_text});
    if (const std::string condition = condition_text(doc); !condition.empty())
        table.add({"only for", condition});
    text += table.text(2, columns);
    if (!doc.allowed_summaries.empty()) {
        Table kinds({});
        kinds.align_left();
        for (std::size_t i = 0; i < doc.allowed.size() && i < doc.allowed_summaries.size(); ++i) {
            kinds.add({doc.allowed[i], doc.allowed_summaries[i]});
        }
        text += "\n" + kinds.text(4, columns);
    }
    return text;
}

nlohmann::ordered_json json_of(const KeyDoc& doc) {
    nlohmann::ordered_json json{{"key", doc.path}, {"takes", allowed_text(doc)}, {"meaning", doc.meaning}};
    if (!doc.unit.empty()) json["unit"] = doc.unit;
    if (doc.required) json["required"] = true;
    if (!doc.default_text.empty()) json["default"] = doc.default_text;
    if (!doc.allowed.empty()) json["allowed"] = doc.allowed;
    if (!doc.allowed_summaries.empty()) json["kinds"] = doc.allowed_summaries;
    if (!std::isinf(doc.bounds.least)) {
        json[doc.bounds.least_is_allowed ? "minimum" : "exclusiveMinimum"] = doc.bounds.least;
    }
    if (!std::isinf(doc.bounds.most)) {
        json[doc.bounds.most_is_allowed ? "maximum" : "exclusiveMaximum"] = doc.bounds.most;
    }
    for (const auto& [path, kind] : doc.only_for) json["only_for"][path] = kind;
    return json;
}

struct ExplainArguments {
    std::string key;
    bool json = false, schema = false;
};

int explain(const ExplainArguments& arguments) {
    if (arguments.schema) {
        put(model_schema());
        return 0;
    }
    std::vector<KeyDoc> docs = model_keys();
    if (!arguments.key.empty()) {
        std::vector<KeyDoc> found = find_keys(docs, arguments.key);
        if (found.empty()) {
            const auto guess = nearest(arguments.key, known_words(docs));
            throw UsageError(
                fmt::format("explain: no key, table or kind \"{}\"; {}", arguments.key,
                            guess ? "did you mean \"" + *guess + "\"?" : "`snnff-sim explain` lists all"));
        }
        docs = std::move(found);
    }
    if (arguments.json) {
        nlohmann::ordered_json json = nlohmann::ordered_json::array();
        for (const KeyDoc& doc : docs) json.push_back(json_of(doc));
        put_json(json);
        return 0;
    }
    // A few keys of one name are worth a paragraph each; a table or a kind is an overview.
    const auto name = [](const KeyDoc& doc) { return doc.path.substr(doc.path.rfind('.') + 1); };
    bool one_name = !arguments.key.empty();
    for (const KeyDoc& doc : docs) one_name = one_name && name(doc) == name(docs.front());
    if (!one_name) {
        const auto columns = stdout_columns();
        put(columns ? listing(docs, *columns) : listing(docs));
        return 0;
    }
    std::string text;
    for (const KeyDoc& doc : docs) text += (text.empty() ? "" : "\n") + details(doc);
    put(text);
    return 0;
}

}  // namespace

Verb add_explain(Command& program) {
    auto arguments = std::make_shared<ExplainArguments>();
    Command command =
        program.verb("explain", "Say what a key of the model file means, its unit, default and values.",
                     "  snnff-sim explain population.hidden1.beta\n"
                     "  snnff-sim explain loss\n"
                     "  snnff-sim explain lif\n"
                     "  snnff-sim explain\n"
                     "  snnff-sim explain --schema > models/model.schema.json\n");
    const Option key =
        command.option("KEY", arguments->key, "a key, a table or a kind; default: list all").type_name("KEY");
    const Option json = command.flag("--json", arguments->json, "as JSON");
    command.flag("--schema", arguments->schema, "print the JSON Schema of model files")
        .excludes(json)
        .excludes(key);
    return {std::move(command), [arguments] { return explain(*arguments); }};
}

}  // namespace snnff::app
