#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
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

/// One value of a model file with its place (that of its key, where it has one). Tables keep the
/// order of the file.
struct Node {
    using Array = std::vector<Node>;
    using Table = std::vector<std::pair<std::string, Node>>;

    using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table>;

    Value value;
    Place place;

    Node();
    Node(Value value, Place place);
    Node(const Node&);
    Node(Node&&) noexcept;
    Node& operator=(const Node&);
    Node& operator=(Node&&) noexcept;
    ~Node();

    bool is_table() const noexcept { return std::holds_alternative<Table>(value); }
    const Node* find(std::string_view key) const noexcept;  ///< nullptr where absent or no table
    Node* find(std::string_view key) noexcept;
    /// The value at a dotted path ("population.hidden1.beta"); missing tables are made, and a kind
    /// given as a plain string becomes { kind = "..." } where the path goes on below it.
    /// Throws ModelError, starting with `place`, where the path is none or leads through a number.
    Node& at_path(std::string_view dotted, const Place& place);
};

/// A value as TOML on one line; doubles in their shortest form that reads back as the same number.
std::string value_text(const Node& node);
/// A key as TOML: bare, or in quotes where it has to be.
std::string key_text(std::string_view key);

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
    enum class Type { number, integer, flag, text, file, choice, numbers, integers, words, table, kind };
    std::string path;  ///< "learning.rate"; "population.*.beta"; "learning.loss.theta"
    Type type = Type::text;
    std::string unit;
    std::string meaning;
    std::string default_text;  ///< as TOML; empty where there is none
    Bounds bounds;
    /// Choices, the kinds of a family, the words a list may hold (empty: any), or the words that may
    /// stand in place of a number.
    std::vector<std::string> allowed;
    std::vector<std::string> allowed_summaries;  ///< a line per kind; empty for choices
    bool in_line = false;   ///< of a kind: its keys stand beside it, not in a table of their own
    bool required = false;  ///< has no default and must be given
    /// Which kind the key belongs to: {"population.*.neuron", "lif"}; empty where it always applies.
    /// Nested kinds add up, outermost first.
    std::vector<std::pair<std::string, std::string>> only_for;
};

/// What a key takes, in words: `a whole number, 1 to 1000000`; `one of "l2", "rms", "none"`.
std::string allowed_text(const KeyDoc& doc);

class Document;

/// One table of a model file while it is read: typed, checked, documented. Every getter
///  - returns the value, or the fallback where the key is absent,
///  - throws ModelError with place, key, value and what is allowed where it will not do,
///  - notes the resolved value (the run file keeps the whole resolved model) and, when the library
///    describes itself, the key's documentation.
/// Where the document collects faults, a getter keeps what it would throw and returns its fallback.
/// A fallback of NaN, or an empty file name, means that there is none: it is returned, not noted.
/// Copies refer to the same table.
class Options {
  public:
    double number(const Key& key, double fallback, Bounds bounds = {});
    /// A number, or `word` (which is also the default): nothing where it is the word.
    std::optional<double> number_or(const Key& key, std::string_view word, Bounds bounds = {});
    /// Numbers without a fraction are whole however they are written: 1e3 is 1000.
    std::int64_t integer(const Key& key, std::int64_t fallback, Bounds bounds = {});
    bool flag(const Key& key, bool fallback);
    std::string text(const Key& key, std::string_view fallback);
    /// A path; relative ones are taken from the model file's folder. Resolved to an absolute path.
    std::filesystem::path file(const Key& key, std::string_view fallback);
    /// A path that has no default.
    std::filesystem::path required_file(const Key& key);
    /// Index into `allowed`. An empty fallback documents no default; absent keys are then allowed.size().
    std::size_t choice(const Key& key, std::string_view fallback, std::span<const std::string_view> allowed);
    /// One number for all, or an array with one per unit: always returns n numbers.
    std::vector<float> numbers(const Key& key, double fallback, std::size_t n, Bounds bounds = {});
    /// A list of whole numbers, none of them twice.
    std::vector<std::int64_t> integers(const Key& key, std::vector<std::int64_t> fallback,
                                       Bounds bounds = {});
    /// A list of words, none of them twice, each one of `allowed` unless that is empty.
    std::vector<std::string> words(const Key& key, std::vector<std::string> fallback,
                                   std::span<const std::string_view> allowed = {});

    /// A sub-table; an absent one reads as empty (all defaults).
    Options table(const Key& key);
    /// The sub-tables of a sub-table, by name, in the order of the file: population.<name>.
    /// While describing, one that is called "*".
    std::vector<std::pair<std::string, Options>> named_tables(const Key& key);

    /// A choice of kind from a catalogue family: `loss = "softplus"`, or
    /// `loss = { kind = "softplus", theta = 5.0 }`. Unknown kinds are answered with the nearest.
    template <class Interface>
    std::unique_ptr<Interface> make(const Key& key, std::string_view fallback, const Context& context) {
        return make_kind<Interface>(key, fallback, context, false);
    }
    /// The same where the kind's own keys stand beside its name: a population's `neuron`.
    template <class Interface>
    std::unique_ptr<Interface> make_inline(const Key& key, std::string_view fallback,
                                           const Context& context) {
        return make_kind<Interface>(key, fallback, context, true);
    }

    /// Reads a part of a model that others do not need. Where the document collects faults, what `read`
    /// throws is kept for Document::refuse_unknown_keys, and the answer is false: the part is incomplete.
    bool section(const std::function<void()>& read) const;

    bool given(std::string_view name) const;     ///< whether the file or --set has this key
    bool is_table(std::string_view name) const;  ///< and whether it is a table, of keys that take either
    bool describing() const noexcept;            ///< no model is read, only documentation is collected
    const std::string& path() const noexcept { return path_; }

    /// "place: population.hidden1.beta = 1.5 <why>"; `why` says what would do.
    [[noreturn]] void reject(std::string_view name, std::string_view why) const;
    /// Two keys that do not go together; names both with their places.
    [[noreturn]] void conflict(std::string_view name, const Options& other, std::string_view other_name,
                               std::string_view why) const;

  private:
    friend class Document;
    using OnlyFor = std::vector<std::pair<std::string, std::string>>;
    Options(Document& document, std::string path, const Node* node, Place place, OnlyFor only_for);

    /// As section() does, for a single value, which is then its fallback.
    bool tried(const std::function<void()>& check) const;
    std::string path_of(std::string_view name) const;
    Options below(std::string_view name, const Node* node) const;
    KeyDoc documented(const Key& key, KeyDoc::Type type, const Node& fallback, Bounds bounds = {}) const;
    /// Marks the key as known, documents it while describing; the value, or nullptr where there is none.
    const Node* look_up(const Key& key, const KeyDoc& doc);
    /// Notes the value in the resolved model.
    void keep(const Key& key, Node value);
    std::filesystem::path resolved_file(const Key& key, const std::string& name);
    std::string assignment(std::string_view name) const;
    Place place_of(std::string_view name) const;

    struct Choice;
    /// Which kind is chosen, and its own keys. While describing: the fallback.
    Choice choose(const Key& key, std::string_view fallback, bool in_line,
                  std::span<const std::string_view> names, std::span<const std::string_view> summaries);
    Options options_of_kind(const Key& key, bool in_line, std::string_view kind) const;

    template <class Interface>
    std::unique_ptr<Interface> make_kind(const Key& key, std::string_view fallback, const Context& context,
                                         bool in_line);

    Document* document_;
    std::string path_;
    const Node* node_;  // nullptr where the table is absent
    Place place_;       // of the table, or of the nearest one around it
    OnlyFor only_for_;
};

/// A file or folder as the model names it, and where that is.
struct GivenFile {
    std::string name;
    std::filesystem::path path;
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
    /// From here on faults are kept, for one message that has all of them; first those `found` before.
    void collect_faults(std::vector<std::string> found = {});
    /// Call after everything was read: throws ModelError for the first key nobody asked for, with the nearest
    /// known one; where faults are collected, for all of them by their places, their number at the end.
    /// `every_key`, where given, tells keys of another kind, or of another table, from typing errors.
    void refuse_unknown_keys(std::span<const KeyDoc> every_key = {});
    /// The model with every default filled in, in the order in which keys were asked for.
    const Node& resolved() const noexcept { return resolved_; }
    const std::vector<KeyDoc>& docs() const noexcept { return docs_; }
    const std::vector<GivenFile>& given_files() const noexcept { return given_files_; }

  private:
    friend class Options;
    /// What is wrong, and where: with one key, or with two that do not go together.
    struct Fault {
        std::string text;
        Place place;
    };
    void find_unknown_keys(const Node& table, const std::string& path, std::span<const KeyDoc> every_key);
    bool try_to(const std::function<void()>& read);
    void keep(const Fault& fault);
    bool is_faulty(const Place& place) const;
    std::string place_in_words(const std::string& path) const;  // of a table, for the start of a message

    const Node* root_;
    std::filesystem::path folder_;
    Node resolved_;
    std::vector<KeyDoc> docs_;
    std::vector<GivenFile> given_files_;
    std::set<std::pair<const Node*, std::string>> known_;  // (table, key) somebody asked for
    std::vector<Fault> faults_;
    std::set<const Node*> doubtful_;  // tables with a kind that nobody knows: its keys cannot be told
    bool collects_ = false;
    bool is_incomplete_ = false;   // a part was not read to its end, so that known_ lacks some keys
    std::set<std::string> named_;  // paths of tables whose keys are names
};

struct Options::Choice {
    std::size_t index;
    Options options;
};

/// The known word nearest to `word` by edit distance, or nothing where none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

template <class Interface>
std::unique_ptr<Interface> Options::make_kind(const Key& key, std::string_view fallback,
                                              const Context& context, bool in_line) {
    const auto family = kinds<Interface>();
    Choice choice = choose(key, fallback, in_line, family.names(), family.summaries());
    if (!describing()) return family.make(choice.index, choice.options, context);

    std::unique_ptr<Interface> chosen;
    for (std::size_t i = 0; i < family.size(); ++i) {
        Options options = options_of_kind(key, in_line, family.names()[i]);
        auto made = family.make(i, options, context);
        if (i == choice.index) chosen = std::move(made);
    }
    return chosen;
}

}  // namespace snnff
