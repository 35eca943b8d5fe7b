#include "run/class_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace snnff {

std::vector<std::string> class_words(const ModelSpec& model, const std::vector<std::string>& class_names) {
    if (!class_names.empty()) return class_names;
    const Node* data = model.resolved.find("data");
    const Node* node = data != nullptr ? data->find("first_label") : nullptr;
    const auto* first = node != nullptr ? std::get_if<std::int64_t>(&node->value) : nullptr;
    std::vector<std::string> words;
    if (first == nullptr || *first == 0) return words;
    for (std::size_t label = 0; label < model.data.overlay.n_labels; ++label)
        words.push_back(std::to_string(*first + static_cast<std::int64_t>(label)));
    return words;
}

std::string class_word(const std::vector<std::string>& words, std::size_t label) {
    if (label >= words.size()) return std::to_string(label);
    const auto in_number = [](char c) { return (c >= '0' && c <= '9') || c == '-'; };
    return std::ranges::all_of(words[label], in_number) ? words[label] : value_text(Node{words[label], {}});
}

}  // namespace snnff
