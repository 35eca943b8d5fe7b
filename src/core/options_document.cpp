#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/options_check.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {}  // namespace

Document::Document(const Node& root, std::filesystem::path folder)
    : root_(&root), folder_(std::move(folder)), resolved_{Node::Table{}, root.place} {}

Document::Document() : root_(nullptr), resolved_{Node::Table{}, {}} {}

Document::~Document() = default;

Options Document::root() { return {*this, "", root_, root_ == nullptr ? Place{} : root_->place, {}}; }

std::string Document::place_in_words(const std::string& path) const {
    if (path.empty()) return "";
    const std::size_t point = path.find('.');
    if (point == std::string::npos || !named_.contains(path.substr(0, point)))
        return fmt::format("[{}]: ", path);
    const std::size_t end = std::min(path.find('.', point + 1), path.size());
    return fmt::format("{} \"{}\"{}{}: ", path.substr(0, point), path.substr(point + 1, end - point - 1),
                       end < path.size() ? ", " : "", path.substr(std::min(end + 1, path.size())));
}

bool Document::is_faulty(const Place& place) const {
    return std::ranges::any_of(faults_, [&](const Fault& fault) {
        return fault.place.file == place.file && fault.place.line == place.line &&
               fault.place.column == place.column;
    });
}

void Document::collect_faults(std::vector<std::string> found) {
    collects_ = true;
    for (std::string& text : found) keep({std::move(text), {}});
}

void Document::keep(const Fault& fault) {
    const auto same = [&](const Fault& other) { return other.text == fault.text; };
    if (std::ranges::none_of(faults_, same)) faults_.push_back(fault);
}

bool Document::try_to(const std::function<void()>& read) {
    if (!collects_) {
        read();
        return true;
    }
    try {
        read();
        return true;
    } catch (const PlacedError& error) {
        const bool follows = error.names_two && (is_faulty(error.place) || is_faulty(error.other));
        if (!follows) keep({error.what(), error.place});
    } catch (const ModelError& error) {
        keep({error.what(), {}});
    }
    return false;
}

void Document::refuse_unknown_keys(std::span<const KeyDoc> every_key) {
    if (root_ != nullptr) find_unknown_keys(*root_, "", every_key);
    if (faults_.empty()) return;
    // Overrides, which have no line, come first: they were typed just now.
    std::ranges::stable_sort(
        faults_, {}, [](const Fault& fault) { return std::pair(fault.place.line, fault.place.column); });
    std::vector<std::string> texts;
    for (Fault& fault : faults_) texts.push_back(std::move(fault.text));
    refuse_all(texts, root_->place.file);
}

void Document::find_unknown_keys(const Node& table, const std::string& path,
                                 std::span<const KeyDoc> every_key) {
    std::vector<std::string> known;
    for (auto entry = known_.lower_bound({&table, ""}); entry != known_.end() && entry->first == &table;
         ++entry) {
        known.push_back(entry->second);
    }
    const auto refuse = [&](const std::string& in, const std::string& key, const Node& value,
                            const std::string& advice) {
        const std::string text = fmt::format("{}: {}unknown key {}; {}", value.place.text(),
                                             place_in_words(in), shown(Node{key, {}}), advice);
        if (!collects_) throw ModelError(text);
        keep({text, value.place});
    };
    for (const auto& [key, value] : std::get<Node::Table>(table.value)) {
        const std::string key_path = path.empty() ? key : path + "." + key;
        if (known_.contains({&table, key})) {
            // What is in a table whose name was refused is not looked at: nothing read its keys.
            if (value.is_table() && !is_faulty(value.place)) find_unknown_keys(value, key_path, every_key);
            continue;
        }
        const bool is_of_some_kind = is_documented(key_path, every_key) || key == "kind";
        if (is_of_some_kind && (is_incomplete_ || doubtful_.contains(&table))) continue;
        const std::string advice = advice_on(path, key, value, known, every_key);
        if (!advice.empty()) {
            refuse(path, key, value, advice);
            continue;
        }
        // A table of another tool: each of its keys has a place of its own here.
        bool told = false;
        for (const auto& [below, leaf] : value.is_table() ? leaves_of(value) : decltype(leaves_of(value)){}) {
            const std::size_t point = below.rfind('.');
            const std::string in =
                point == std::string::npos ? key_path : key_path + "." + below.substr(0, point);
            const std::string name = below.substr(point == std::string::npos ? 0 : point + 1);
            const std::string where = advice_on(in, name, *leaf, {}, every_key);
            if (where.empty()) continue;
            refuse(in, name, *leaf, where);
            told = true;
        }
        if (!told) refuse(path, key, value, fmt::format("known here: {}", fmt::join(known, ", ")));
    }
}

}  // namespace snnff
