#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace snnff::app {

/// Words after an option, or by their place, that are read into a variable. Refusals are UsageErrors that
/// come while the command line is read.
class Option {
  public:
    Option& required();
    /// What stands for the value in help: FILE.
    Option& type_name(std::string_view name);
    Option& one_of(std::initializer_list<const char*> values);
    /// Refuses what is no whole number of these bounds, whatever type it would be turned into.
    Option& whole_number(std::int64_t least, std::int64_t most);
    /// Refuses what is no number above 0, or as good as 0 or infinite in float32.
    Option& positive();
    /// Values with this between them are several.
    Option& delimiter(char between);
    /// An option that may be repeated takes the word after it, not all words up to the next option.
    Option& one_value_each();
    Option& excludes(const Option& other);

  private:
    friend class Command;
    explicit Option(void* option) noexcept : option_(option) {}
    void* option_;
};

/// A verb of the command line, or the program. What reads the words is CLI11, which stays behind this header:
/// it costs seconds in every file that includes it.
class Command {
  public:
    explicit Command(std::string name, const std::string& summary, const std::string& examples);
    Command(Command&&) noexcept;
    Command& operator=(Command&&) noexcept;
    ~Command();

    /// `summary` stands in the list of verbs; help opens with `examples`, one per line.
    Command verb(const std::string& name, const std::string& summary, const std::string& examples);

    /// `names` as in "-o,--output", or "MODEL" for what is told by its place. `value` is a std::string,
    /// std::size_t, std::int64_t, an optional std::uint64_t or double, or a vector of std::string or
    /// std::uint64_t; it is read while the command line is, and keeps what it has where the option is not
    /// given.
    template <class Value>
    Option option(const std::string& names, Value& value, const std::string& meaning);
    Option flag(const std::string& names, bool& value, const std::string& meaning);

    void footer(const std::string& text);
    /// Whether this verb is the one that was asked for.
    bool asked() const;
    /// Reads the words into what the options name. Returns what to print where help or the version was asked
    /// for, which is all that is to be done then; else nothing. Throws UsageError, with the nearest verb for
    /// one that nobody knows.
    std::string read(const std::vector<std::string>& words, const std::string& version);

  private:
    struct Implementation;
    explicit Command(std::unique_ptr<Implementation> implementation) noexcept;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace snnff::app
