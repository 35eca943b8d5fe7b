#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "snnff/catalogue.hpp"

namespace snnff {

/// Where in a model file something stands; line and column count from 1. For a value given on the
/// command line, `file` is the option as typed ("--set time.steps=0") and `line` is 0.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;

    std::string text() const;  ///< "model.toml:14:3", or the option as typed
};

/// One value of a model file with its place. Tables keep the order of the file.
struct Node {
    using Array = std::vector<Node>;
    using Table = std::vector<std::pair<std::string, Node>>;

    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table> value;
    Place place;

    bool is_table() const noexcept { return std::holds_alternative<Table>(value); }
    const Node* find(std::string_view key) const noexcept;  ///< nullptr where absent or no table
    Node* find(std::string_view key) noexcept;
    /// The value at a dotted path ("population.hidden1.beta"); missing tables are made, and a kind
    /// given as a plain string becomes { kind = "..." } where the path goes on below it.
    Node& at_path(std::string_view dotted, const Place& place);
};

/// What a key is called, what it is measured in, and what it means: written once, where it is read.
struct Key {
    std::string_view name;
    std::string_view unit;  ///< "ms", "Hz", "steps", "" for plain numbers and words
    std::string_view meaning;
};

/// Allowed numbers; the defaults allow all finite ones.
struct Bounds {
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
    bool least_is_allowed = true;
    bool most_is_allowed = true;

    static Bounds positive() { return {.least = 0.0, .least_is_allowed = false}; }
    static Bounds at_least(double least) { return {.least = least}; }
    static Bounds between(double least, double most) { return {.least = least, .most = most}; }
    bool allows(double value) const noexcept;  ///< false for NaN and infinities
    std::string text() const;                  ///< "any value above 0", "0 to 1", ...
};

/// Everything known of one key; explain, the JSON Schema and the reference table are made of these.
struct KeyDoc {
    enum class Type { number, integer, flag, text, file, choice, numbers, integers, table, kind };
    std::string path;  ///< "learning.rate"; "population.*.beta"; "learning.loss.theta"
    Type type = Type::text;
    std::string unit;
    std::string meaning;
    std::string default_text;  ///< as TOML; empty where there is none
    Bounds bounds;
    std::vector<std::string> allowed;            ///< choices, or the kinds of a family
    std::vector<std::string> allowed_summaries;  ///< a line per kind; empty for choices
    /// Which kind the key belongs to: {"population.*.neuron", "lif"}; empty where it always applies.
    /// Nested kinds add up, outermost first.
    std::vector<std::pair<std::string, std::string>> only_for;
};

class Document;

/// One table of a model file while it is read: typed, checked, documented. Every getter
///  - returns the value, or the fallback where the key is absent,
///  - throws ModelError with place, key, value and what is allowed where it will not do,
///  - notes the resolved value (the run file keeps the whole resolved model) and, when the library
///    describes itself, the key's documentation.
/// Copies refer to the same table.
class Options {
  public:
    double number(const Key& key, double fallback, Bounds bounds = {});
    std::int64_t integer(const Key& key, std::int64_t fallback, Bounds bounds = {});
    bool flag(const Key& key, bool fallback);
    std::string text(const Key& key, std::string_view fallback);
    /// A path; relative ones are taken from the model file's folder. Resolved to an absolute path.
    std::filesystem::path file(const Key& key, std::string_view fallback);
    /// Index into `allowed`.
    std::size_t choice(const Key& key, std::string_view fallback, std::span<const std::string_view> allowed);
    /// One number for all, or an array with one per unit: always returns n numbers.
    std::vector<float> numbers(const Key& key, double fallback, std::size_t n, Bounds bounds = {});
    /// A list of whole numbers.
    std::vector<std::int64_t> integers(const Key& key, std::vector<std::int64_t> fallback,
                                       Bounds bounds = {});

    /// A sub-table; an absent one reads as empty (all defaults).
    Options table(const Key& key);
    /// The sub-tables of a sub-table, by name, in the order of the file: population.<name>.
    std::vector<std::pair<std::string, Options>> named_tables(const Key& key);

    /// A choice of kind from a catalogue family: `loss = "softplus"`, or
    /// `loss = { kind = "softplus", theta = 5.0 }`. Unknown kinds are answered with the nearest.
    template <class Interface>
    std::unique_ptr<Interface> make(const Key& key, std::string_view fallback, const Context& context);
    /// The same where the kind's own keys stand beside its name: a population's `neuron`.
    template <class Interface>
    std::unique_ptr<Interface> make_inline(const Key& key, std::string_view fallback, const Context& context);

    bool given(std::string_view name) const;  ///< whether the file or --set has this key
    bool describing() const noexcept;         ///< no model is read, only documentation is collected
    const std::string& path() const noexcept { return path_; }

    /// "place: population.hidden1.beta = 1.5 <why>"; `why` says what would do.
    [[noreturn]] void reject(std::string_view name, std::string_view why) const;
    /// Two keys that do not go together; names both with their places.
    [[noreturn]] void conflict(std::string_view name, const Options& other, std::string_view other_name,
                               std::string_view why) const;

  private:
    friend class Document;
    Options(Document& document, std::string path, const Node* node, Node* resolved,
            std::vector<std::pair<std::string, std::string>> only_for);
    const Node* look_up(const Key& key, KeyDoc::Type type, Bounds bounds, std::string default_text,
                        std::span<const std::string_view> allowed = {}) const;
    /// Opens a kind: documents every kind of the family or chooses one; see options.cpp.
    struct Choice {
        std::size_t index;
        Options options;
    };
    Choice choose(const Key& key, std::string_view fallback, bool in_line,
                  std::span<const std::string_view> names, std::span<const std::string_view> summaries);
    Options kind_options(const Key& key, bool in_line, std::string_view kind);

    Document* document_;
    std::string path_;
    const Node* node_;  // nullptr where the table is absent
    Node* resolved_;    // the same table of the resolved model
    std::vector<std::pair<std::string, std::string>> only_for_;
};

/// A model file being read, or the library describing itself.
class Document {
  public:
    /// Reads `root` (kept by reference); relative paths are taken from `folder`.
    Document(const Node& root, std::filesystem::path folder);
    /// Describes: every getter returns its fallback and documents its key.
    Document();
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document();

    Options root();
    /// Call after everything was read: throws ModelError for the first key nobody asked for,
    /// with the nearest known one.
    void refuse_unknown_keys() const;
    /// The model with every default filled in, in the order in which keys were asked for.
    const Node& resolved() const noexcept { return resolved_; }
    const std::vector<KeyDoc>& docs() const noexcept { return docs_; }

  private:
    friend class Options;
    const Node* root_;
    std::filesystem::path folder_;
    bool describing_;
    Node resolved_;
    std::vector<KeyDoc> docs_;
    std::set<std::pair<const void*, std::string>> known_;  // (table, key) somebody asked for
};

/// The known word nearest to `word` by edit distance, or nothing where none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

template <class Interface>
std::unique_ptr<Interface> Options::make(const Key& key, std::string_view fallback, const Context& context) {
    const auto family = kinds<Interface>();
    if (describing()) {
        std::unique_ptr<Interface> chosen;
        choose(key, fallback, false, family.names(), family.summaries());
        for (std::size_t i = 0; i < family.size(); ++i) {
            Options options = kind_options(key, false, family.names()[i]);
            auto made = family.make(i, options, context);
            if (family.names()[i] == fallback) chosen = std::move(made);
        }
        return chosen;
    }
    Choice choice = choose(key, fallback, false, family.names(), family.summaries());
    return family.make(choice.index, choice.options, context);
}

template <class Interface>
std::unique_ptr<Interface> Options::make_inline(const Key& key, std::string_view fallback,
                                                const Context& context) {
    const auto family = kinds<Interface>();
    if (describing()) {
        std::unique_ptr<Interface> chosen;
        choose(key, fallback, true, family.names(), family.summaries());
        for (std::size_t i = 0; i < family.size(); ++i) {
            Options options = kind_options(key, true, family.names()[i]);
            auto made = family.make(i, options, context);
            if (family.names()[i] == fallback) chosen = std::move(made);
        }
        return chosen;
    }
    Choice choice = choose(key, fallback, true, family.names(), family.summaries());
    return family.make(choice.index, choice.options, context);
}

}  // namespace snnff
