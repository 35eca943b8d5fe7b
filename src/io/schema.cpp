#include "io/schema.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/model_file.hpp"
#include "snnff/functions.hpp"

namespace snnff {
namespace {

using Json = nlohmann::ordered_json;
using OnlyFor = std::vector<std::pair<std::string, std::string>>;

std::string parent(const std::string& path) {
    const std::size_t point = path.rfind('.');
    return point == std::string::npos ? "" : path.substr(0, point);
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

OnlyFor with(OnlyFor outer, const std::string& slot, const std::string& kind) {
    outer.emplace_back(slot, kind);
    return outer;
}

Json json_number(double value) {
    if (std::abs(value) < 0x1p53 && functions::is_whole(value)) return static_cast<std::int64_t>(value);
    return value;
}

Json json_value(const Node& node) {
    if (const auto* flag = std::get_if<bool>(&node.value)) return *flag;
    if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return *whole;
    if (const auto* real = std::get_if<double>(&node.value)) return json_number(*real);
    if (const auto* text = std::get_if<std::string>(&node.value)) return *text;
    Json array = Json::array();
    for (const Node& element : std::get<Node::Array>(node.value)) array.push_back(json_value(element));
    return array;
}

Json number(const char* type, const Bounds& bounds) {
    Json schema{{"type", type}};
    if (std::isfinite(bounds.least)) {
        schema[bounds.least_is_allowed ? "minimum" : "exclusiveMinimum"] = json_number(bounds.least);
    }
    if (std::isfinite(bounds.most)) {
        schema[bounds.most_is_allowed ? "maximum" : "exclusiveMaximum"] = json_number(bounds.most);
    }
    return schema;
}

Json list(Json items) { return {{"type", "array"}, {"items", std::move(items)}, {"uniqueItems", true}}; }

/// What a key that is neither table nor kind may hold.
Json values(const KeyDoc& doc) {
    switch (doc.type) {
        case KeyDoc::Type::number:
            if (doc.allowed.empty()) return number("number", doc.bounds);
            return {{"oneOf", Json::array({number("number", doc.bounds), {{"enum", doc.allowed}}})}};
        case KeyDoc::Type::integer:
            return number("integer", doc.bounds);
        case KeyDoc::Type::flag:
            return {{"type", "boolean"}};
        case KeyDoc::Type::file:
            return {{"type", "string"}, {"minLength", 1}};
        case KeyDoc::Type::choice:
            return {{"enum", doc.allowed}};
        case KeyDoc::Type::numbers: {
            const Json one = number("number", doc.bounds);
            return {{"oneOf", Json::array({one, {{"type", "array"}, {"items", one}, {"minItems", 1}}})}};
        }
        case KeyDoc::Type::integers:
            return list(number("integer", doc.bounds));
        case KeyDoc::Type::words:
            return list(doc.allowed.empty() ? Json{{"type", "string"}} : Json{{"enum", doc.allowed}});
        default:
            return {{"type", "string"}};
    }
}

class Schema {
  public:
    explicit Schema(std::span<const KeyDoc> docs) : docs_(docs) {}

    /// The table at `path`, inside the kinds `outer`.
    Json table(const std::string& path, const OnlyFor& outer) const {
        Json schema{{"type", "object"}};
        Json properties = Json::object(), required = Json::array();
        const KeyDoc* slot = nullptr;  // the kind whose keys stand in this table
        add_keys(path, outer, properties, required);
        for (const KeyDoc* doc : keys(path, outer)) {
            if (doc->type == KeyDoc::Type::kind && doc->in_line && has_keys(*doc)) slot = doc;
        }
        schema["properties"] = properties;
        if (!required.empty()) schema["required"] = required;
        if (slot == nullptr) {
            schema["additionalProperties"] = false;
        } else {
            schema["allOf"] = branches(*slot, path, outer, properties);
        }
        return schema;
    }

  private:
    std::vector<const KeyDoc*> keys(const std::string& path, const OnlyFor& only_for) const {
        std::vector<const KeyDoc*> found;
        for (const KeyDoc& doc : docs_) {
            if (parent(doc.path) == path && doc.only_for == only_for) found.push_back(&doc);
        }
        return found;
    }

    /// Whether any kind of it has keys of its own.
    bool has_keys(const KeyDoc& slot) const {
        return std::ranges::any_of(docs_, [&](const KeyDoc& doc) {
            return std::ranges::any_of(doc.only_for,
                                       [&](const auto& kind) { return kind.first == slot.path; });
        });
    }

    void add_keys(const std::string& path, const OnlyFor& only_for, Json& properties, Json& required) const {
        for (const KeyDoc* doc : keys(path, only_for)) {
            if (doc->path.ends_with(".*")) continue;
            properties[last_part(doc->path)] = key(*doc, only_for);
            if (doc->required) required.push_back(last_part(doc->path));
        }
        for (const KeyDoc& doc : docs_) {  // tables whose keys are names are documented as path.*
            if (!doc.path.ends_with(".*") || doc.only_for != only_for) continue;
            const std::string named = parent(doc.path);
            if (parent(named) != path) continue;
            properties[named] = {{"description", doc.meaning},
                                 {"type", "object"},
                                 {"minProperties", 1},
                                 {"patternProperties",
                                  {{"^(?!(epoch|train_error|validation_error|test_error|test_loss|seconds)$)["
                                    "A-Za-z_][A-Za-z0-9_-]*$",
                                    table(doc.path, only_for)}}},
                                 {"additionalProperties", false}};
            required.push_back(named);
        }
    }

    Json key(const KeyDoc& doc, const OnlyFor& outer) const {
        std::string description = doc.meaning;
        if (!doc.unit.empty()) description += " (" + doc.unit + ")";
        for (std::size_t i = 0; i < doc.allowed_summaries.size(); ++i) {
            description += (i == 0 ? ". " : "; ") + doc.allowed[i] + ": " + doc.allowed_summaries[i];
        }
        Json schema{{"description", description}};
        if (!doc.default_text.empty()) schema["default"] = json_value(parse_value(doc.default_text, {}));
        if (doc.type == KeyDoc::Type::table) {
            schema.update(table(doc.path, outer));
        } else if (doc.type == KeyDoc::Type::file && !keys(doc.path, outer).empty()) {
            // one file, or a table of files
            schema["oneOf"] = Json::array({values(doc), table(doc.path, outer)});
        } else if (doc.type != KeyDoc::Type::kind) {
            schema.update(values(doc));
        } else if (doc.in_line) {
            schema["enum"] = doc.allowed;
        } else {
            schema["oneOf"] = name_or_table(doc, outer);
        }
        return schema;
    }

    /// "softplus", or { kind = "softplus", theta = 2 }.
    Json name_or_table(const KeyDoc& doc, const OnlyFor& outer) const {
        Json names = Json::array(), tables = Json::array();
        for (std::size_t i = 0; i < doc.allowed.size(); ++i) {
            const std::string& kind = doc.allowed[i];
            Json properties{{"kind", {{"description", doc.allowed_summaries[i]}, {"const", kind}}}};
            Json required = Json::array();
            add_keys(doc.path, with(outer, doc.path, kind), properties, required);
            // By its name alone a kind has all its defaults, so one that needs a key has no such form.
            if (required.empty()) names.push_back(kind);
            if (!is_default(doc, kind)) required.push_back("kind");
            Json schema{{"type", "object"}, {"properties", properties}};
            if (!required.empty()) schema["required"] = required;
            schema["additionalProperties"] = false;
            tables.push_back(schema);
        }
        Json forms = Json::array({{{"enum", names}}});
        forms.insert(forms.end(), tables.begin(), tables.end());
        return forms;
    }

    /// For every kind that may stand in the table at `path`: its keys, those that always apply, no others.
    Json branches(const KeyDoc& slot, const std::string& path, const OnlyFor& outer,
                  const Json& always) const {
        Json all = Json::array();
        for (const std::string& kind : slot.allowed) {
            const std::string name = last_part(slot.path);
            Json condition{{"properties", {{name, {{"const", kind}}}}}};
            if (!is_default(slot, kind)) condition["required"] = Json::array({name});
            Json properties = Json::object(), required = Json::array();
            for (const auto& [other, schema] : always.items()) properties[other] = true;
            add_keys(path, with(outer, slot.path, kind), properties, required);
            Json consequence{{"properties", properties}};
            if (!required.empty()) consequence["required"] = required;
            consequence["additionalProperties"] = false;
            all.push_back({{"if", condition}, {"then", consequence}});
        }
        return all;
    }

    static bool is_default(const KeyDoc& doc, const std::string& kind) {
        return doc.default_text == value_text({kind, {}});
    }

    std::span<const KeyDoc> docs_;
};

}  // namespace

std::string schema_of(std::span<const KeyDoc> docs) {
    Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "snnff-sim model"},
                {"description",
                 "Populations of spiking or rectified units that learn with the Forward-Forward rule"}};
    schema.update(Schema(docs).table("", {}));
    return schema.dump(2) + "\n";
}

}  // namespace snnff
