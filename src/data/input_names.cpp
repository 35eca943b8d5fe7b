#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "snnff/error.hpp"
#include "snnff/matrix.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

using Names = std::vector<std::string>;

std::string some_of(const Names& names) {
    constexpr std::size_t most = 6;
    const auto first = std::span(names).first(std::min(names.size(), most));
    return fmt::format("{}{}", fmt::join(first, ", "), names.size() > most ? ", ..." : "");
}

Names without(const Names& names, const std::set<std::string>& those) {
    Names rest;
    std::ranges::copy_if(names, std::back_inserter(rest),
                         [&](const std::string& name) { return !those.contains(name); });
    return rest;
}

}  // namespace

void align_inputs(Dataset& dataset, const std::vector<std::string>& names) {
    if (names.empty() || dataset.input_names.empty() || dataset.input_names == names) return;
    // Earlier runs kept the mark that np.savetxt puts before the first name.
    if (names.front().starts_with("# ") &&
        std::ranges::find(dataset.input_names, names.front()) == dataset.input_names.end()) {
        Names bare = names;
        bare.front().erase(0, std::min(bare.front().find_first_not_of("# \t"), bare.front().size()));
        return align_inputs(dataset, bare);
    }
    const std::set<std::string> here(dataset.input_names.begin(), dataset.input_names.end()),
        wanted(names.begin(), names.end());
    const std::string where = dataset.files.empty() ? "data" : dataset.files.front().path.string();
    if (here.size() != dataset.input_names.size() || wanted.size() != names.size()) {
        dataset.remarks.push_back(
            fmt::format("{}: its columns are called {}, those of training {}; they are taken in their order, "
                        "since a name that stands twice tells none",
                        where, some_of(dataset.input_names), some_of(names)));
        return;
    }
    const Names missing = without(names, here), further = without(dataset.input_names, wanted);
    if (missing.size() == names.size() && here.size() == wanted.size()) {
        dataset.remarks.push_back(
            fmt::format("{}: its columns are called {}, those of training {}; they are taken in their order, "
                        "and names alike would tell them apart",
                        where, some_of(dataset.input_names), some_of(names)));
        return;
    }
    if (!missing.empty()) {
        throw DataError(fmt::format("{}: has no column {}, which training has; its columns are {}", where,
                                    some_of(missing), some_of(dataset.input_names)));
    }
    if (!further.empty()) {
        const bool one = further.size() == 1;
        dataset.remarks.push_back(fmt::format("{}: column{} {} {} not among those of training, and left out",
                                              where, one ? "" : "s", some_of(further), one ? "is" : "are"));
    }
    Matrix x(dataset.size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto from = static_cast<std::size_t>(std::ranges::find(dataset.input_names, names[i]) -
                                                   dataset.input_names.begin());
        for (std::size_t s = 0; s < dataset.size(); ++s) x(s, i) = dataset.x(s, from);
    }
    dataset.x = std::move(x);
    dataset.input_names = names;
}

}  // namespace snnff
