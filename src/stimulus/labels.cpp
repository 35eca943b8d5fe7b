#include "stimulus/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "snnff/error.hpp"

namespace snnff {
namespace {

/// A label written as decimal digits, with ".0" behind it or without.
std::optional<std::int32_t> as_number(std::string_view text) {
    if (text.ends_with(".0")) text.remove_suffix(2);
    std::int32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

std::int32_t whole(std::string_view where, std::size_t sample, double value) {
    // NaN and what does not fit an integer fail the first comparison
    if (!(value >= 0.0 && value <= largest_label) ||
        value != static_cast<double>(static_cast<std::int32_t>(value))) {
        throw DataError(fmt::format("{}: sample {} has the label {}; labels are whole numbers from 0 to {}",
                                    where, sample, value, largest_label));
    }
    return static_cast<std::int32_t>(value);
}

}  // namespace

bool is_one_hot(std::span<const double> values, std::size_t n_columns) {
    bool beyond_first = false;
    for (std::size_t first = 0; first < values.size(); first += n_columns) {
        const auto row = values.subspan(first, n_columns);
        const auto n_ones = std::ranges::count(row, 1.0), n_zeros = std::ranges::count(row, 0.0);
        if (n_ones != 1 || static_cast<std::size_t>(n_ones + n_zeros) != n_columns) return false;
        beyond_first = beyond_first || row[0] == 0.0;
    }
    return beyond_first;
}

std::vector<std::int32_t> labels_from(std::string_view where, const std::vector<std::uint64_t>& shape,
                                      std::span<const double> values, std::size_t n) {
    std::vector<std::uint64_t> axes = shape;
    std::erase(axes, std::uint64_t{1});
    if (axes.size() > 2) {
        throw DataError(fmt::format(
            "{}: has the shape [{}]; [sample], or [sample, class] with one 1 in each row, is expected", where,
            fmt::join(shape, ", ")));
    }
    std::vector<std::int32_t> labels(n);
    if (axes.size() < 2) {
        for (std::size_t i = 0; i < n; ++i) labels[i] = whole(where, i, values[i]);
        return labels;
    }
    const auto n_classes = static_cast<std::size_t>(axes[1]);
    if (!is_one_hot(values, n_classes)) {
        throw DataError(fmt::format(
            "{}: has the shape [{}]; rows of {} are labels where each is 0 but for a single 1, and these "
            "are not",
            where, fmt::join(shape, ", "), n_classes));
    }
    for (std::size_t i = 0; i < n; ++i) {
        const auto row = values.subspan(i * n_classes, n_classes);
        labels[i] = whole(where, i, static_cast<double>(std::ranges::find(row, 1.0) - row.begin()));
    }
    return labels;
}

ClassNames::ClassNames(std::string_view where, std::vector<std::string> names) : names_(std::move(names)) {
    std::ranges::sort(names_);
    const auto repeated = std::ranges::unique(names_);
    names_.erase(repeated.begin(), repeated.end());
    const auto is_number = [](const std::string& name) { return as_number(name).has_value(); };
    if (std::ranges::all_of(names_, is_number)) {
        names_.clear();
    } else if (names_.size() > largest_label + 1) {
        throw DataError(fmt::format("{}: has {} classes; {} are the most: {}, {}, {}, ...", where,
                                    names_.size(), largest_label + 1, names_[0], names_[1], names_[2]));
    }
}

std::int32_t ClassNames::label(std::string_view where, std::string_view name) const {
    if (names_.empty()) {
        const std::optional<std::int32_t> number = as_number(name);
        if (!number || *number > largest_label) {
            throw DataError(
                fmt::format("{}: has the label \"{}\"; labels are whole numbers from 0 to {}, as the "
                            "training set's are",
                            where, name, largest_label));
        }
        return *number;
    }
    const auto found = std::ranges::lower_bound(names_, name);
    if (found == names_.end() || *found != name) {
        throw DataError(
            fmt::format("{}: has the label \"{}\", which the training set does not: {}", where, name,
                        fmt::join(std::span{names_}.first(std::min<std::size_t>(names_.size(), 10)), ", ")));
    }
    return static_cast<std::int32_t>(found - names_.begin());
}

}  // namespace snnff
