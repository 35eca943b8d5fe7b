#include <fmt/format.h>

#include <algorithm>

#include "core/options_check.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

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

}  // namespace

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

void Document::refuse_unknown_keys(std::span<const KeyDoc> every_key) const {
    if (root_ != nullptr) refuse_unknown_keys(*root_, "", every_key);
}

void Document::refuse_unknown_keys(const Node& table, const std::string& path,
                                   std::span<const KeyDoc> every_key) const {
    std::vector<std::string> known;
    for (auto entry = known_.lower_bound({&table, ""}); entry != known_.end() && entry->first == &table;
         ++entry) {
        known.push_back(entry->second);
    }
    for (const auto& [key, value] : std::get<Node::Table>(table.value)) {
        const std::string key_path = path.empty() ? key : path + "." + key;
        if (!known_.contains({&table, key})) {
            const std::string where = place_in_words(path);
            std::string advice = of_another_kind(key_path, every_key);
            if (advice.empty()) {
                if (const auto near = nearest(key, known)) {
                    advice = fmt::format("did you mean \"{}\"?", *near);
                } else {
                    advice = "known here:";
                    for (const std::string& name : known)
                        advice += (advice.back() == ':' ? " " : ", ") + name;
                }
            }
            throw ModelError(fmt::format("{}: {}unknown key {}; {}", value.place.text(), where,
                                         shown(Node{key, {}}), advice));
        }
        if (value.is_table()) refuse_unknown_keys(value, key_path, every_key);
    }
}

}  // namespace snnff
