#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/options.hpp"

namespace snnff {

inline constexpr std::size_t most_classes = 256;  ///< as in overlay.n_labels

/// Labels as a file has them, one for each sample: numbers or names.
struct FoundLabels {
    std::vector<double> number;      ///< [sample], whole
    std::vector<std::string> name;   ///< [sample]; one of both is empty
    std::vector<std::string> order;  ///< names in the order of their classes, where the file has one
    bool one_hot = false;            ///< `number` is a position, which is a class already
    bool no_names = false;           ///< the format has none, so that a number is a place among names

    std::size_t size() const noexcept { return number.empty() ? name.size() : number.size(); }
};

/// Labels that are numbers, in an array of the shape [n_samples], with axes of length 1 wherever they may be,
/// or one-hot: [n_samples, class] or [class, n_samples], one 1 among zeros for each sample. `values` are in C
/// order, `of` is what the samples are called in a message. Throws DataError that starts with `where`.
FoundLabels labels_in(std::string_view where, std::span<const double> values,
                      std::span<const std::uint64_t> shape, std::string_view of, std::uint64_t n_samples);
/// Labels that are names, as class_name() has them; an empty one is refused, and one that holds a zero byte.
FoundLabels labels_in(std::string_view where, std::vector<std::string> names);
/// What a class is called whose label a file has as `label`: without the blanks at its end, and in UTF-8, as
/// text in run files is. Text that is not UTF-8 is taken for Latin-1, in which old programs write it.
std::string class_name(std::string label);

/// The keys that say which class a label is: data.first_label and data.classes. Every reader has them whose
/// files hold labels.
///
///   number    a class of that name, where data.classes names numbers, or data.named_labels says that labels
///             are names, or data.classes names the number, of these and of words, at another place than
///             number − data.first_label; else number − data.first_label
///   name      its place in data.classes; where that names none, its place among all names of the file, in
///             ascending order: numbers by value, before all else by its bytes
class LabelKeys {
  public:
    explicit LabelKeys(Options& options);

    /// Classes of the first `n` samples. Names are sought among all samples, so that `n` moves no class.
    /// Throws DataError.
    std::vector<std::int32_t> classes_of(std::string_view where, const FoundLabels& found,
                                         std::size_t n) const;
    /// What Dataset::class_names has for them; empty where the labels have no names.
    std::vector<std::string> names_of(const FoundLabels& found) const;
    /// What is to be said where numbers are taken for places among names that other files gave.
    std::vector<std::string> remarks(std::string_view where, const FoundLabels& found) const;

  private:
    /// Whether the numbers of a file are names of classes, not places among them.
    bool are_names(const FoundLabels& found) const;

    std::int64_t first_label_;
    std::vector<std::string> classes_;
    bool named_labels_;
    bool named_after_numbers_ = false;
    /// Numbers among the names of classes that stand elsewhere than at their places, as in "1", "2", "x".
    std::vector<std::int64_t> misplaced_;
};

}  // namespace snnff
