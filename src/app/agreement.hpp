#pragma once

#include <array>
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
    /// By which they were calculated, where these differ; of the first and the second.
    std::array<std::string, 2> numbers{};

    bool same() const noexcept { return arrays.n_different == 0; }
};

/// Runs whose models are the same to the last key, paths included, and whose data files were not.
struct OtherData {
    std::size_t first = 0, second = 0;  ///< places in the list that was given
    struct File {
        std::string role;
        std::array<std::string, 2> sha256;  ///< empty where one has no such file
    };
    std::vector<File> files{};
};

struct Agreements {
    std::vector<Agreement> of_one_model{};
    std::vector<OtherData> other_data{};
};

/// Every run with the first one before it that has the same model: the same keys but for the title, and but
/// for the paths of data files, whose SHA-256 are equal. Throws FileError.
Agreements agreements(const std::vector<std::filesystem::path>& runs);

/// "lif.h5 and again.h5, one model: same bits: 106 arrays", a line for each.
std::string in_words(const Agreements& agreements, const std::vector<std::string>& names);

}  // namespace snnff::app
