#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "snnff/data_file.hpp"
#include "snnff/input_facts.hpp"

namespace snnff {

/// One fact about how a run came about: text, or a number.
using Fact = std::variant<std::string, std::uint64_t>;

/// The fact as people read it.
std::string text_of(const Fact& fact);

/// A stretch of a run: from where it began, or was taken up, to where it ended or was cut.
struct Stretch {
    std::int64_t first_epoch = 0;  ///< the first one it ended; counted through the whole plan
    std::string version{}, git_commit{}, libraries{}, kernels{}, cpu{}, host{}, command_line{};
    std::string kernels_from{}, threads_from{};  ///< what chose the kernels and the number of threads
    std::string created{};                       ///< ISO 8601, UTC
    std::uint64_t threads = 0;

    bool operator==(const Stretch&) const = default;
};

/// How a run came about: /provenance of a run file.
struct Provenance {
    std::vector<std::pair<std::string, Fact>> facts{};  ///< attributes, in this order; of the first stretch
    std::vector<DataFile> data{};                       ///< /provenance/data, paths as the model gave them
    std::vector<Stretch> stretches{};                   ///< /provenance/stretches
    std::vector<std::pair<std::string, InputFacts>> inputs{};  ///< /provenance/inputs, by role

    void add(std::string name, std::string_view text) {
        facts.emplace_back(std::move(name), std::string(text));
    }
    void add(std::string name, std::uint64_t number) { facts.emplace_back(std::move(name), number); }
    /// A fact as text; empty where there is none of that name.
    std::string text(std::string_view name) const;
};

}  // namespace snnff
