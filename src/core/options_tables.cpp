#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "core/options_check.hpp"
#include "core/utf8.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

bool is_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-';
    });
}

[[noreturn]] void refuse_no_table(const KeyDoc& doc, const Node& node) {
    refuse(doc, node, fmt::format("is not a table; [{}] opens one", doc.path));
}

}  // namespace

Options::Options(Document& document, std::string path, const Node* node, Place place, OnlyFor only_for)
    : document_(&document),
      path_(std::move(path)),
      node_(node),
      place_(std::move(place)),
      only_for_(std::move(only_for)) {}

std::string Options::path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

Options Options::below(std::string_view name, const Node* node) const {
    return {*document_, path_of(name), node, node == nullptr ? place_ : node->place, only_for_};
}

KeyDoc Options::documented(const Key& key, KeyDoc::Type type, const Node& fallback, Bounds bounds) const {
    KeyDoc doc;
    doc.path = path_of(key.name);
    doc.type = type;
    doc.unit = key.unit;
    doc.meaning = key.meaning;
    if (!std::holds_alternative<std::monostate>(fallback.value)) doc.default_text = value_text(fallback);
    doc.bounds = bounds;
    doc.only_for = only_for_;
    return doc;
}

const Node* Options::look_up(const Key& key, const KeyDoc& doc) {
    if (describing()) {
        const auto same = [&](const KeyDoc& d) { return d.path == doc.path && d.only_for == doc.only_for; };
        auto& docs = document_->docs_;
        if (std::find_if(docs.begin(), docs.end(), same) == docs.end()) docs.push_back(doc);
        return nullptr;
    }
    if (node_ == nullptr) return nullptr;
    document_->known_.emplace(node_, std::string(key.name));
    return node_->find(key.name);
}

void Options::keep(const Key& key, Node value) {
    if (describing()) return;
    const Node* given = node_ == nullptr ? nullptr : node_->find(key.name);
    value.place = given == nullptr ? place_ : given->place;
    document_->resolved_.at_path(path_of(key.name), value.place) = std::move(value);
}

std::filesystem::path Options::resolved_file(const Key& key, const std::string& name) {
    if (describing()) return {};
    std::error_code unknown_folder;  // then the path stays relative, and opening it says what is wrong
    const std::filesystem::path joined = document_->folder_ / name;
    std::filesystem::path path = std::filesystem::absolute(joined, unknown_folder);
    path = (unknown_folder ? joined : path).lexically_normal();
    if (!is_utf8(path.native())) {
        reject(key.name,
               fmt::format("is {}, which is not UTF-8, as text in run files is; a folder of another name "
                           "would do, or a link to it",
                           path.string()));
    }
    keep(key, Node{path.string(), {}});
    document_->given_files_.push_back({name, path});
    return path;
}

Options Options::table(const Key& key) {
    const KeyDoc doc = documented(key, KeyDoc::Type::table, {});
    const Node* node = look_up(key, doc);
    if (node != nullptr && !node->is_table()) {
        tried([&] { refuse_no_table(doc, *node); });
        node = nullptr;
    }
    return below(key.name, node);
}

std::vector<std::pair<std::string, Options>> Options::named_tables(const Key& key) {
    std::vector<std::pair<std::string, Options>> tables;
    KeyDoc doc = documented(key, KeyDoc::Type::table, {});
    if (describing()) {
        doc.path += ".*";
        look_up(key, doc);
        tables.emplace_back("*", Options(*document_, doc.path, nullptr, place_, only_for_));
        return tables;
    }
    const Node* node = look_up(key, doc);
    document_->named_.insert(path_of(key.name));
    if (node == nullptr) return tables;
    if (!node->is_table()) refuse_no_table(doc, *node);
    std::optional<PlacedError> fault;
    for (const auto& [name, value] : std::get<Node::Table>(node->value)) {
        document_->known_.emplace(node, name);
        if (!is_name(name)) {
            fault.emplace(value.place,
                          fmt::format("{} {} is not a name; a letter, then letters, digits, _ and - make one",
                                      key.name, shown(Node{name, {}})));
            tried([&] { throw PlacedError(*fault); });
            continue;
        }
        // Tables are exported to files that take their names from these, with some letters before and behind.
        constexpr std::size_t longest_name = 200;
        if (name.size() > longest_name) {
            fault.emplace(value.place,
                          fmt::format("{} {}... has a name of {} letters; up to {} are taken", key.name,
                                      shown(Node{name.substr(0, 20), {}}), name.size(), longest_name));
            tried([&] { throw PlacedError(*fault); });
            continue;
        }
        doc.path = path_of(key.name) + "." + name;
        if (!value.is_table()) refuse_no_table(doc, value);
        tables.emplace_back(name, Options(*document_, doc.path, &value, value.place, only_for_));
    }
    if (tables.empty() && fault) throw PlacedError(*fault);  // else the caller would say that there is none
    return tables;
}

Options Options::options_of_kind(const Key& key, bool in_line, std::string_view kind) const {
    Options options = in_line ? *this : below(key.name, nullptr);
    options.only_for_.emplace_back(path_of(key.name), kind);
    return options;
}

Options::Choice Options::choose(const Key& key, std::string_view fallback, bool in_line,
                                std::span<const std::string_view> names,
                                std::span<const std::string_view> summaries) {
    KeyDoc doc = documented(key, KeyDoc::Type::kind, Node{std::string(fallback), {}});
    doc.allowed.assign(names.begin(), names.end());
    doc.allowed_summaries.assign(summaries.begin(), summaries.end());
    doc.in_line = in_line;
    const Node* node = look_up(key, doc);

    std::string kind{fallback};
    const Node* own_table = nullptr;
    bool is_doubtful = false;
    const auto take = [&](const Node& word) {
        if (tried([&] { kind = checked_word(doc, word); })) return;
        is_doubtful = true;  // what follows is read as the kind that is likely meant
        const auto* text = std::get_if<std::string>(&word.value);
        if (text != nullptr) kind = nearest(*text, doc.allowed).value_or(kind);
    };
    if (node != nullptr && node->is_table()) {
        if (in_line) {
            refuse(doc, *node,
                   fmt::format("is a table; write {} = \"{}\" and the other keys beside it", key.name,
                               fallback));
        }
        own_table = node;
        document_->known_.emplace(node, "kind");
        if (const Node* name = node->find("kind")) {
            doc.path += ".kind";
            take(*name);
        }
    } else if (node != nullptr) {
        take(*node);
    }
    if (is_doubtful) document_->doubtful_.insert(in_line ? node_ : own_table);

    Options options = options_of_kind(key, in_line, kind);
    if (in_line) {
        keep(key, Node{kind, {}});
    } else {
        if (node != nullptr) options.place_ = node->place;
        options.node_ = own_table;
        if (!describing()) options.keep({"kind", "", ""}, Node{kind, {}});
    }
    const auto index = std::find(names.begin(), names.end(), kind) - names.begin();
    return {static_cast<std::size_t>(index), std::move(options)};
}

bool Options::tried(const std::function<void()>& check) const { return document_->try_to(check); }

bool Options::section(const std::function<void()>& read) const {
    const bool complete = document_->try_to(read);
    document_->is_incomplete_ = document_->is_incomplete_ || !complete;
    return complete;
}

bool Options::given(std::string_view name) const { return node_ != nullptr && node_->find(name) != nullptr; }

bool Options::is_table(std::string_view name) const { return given(name) && node_->find(name)->is_table(); }

bool Options::describing() const noexcept { return document_->root_ == nullptr; }

std::string Options::assignment(std::string_view name) const {
    const std::string path = path_of(name);
    const Node* node = node_ == nullptr ? nullptr : node_->find(name);
    if (node != nullptr) return node->is_table() ? path : fmt::format("{} = {}", path, shown(*node));
    const Node* resolved = &document_->resolved_;
    for (std::size_t first = 0; resolved != nullptr && first < path.size();) {
        const std::size_t end = std::min(path.find('.', first), path.size());
        resolved = resolved->find(std::string_view(path).substr(first, end - first));
        first = end + 1;
    }
    return resolved == nullptr ? path : fmt::format("{} = {} (the default)", path, shown(*resolved));
}

Place Options::place_of(std::string_view name) const {
    const Node* node = node_ == nullptr ? nullptr : node_->find(name);
    return node == nullptr ? place_ : node->place;
}

void Options::reject(std::string_view name, std::string_view why) const {
    PlacedError error(place_of(name), fmt::format("{} {}", assignment(name), why));
    error.names_two = true;
    throw PlacedError(error);
}

void Options::conflict(std::string_view name, const Options& other, std::string_view other_name,
                       std::string_view why) const {
    PlacedError error(place_of(name),
                      fmt::format("{} does not go with {} ({}): {}", assignment(name),
                                  other.assignment(other_name), other.place_of(other_name).text(), why));
    error.other = other.place_of(other_name);
    error.names_two = true;
    throw PlacedError(error);
}

}  // namespace snnff
