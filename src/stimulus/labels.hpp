#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snnff {

inline constexpr std::int32_t largest_label = 255;  // overlay.n_labels is at most 256

/// Whether every row of `n_columns` values is 0 but for a single 1, and not all have it in the first column.
bool is_one_hot(std::span<const double> values, std::size_t n_columns);

/// The labels of the first `n` samples out of an array of numbers: [sample], with axes of length 1 beside it
/// or not, or [sample, class] with one 1 in each row. Numbers of any type may be whole. Throws DataError.
std::vector<std::int32_t> labels_from(std::string_view where, const std::vector<std::uint64_t>& shape,
                                      std::span<const double> values, std::size_t n);

/// The classes of labels given as texts, in the order of their numbers: sorted bytewise; those that are whole
/// numbers stand for themselves.
class ClassNames {
  public:
    /// Of a training set, in any order, repeated or not. Throws DataError for more than 256.
    ClassNames(std::string_view where, std::vector<std::string> names);
    /// Throws DataError for a name that the training set does not have; `where` says of which sample.
    std::int32_t label(std::string_view where, std::string_view name) const;
    /// By label; empty where they are numbers.
    const std::vector<std::string>& names() const noexcept { return names_; }

  private:
    std::vector<std::string> names_;
};

}  // namespace snnff
