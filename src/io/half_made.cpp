#include "io/half_made.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/hdf5.hpp"
#include "io/in_use.hpp"
#include "io/place.hpp"
#include "io/run_file_provenance.hpp"
#include "io/seal.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr std::string_view creator = "snnff-sim ";
constexpr std::uint32_t checkpoint_magic = 0x5C4B;
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
    if (file.bad()) throw DiskError(fmt::format("{}: {}{}", shown(path), not_read, std::strerror(errno)));
    return file.eof();
}

/// What is flushed before anything tells which run a file is of: marks at its root, or these and the model.
bool is_of_no_run_yet(const hdf5::Group& root) {
    const std::vector<std::string> children = root.children();
    if (children.empty() && hdf5::attribute_names(root).empty()) return true;
    if (!children.empty() && children != std::vector<std::string>{"model"}) return false;
    return hdf5::has_attribute(root, "creator") &&
           hdf5::read_text_attribute(root, "creator").starts_with(creator);
}

std::string attribute_text(const hdf5::Group& root, const std::string& name) {
    return hdf5::has_attribute(root, name) ? hdf5::read_text_attribute(root, name) : "";
}

bool is_own_graph(const hdf5::Group& root) {
    constexpr const char* name = "node/metadata/creator";
    if (!root.has("node") || !root.group("node").has("metadata")) return false;
    return root.group("node/metadata").has("creator") &&
           hdf5::read_text(root.dataset(name)) == creator.substr(0, creator.size() - 1);
}

/// Of a file that opens.
bool is_left(const hdf5::Group& root) {
    if (hdf5::has_attribute(root, "magic")) {
        const auto magic = hdf5::read_attribute<std::uint64_t>(root, "magic");
        if (magic.size() == 1 && magic[0] == checkpoint_magic) return true;
    }
    if (is_own_graph(root)) return true;
    if (!attribute_text(root, "creator").starts_with(creator)) return false;
    if (!root.has("provenance")) return true;
    const Provenance provenance = read_provenance(root.group("provenance"));
    if (!provenance.text("traced_run").empty()) return true;
    if (attribute_text(root, "status") == "complete") return false;
    const std::string n_resumed = provenance.text("n_resumed");
    return (!n_resumed.empty() && n_resumed != "0") || !provenance.text("takes_place_of").empty();
}

}  // namespace

bool is_leaving(const std::filesystem::path& path, Leaving kind) {
    try {
        if (kind == Leaving::checkpoint && has_seal(path)) return true;
        try {
            return is_left(hdf5::open_file(path.string()));
        } catch (const DiskError&) {
            throw;
        } catch (const FileError&) {
            // A checkpoint has its name only once it is whole: what does not open is damaged.
            if (kind == Leaving::checkpoint && begins_as_ours(path)) return true;
            return std::filesystem::file_size(path) <= most_half_made_bytes && begins_as_ours(path);
        }
    } catch (const DiskError&) {
        throw;  // it may be anything
    } catch (const std::exception&) {
        return false;
    }
}

void make_room(const std::filesystem::path& path, Leaving kind) {
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return;
    refuse_irregular(path);
    refuse_if_in_use(path);
    if (!is_leaving(path, kind)) {
        throw UsageError(
            fmt::format("{}: is in the way of {} of that name, and none that snnff-sim made; move it",
                        shown(path), kind == Leaving::checkpoint ? "a checkpoint" : "a new file"));
    }
    std::filesystem::remove(path, error);
    if (error) throw FileError(fmt::format("{}: cannot be replaced: {}", shown(path), error.message()));
}

bool is_half_made(const std::filesystem::path& path) {
    try {
        if (!begins_as_ours(path)) return false;
        try {
            return is_of_no_run_yet(hdf5::open_file(path.string()));
        } catch (const DiskError&) {
            throw;
        } catch (const FileError&) {
            return true;
        }
    } catch (const DiskError&) {
        throw;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace snnff
