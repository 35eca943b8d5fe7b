#include "io/half_made.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::string_view hdf5_mark = "\x89HDF\r\n\x1a\n";

/// Whether the file begins as HDF5 does, or holds zeros alone: it gets its length before its content.
bool begins_as_ours(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 4096> bytes{};
    bool first = true;
    while (file) {
        file.read(bytes.data(), bytes.size());
        const std::string_view read(bytes.data(), static_cast<std::size_t>(file.gcount()));
        if (first && read.starts_with(hdf5_mark)) return true;
        if (std::ranges::any_of(read, [](char byte) { return byte != '\0'; })) return false;
        first = false;
    }
    return file.eof();
}

bool holds_marks_alone(const hdf5::Group& root) {
    if (!root.children().empty()) return false;
    const std::vector<std::string> names = hdf5::attribute_names(root);
    return names.empty() || (hdf5::has_attribute(root, "creator") &&
                             hdf5::read_text_attribute(root, "creator").starts_with("snnff-sim "));
}

}  // namespace

bool is_half_made(const std::filesystem::path& path) noexcept {
    try {
        if (!begins_as_ours(path)) return false;
        try {
            return holds_marks_alone(hdf5::open_file(path.string()));
        } catch (const FileError&) {
            return true;
        }
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace snnff
