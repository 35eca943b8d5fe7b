#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/options_check.hpp"
#include "snnff/error.hpp"
#include "snnff/options.hpp"

namespace snnff {
namespace {

bool is_word(std::string_view key) {
    constexpr std::string_view characters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return !key.empty() && key.find_first_not_of(characters) == std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += "\\t";
        } else if (c == '\r') {
            result += "\\r";
        } else if (code < 0x20 || code == 0x7f) {
            result += fmt::format("\\u{:04X}", code);
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string number_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::string text = fmt::format("{}", value);
    // Without a point or an exponent it would read back as a whole number.
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::string Place::text() const { return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file; }

// Out of line: inlined moves of the variant draw false warnings from GCC 12.
Node::Node() = default;
Node::Node(Value v, Place p) : value(std::move(v)), place(std::move(p)) {}
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const noexcept {
    const Table* table = std::get_if<Table>(&value);
    if (table == nullptr) return nullptr;
    const auto found =
        std::find_if(table->begin(), table->end(), [&](const auto& e) { return e.first == key; });
    return found == table->end() ? nullptr : &found->second;
}

Node* Node::find(std::string_view key) noexcept {
    return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}

Node& Node::at_path(std::string_view dotted, const Place& where) {
    Node* node = this;
    std::size_t first = 0;
    while (true) {
        const std::size_t end = std::min(dotted.find('.', first), dotted.size());
        const std::string_view key = dotted.substr(first, end - first);
        if (!is_word(key)) {
            throw ModelError(fmt::format(
                "{}: {} is not a key; keys are words joined by points, as in population.hidden1.beta",
                where.text(), shown({std::string(dotted), where})));
        }
        if (std::holds_alternative<std::string>(node->value)) {
            Node kind{std::move(node->value), node->place};
            node->value = Table{{"kind", std::move(kind)}};
        } else if (std::holds_alternative<std::monostate>(node->value)) {
            node->value = Table{};
        } else if (!node->is_table()) {
            throw ModelError(fmt::format("{}: {} = {} is not a table, there is no key below it", where.text(),
                                         dotted.substr(0, first == 0 ? 0 : first - 1), shown(*node)));
        }
        Node* next = node->find(key);
        if (next == nullptr) {
            Table& table = std::get<Table>(node->value);
            table.emplace_back(std::string(key), Node{{}, where});
            next = &table.back().second;
        }
        if (end == dotted.size()) return *next;
        node = next;
        first = end + 1;
    }
}

std::string key_text(std::string_view key) { return is_word(key) ? std::string(key) : in_quotes(key); }

std::string value_text(const Node& node) {
    return std::visit(Overloaded{
                          [](std::monostate) { return std::string("nothing"); },
                          [](bool flag) { return std::string(flag ? "true" : "false"); },
                          [](std::int64_t number) { return fmt::format("{}", number); },
                          [](double number) { return number_text(number); },
                          [](const std::string& text) { return in_quotes(text); },
                          [](const Node::Array& array) {
                              std::string text;
                              for (const Node& element : array)
                                  text += (text.empty() ? "" : ", ") + value_text(element);
                              return "[" + text + "]";
                          },
                          [](const Node::Table& table) {
                              std::string text;
                              for (const auto& [key, value] : table) {
                                  text += fmt::format("{}{} = {}", text.empty() ? " " : ", ",
                                                      is_word(key) ? std::string(key) : in_quotes(key),
                                                      value_text(value));
                              }
                              return text.empty() ? std::string("{}") : "{" + text + " }";
                          },
                      },
                      node.value);
}

}  // namespace snnff
