#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "snnff/digest.hpp"

namespace snnff::app {

/// How two runs of one model agree.
struct Agreement {
    std::size_t first = 0, second = 0;  ///< places in the list that was given
    std::int64_t n_epochs = 0;          ///< compared, where one of them is not complete; else 0
    ArraysCompared arrays{};

    bool same() const noexcept { return arrays.n_different == 0; }
};

/// Every run with the first one before it that has the same model: the same keys but for the title, and but
/// for the paths of data files whose SHA-256 are equal. Throws FileError.
std::vector<Agreement> agreements(const std::vector<std::filesystem::path>& runs);

/// "lif.h5 and again.h5, one model: same bits: 106 arrays", a line for each.
std::string in_words(const std::vector<Agreement>& agreements, const std::vector<std::string>& names);

}  // namespace snnff::app
