#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "snnff/training.hpp"

namespace snnff {

/// What classes are called where results are shown [label]: the names that the data have, else the numbers as
/// the files have them where those count from data.first_label, else nothing: label 0 is class 0.
std::vector<std::string> class_words(const ModelSpec& model, const std::vector<std::string>& class_names);

/// One class: `"bee"`, or 3 where that is all it is called.
std::string class_word(const std::vector<std::string>& words, std::size_t label);

}  // namespace snnff
