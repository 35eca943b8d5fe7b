#include "data/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "core/utf8.hpp"
#include "io/csv.hpp"
#include "snnff/error.hpp"
#include "snnff/stimulus.hpp"

namespace snnff {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

bool is_number(const std::string& name) {
    const auto value = csv_number(name);
    return value && std::isfinite(*value);
}

/// Numbers by value, before names by their bytes.
bool comes_before(const std::string& a, const std::string& b) {
    const auto number_a = whole_number(a), number_b = whole_number(b);
    if (number_a && number_b && *number_a != *number_b) return *number_a < *number_b;
    if (number_a.has_value() != number_b.has_value()) return number_a.has_value();
    return a < b;
}

/// The class that is called so, be it in other digits: 1 is "1", or else "01", or "1.0".
std::optional<std::size_t> class_called(std::span<const std::string> names, double number) {
    const auto same = std::ranges::find(names, fmt::format("{}", number));
    if (same != names.end()) return static_cast<std::size_t>(same - names.begin());
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto value = csv_number(names[i]); value && *value == number) return i;
    }
    return {};
}

/// `"cat", "dog" and 7 more`
std::string listed(std::span<const std::string> names) {
    constexpr std::size_t most = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        text += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", names[i]);
    if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
    return text;
}

void check_count(std::string_view where, const std::vector<std::string>& names) {
    if (names.size() <= most_classes) return;
    throw DataError(fmt::format("{}: has {} different labels, {}; there are {} classes at most", where,
                                names.size(), listed(names), most_classes));
}

std::vector<std::string> in_order(const FoundLabels& found) {
    if (!found.order.empty()) return found.order;
    std::vector<std::string> names = found.name;
    std::ranges::sort(names, comes_before);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

[[noreturn]] void refuse_label(std::string_view where, std::size_t sample, std::string_view label,
                               std::span<const std::string> names) {
    throw DataError(fmt::format("{}: sample {} has the label \"{}\", which is no class; there are {}", where,
                                sample, label, listed(names)));
}

/// What would do for numbers that are not 0 to 255.
std::string way_out(std::span<const double> numbers) {
    const auto [least, most] = std::ranges::minmax(numbers);
    if (most - least < static_cast<double>(most_classes) && std::abs(least) < 1e15) {
        const std::set<double> values(numbers.begin(), numbers.end());
        if (static_cast<double>(values.size()) == most - least + 1.0)
            return fmt::format("; data.first_label = {} would do", least);
    }
    const std::set<double> values(numbers.begin(), numbers.end());
    if (values.size() > most_classes || std::abs(least) >= 1e15 || std::abs(most) >= 1e15) return "";
    std::string names;
    for (const double value : values) {
        if (values.size() > 8 && names.size() > 40)
            return "; data.classes can name the numbers that there are";
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", value);
    }
    return fmt::format("; data.classes = [{}] would do", names);
}

/// Position of the single 1 of each sample; `stride` from one class to the next.
FoundLabels from_one_hot(std::string_view where, std::span<const double> values, std::size_t n_samples,
                         std::size_t n_classes, bool sample_first) {
    FoundLabels found;
    found.one_hot = true;
    found.number.reserve(n_samples);
    for (std::size_t s = 0; s < n_samples; ++s) {
        std::size_t n_ones = 0, at = 0;
        bool others = false;
        for (std::size_t c = 0; c < n_classes; ++c) {
            const double value = values[sample_first ? s * n_classes + c : c * n_samples + s];
            others = others || (value != 0.0 && value != 1.0);
            if (value != 1.0) continue;
            ++n_ones;
            at = c;
        }
        if (others || n_ones != 1) {
            throw DataError(fmt::format(
                "{}: has a label of {} numbers for each sample, which is read where one of them is 1 and all "
                "others are 0; sample {} has {}",
                where, n_classes, s, others ? std::string("other numbers") : fmt::format("{} ones", n_ones)));
        }
        found.number.push_back(static_cast<double>(at));
    }
    return found;
}

}  // namespace

FoundLabels labels_in(std::string_view where, std::span<const double> values,
                      std::span<const std::uint64_t> shape, std::string_view of, std::uint64_t n_samples) {
    std::vector<std::uint64_t> axes;
    std::ranges::copy_if(shape, std::back_inserter(axes), [](std::uint64_t n) { return n != 1; });
    if (axes.size() == 1 && n_samples == 1 && axes[0] > 1) axes.insert(axes.begin(), 1);
    const bool flat = axes.empty() ? n_samples == 1 : axes.size() == 1 && axes[0] == n_samples;
    if (flat && !shape.empty()) {
        FoundLabels found;
        found.number.assign(values.begin(), values.end());
        for (std::size_t s = 0; s < values.size(); ++s) {
            if (values[s] == std::trunc(values[s])) continue;  // false for NaN
            throw DataError(fmt::format("{}: sample {} has the label {}; labels are whole numbers or names",
                                        where, s, values[s]));
        }
        return found;
    }
    if (axes.size() == 2 && (axes[0] == n_samples || axes[1] == n_samples)) {
        const bool sample_first = axes[0] == n_samples;
        const std::uint64_t n_classes = sample_first ? axes[1] : axes[0];
        if (n_classes <= most_classes) {
            return from_one_hot(where, values, static_cast<std::size_t>(n_samples),
                                static_cast<std::size_t>(n_classes), sample_first);
        }
    }
    throw DataError(
        fmt::format("{}: has the shape [{}]; {} has {} samples, so [{}] is expected, or one-hot [{}, class]",
                    where, fmt::join(shape, ", "), of, n_samples, n_samples, n_samples));
}

FoundLabels labels_in(std::string_view where, std::vector<std::string> names) {
    for (std::size_t s = 0; s < names.size(); ++s) {
        names[s] = class_name(std::move(names[s]));
        if (names[s].empty()) throw DataError(fmt::format("{}: sample {} has an empty label", where, s));
        if (const std::size_t at = names[s].find('\0'); at != std::string::npos) {
            throw DataError(fmt::format(
                "{}: sample {} has a label that holds a zero byte, after \"{}\"; text without one would do",
                where, s, names[s].substr(0, at)));
        }
    }
    FoundLabels found;
    found.name = std::move(names);
    return found;
}

std::string class_name(std::string label) {
    label.erase(label.find_last_not_of(" \t\r\n") + 1);
    return is_utf8(label) ? label : utf8_of_latin1(label);
}

LabelKeys::LabelKeys(Options& options)
    : first_label_(options.integer({"first_label", "",
                                    "the number that the labels of the files count from, where they are "
                                    "numbers; 1 where classes are 1, 2, 3"},
                                   0, Bounds::between(-1e15, 1e15))),
      classes_(options.words({"classes", "",
                              "names of the classes, in their order: labels are looked up here, and shown "
                              "under these names; none: those of the training samples, in ascending order"},
                             {})),
      named_labels_(options.flag({"named_labels", "",
                                  "whether labels of the files are always names of data.classes, numbers "
                                  "included, as in run files whose training samples had names for labels"},
                                 false)) {
    if (options.describing()) return;
    if (classes_.size() > most_classes) {
        options.reject("classes", fmt::format("names {} classes; {} are allowed at most", classes_.size(),
                                              most_classes));
    }
    if (named_labels_ && classes_.empty())
        options.reject("named_labels", "needs data.classes, where the names are");
    named_after_numbers_ = !classes_.empty() && std::ranges::all_of(classes_, [](const std::string& name) {
        return whole_number(name).has_value();
    });
    if (named_after_numbers_ && first_label_ != 0) {
        options.conflict("first_label", options, "classes",
                         "labels are looked up among the numbers there; one of both keys would do");
    }
    for (std::size_t i = 0; i < classes_.size(); ++i) {
        const auto number = whole_number(classes_[i]);
        if (number && *number != first_label_ + static_cast<std::int64_t>(i)) misplaced_.push_back(*number);
    }
}

bool LabelKeys::are_names(const FoundLabels& found) const {
    if (found.one_hot) return false;
    if (named_after_numbers_) return true;
    if (found.no_names) return false;
    // A place that no name contradicts stays one: digits and letters in the order of their numbers.
    return named_labels_ || std::ranges::any_of(found.number, [this](double number) {
               return std::ranges::any_of(
                   misplaced_, [=](std::int64_t name) { return static_cast<double>(name) == number; });
           });
}

std::vector<std::string> LabelKeys::names_of(const FoundLabels& found) const {
    if (!classes_.empty()) return classes_;
    return found.name.empty() ? std::vector<std::string>() : in_order(found);
}

std::vector<std::string> LabelKeys::remarks(std::string_view where, const FoundLabels& found) const {
    if (!named_labels_ || !found.no_names || named_after_numbers_) return {};
    return {
        fmt::format("{}: its labels are numbers, and those of the training samples names: {} is taken for "
                    "the first of {}, and so on",
                    where, first_label_, listed(classes_))};
}

std::vector<std::int32_t> LabelKeys::classes_of(std::string_view where, const FoundLabels& found,
                                                std::size_t n) const {
    std::vector<std::int32_t> result(n);
    if (!found.name.empty()) {
        const std::vector<std::string> names = names_of(found);
        check_count(where, names);
        if (classes_.empty() && first_label_ != 0) {
            throw DataError(
                fmt::format("{}: holds labels that are text, {}, which are classes in this order; "
                            "data.first_label = {} is for numbers",
                            where, listed(names), first_label_));
        }
        for (std::size_t s = 0; s < n; ++s) {
            const auto at = std::ranges::find(names, found.name[s]);
            if (at == names.end()) refuse_label(where, s, found.name[s], names);
            result[s] = static_cast<std::int32_t>(at - names.begin());
        }
        return result;
    }
    if (found.one_hot && first_label_ != 0) {
        throw DataError(
            fmt::format("{}: holds one-hot labels, whose classes count from 0; data.first_label = {} "
                        "is for numbers",
                        where, first_label_));
    }
    if (named_labels_ && found.one_hot) {
        throw DataError(
            fmt::format("{}: holds one-hot labels, those of the training samples are names, {}; names would "
                        "do",
                        where, listed(classes_)));
    }
    const bool names = are_names(found);
    for (std::size_t s = 0; s < n; ++s) {
        const double number = found.number[s];
        if (names) {
            const auto at = class_called(classes_, number);
            if (!at && named_labels_ && !found.no_names) {
                throw DataError(fmt::format(
                    "{}: sample {} has the label {}, a number, and those of the training samples are names, "
                    "{}; names would do",
                    where, s, number, listed(classes_)));
            }
            if (!at) refuse_label(where, s, fmt::format("{}", number), classes_);
            result[s] = static_cast<std::int32_t>(*at);
            continue;
        }
        const double label = number - static_cast<double>(first_label_);
        if (!(label >= 0.0 && label < static_cast<double>(most_classes))) {
            throw DataError(fmt::format("{}: sample {} has the label {}; labels lie in {} to {}{}", where, s,
                                        number, first_label_,
                                        first_label_ + static_cast<std::int64_t>(most_classes) - 1,
                                        way_out(std::span{found.number}.first(n))));
        }
        result[s] = static_cast<std::int32_t>(label);
        if (classes_.empty() || static_cast<std::size_t>(label) < classes_.size()) continue;
        throw DataError(
            fmt::format("{}: sample {} has the label {}, and data.classes names {} classes; a name for "
                        "each would do",
                        where, s, number, classes_.size()));
    }
    return result;
}

void align_classes(Dataset& dataset, const std::vector<std::string>& names) {
    if (dataset.label.empty() || dataset.class_names == names) return;
    const std::string where = dataset.files.empty() ? "data" : dataset.files.back().path.string();
    // The words among the classes do not occur in a set all of whose labels are numbers.
    const bool as_numbers =
        dataset.class_names.empty() && !dataset.one_hot && std::ranges::any_of(names, is_number);
    if (as_numbers) {
        for (std::size_t label = 0; label < most_classes; ++label)
            dataset.class_names.push_back(std::to_string(label));
    }
    if (dataset.class_names.empty() || names.empty()) {
        throw DataError(fmt::format(
            "{}: its labels are {}, those of the training samples are {}; data.classes = [{}] names classes",
            where,
            dataset.class_names.empty() ? (dataset.one_hot ? "one-hot" : "numbers")
                                        : listed(dataset.class_names),
            names.empty() ? "numbers" : listed(names), listed(names.empty() ? dataset.class_names : names)));
    }
    std::vector<std::int32_t> place(dataset.class_names.size(), -1);
    for (std::size_t i = 0; i < place.size(); ++i) {
        const auto same = std::ranges::find(names, dataset.class_names[i]);
        const auto at = as_numbers            ? class_called(names, static_cast<double>(i))
                        : same != names.end() ? std::optional<std::size_t>(same - names.begin())
                                              : std::nullopt;
        if (at) place[i] = static_cast<std::int32_t>(*at);
    }
    for (auto* labels : {&dataset.label, &dataset.negative_label}) {
        for (std::size_t s = 0; s < labels->size(); ++s) {
            const auto was = static_cast<std::size_t>((*labels)[s]);
            if (place[was] < 0) {
                throw DataError(fmt::format(
                    "{}: sample {} has the label \"{}\", which no training sample has; there are {}", where,
                    s, dataset.class_names[was], listed(names)));
            }
            (*labels)[s] = place[was];
        }
    }
    dataset.class_names = names;
}

}  // namespace snnff
