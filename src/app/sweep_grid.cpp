#include "app/sweep_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "snnff/error.hpp"

namespace snnff::app {
namespace {

constexpr std::size_t most_cells = 10'000;
constexpr std::size_t longest_name = 120;  // file systems take 255, and ".h5.new" has to fit

std::string_view without_blanks(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool is_portable(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/// FNV-1a (Fowler, Noll & Vo), 32 bits: the same on every machine, unlike std::hash.
std::uint32_t hash_of(std::string_view text) {
    std::uint32_t hash = 2166136261u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
}

/// The text with everything else than portable characters made a dash, runs of them one.
std::string portable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_portable(c)) {
            out += c;
        } else if (!out.empty() && out.back() != '-') {
            out += '-';
        }
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out;
}

/// A text in quotes is the same value as the bare word.
std::string_view without_quotes(std::string_view value) {
    const bool quoted =
        value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
    if (!quoted) return value;
    const std::string_view inner = value.substr(1, value.size() - 2);
    return inner.find(value.front()) == std::string_view::npos ? inner : value;
}

template <class T>
void refuse_doubles(const std::vector<T>& values, const std::string& option) {
    std::set<T> seen;
    for (const T& value : values) {
        if (!seen.insert(value).second) {
            throw UsageError(fmt::format("{}: {} stands there twice; once is enough", option, value));
        }
    }
}

void check(const std::vector<Axis>& axes, const std::vector<std::uint64_t>& seeds) {
    std::set<std::string> keys;
    std::size_t n_cells = 1;
    const auto multiply = [&](std::size_t n) {
        n_cells *= n;  // both are small enough: the command line has less than 2^32 values
        if (n_cells > most_cells) {
            throw UsageError(
                fmt::format("the grid has more than {} cells; several sweeps of fewer will do", most_cells));
        }
    };
    for (const Axis& axis : axes) {
        if (!keys.insert(axis.key).second) {
            throw UsageError(fmt::format("--over {}: given twice; one list takes all values", axis.key));
        }
        if (axis.key == "seed" && !seeds.empty()) {
            throw UsageError("--over seed and --seeds both give the seed; keep one of them");
        }
        refuse_doubles(axis.values, "--over " + axis.key);
        multiply(axis.values.size());
    }
    if (!seeds.empty()) multiply(seeds.size());
    refuse_doubles(seeds, "--seeds");
}

}  // namespace

std::vector<std::string> split_values(std::string_view text, const std::string& option) {
    std::vector<std::string> values;
    std::string open;  // brackets that have to be closed, innermost last
    char quote = '\0';
    std::size_t first = 0;
    const auto take = [&](std::size_t end) {
        const std::string_view value = without_blanks(text.substr(first, end - first));
        if (value.empty())
            throw UsageError(
                fmt::format("{}: a value is empty; KEY=VALUE,VALUE,... is what it takes", option));
        values.emplace_back(value);
        first = end + 1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            if (c == '\\' && quote == '"') {
                ++i;
            } else if (c == quote) {
                quote = '\0';
            }
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == '{') {
            open += c == '[' ? ']' : '}';
        } else if (c == ']' || c == '}') {
            if (open.empty() || open.back() != c) {
                throw UsageError(fmt::format("{}: \"{}\" closes nothing", option, c));
            }
            open.pop_back();
        } else if (c == ',' && open.empty()) {
            take(i);
        }
    }
    if (quote != '\0') throw UsageError(fmt::format("{}: a quote {} stays open", option, quote));
    if (!open.empty()) throw UsageError(fmt::format("{}: a \"{}\" is missing", option, open.back()));
    take(text.size());
    return values;
}

Axis axis_of(const std::string& assignment) {
    const std::string option = "--over " + assignment;
    const std::size_t at = assignment.find('=');
    if (at == std::string::npos || at == 0) {
        throw UsageError(fmt::format("{}: no \"=\" in it; KEY=VALUE,VALUE,... is what it takes", option));
    }
    return {assignment.substr(0, at), split_values(std::string_view(assignment).substr(at + 1), option)};
}

std::vector<Cell> make_grid(const std::vector<Axis>& axes, const std::vector<std::uint64_t>& seeds) {
    check(axes, seeds);
    std::vector<Cell> cells{{}};
    const auto multiply = [&](auto&& vary, std::size_t n) {
        std::vector<Cell> product;
        for (const Cell& cell : cells) {
            for (std::size_t i = 0; i < n; ++i) vary(product.emplace_back(cell), i);
        }
        cells = std::move(product);
    };
    for (const Axis& axis : axes) {
        multiply(
            [&](Cell& cell, std::size_t i) {
                const std::string& value = axis.values[i];
                cell.values.push_back(value);
                cell.overrides.push_back({axis.key, value, fmt::format("--over {}={}", axis.key, value)});
            },
            axis.values.size());
    }
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i].setting = i;
    if (!seeds.empty()) {
        multiply(
            [&](Cell& cell, std::size_t i) {
                cell.seed = std::to_string(seeds[i]);
                cell.overrides.push_back({"seed", cell.seed, "--seeds " + cell.seed});
            },
            seeds.size());
    }
    std::map<std::string, std::string> described;
    for (Cell& cell : cells) {
        std::vector<std::pair<std::string, std::string>> settings;
        for (const Override& option : cell.overrides) settings.emplace_back(option.key, option.value);
        cell.name = file_name_of(settings);
        const auto [found, is_new] = described.emplace(cell.name, describe(cell, axes));
        if (!is_new) {
            throw UsageError(fmt::format("{} and {} would both be called {}.h5; are they not the same?",
                                         found->second, describe(cell, axes), cell.name));
        }
    }
    return cells;
}

std::string describe(const Cell& cell, const std::vector<Axis>& axes) {
    std::string text;
    for (std::size_t a = 0; a < axes.size(); ++a) {
        text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", axes[a].key, cell.values[a]);
    }
    if (!cell.seed.empty()) text += fmt::format("{}seed = {}", text.empty() ? "" : ", ", cell.seed);
    return text;
}

std::string file_name_of(const std::vector<std::pair<std::string, std::string>>& settings) {
    std::string name, exact;
    bool lost = false;
    for (const auto& [key, value] : settings) {
        const std::string_view plain = without_quotes(value);
        const std::string part = portable(key) + "-" + portable(plain);
        // "--" parts the settings; inside of one it could pass for the end of it.
        lost = lost || part != fmt::format("{}-{}", key, plain) || plain.find("--") != std::string_view::npos;
        name += (name.empty() ? "" : "--") + part;
        exact += fmt::format("{}={}\n", key, plain);
    }
    if (!lost && name.size() <= longest_name) return name;
    const std::string tail = fmt::format("-{:08x}", hash_of(exact));
    return name.substr(0, longest_name - tail.size()) + tail;
}

}  // namespace snnff::app
