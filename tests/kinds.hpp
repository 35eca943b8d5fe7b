#pragma once
// Makes a kind as a model file would: keys in, object out, unknown keys refused.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "snnff/options.hpp"

namespace snnff {

using Keys = Node::Table;

inline std::pair<std::string, Node> key(std::string name, Node::Value value) {
    return {std::move(name), Node{std::move(value), {}}};
}
inline Node::Value numbers(const std::vector<double>& values) {
    Node::Array array;
    for (const double value : values) array.push_back(Node{value, {}});
    return array;
}

/// A loop over kinds<Interface>().names() would be one over a view of a temporary, to the eyes of g++ 14.
template <class Interface>
std::span<const std::string_view> names_of() {
    return kinds<Interface>().names();
}

template <class Interface>
std::unique_ptr<Interface> made(std::string_view kind, Keys keys = {}, const Context& context = {{}, 1}) {
    keys.push_back(key("kind", std::string(kind)));
    const Node root{Keys{key("it", std::move(keys))}, {}};
    Document document(root, ".");
    Options options = document.root();
    auto result = options.make<Interface>({"it", "", ""}, names_of<Interface>()[0], context);
    document.refuse_unknown_keys();
    return result;
}

}  // namespace snnff
