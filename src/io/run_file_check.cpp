// Looking at all of a file that this program wrote.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/run_file_arrays.hpp"
#include "snnff/checkpoint.hpp"
#include "snnff/error.hpp"
#include "snnff/integrity.hpp"
#include "snnff/run_file.hpp"

namespace snnff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t deepest_group = 16;  // groups within each other: a run file has five

/// What was thrown, without the file's name at its front.
std::string without_name(const Error& error, const fs::path& path) {
    const std::string text = error.what(), name = shown(path) + ": ";
    return text.starts_with(name) ? text.substr(name.size()) : text;
}

/// Reads every object there is, and notes those that cannot be read.
class EveryObject {
  public:
    EveryObject(const hdf5::Group& root, const fs::path& path) : root_(root), path_(path) {
        attempt([&] { visit("", 0); });
    }
    std::vector<std::string> damage;

  private:
    template <class Action>
    void attempt(Action action) {
        try {
            action();
        } catch (const DiskError&) {
            throw;
        } catch (const Error& error) {
            damage.push_back(without_name(error, path_));
        }
    }

    void visit(const std::string& path, std::size_t depth) {
        if (depth > deepest_group)
            throw FileError(
                fmt::format("/{}: has more than {} groups within each other", path, deepest_group));
        std::optional<hdf5::Group> inner;
        if (!path.empty()) inner = root_.group(path);
        const hdf5::Group& group = inner ? *inner : root_;
        read_attributes(group);
        for (const std::string& name : group.children())
            attempt([&] { visit(group, name, path.empty() ? name : path + "/" + name, depth); });
    }

    void visit(const hdf5::Group& group, const std::string& name, const std::string& path,
               std::size_t depth) {
        H5L_info_t link{};
        group.check(H5Lget_info(group.id(), name.c_str(), &link, H5P_DEFAULT), "cannot be searched");
        if (link.type != H5L_TYPE_HARD || !seen_.insert(link.u.address).second) return;
        const hdf5::Handle opened(group.check(H5Oopen(group.id(), name.c_str(), H5P_DEFAULT),
                                              fmt::format("\"{}\" cannot be opened", name)),
                                  H5Oclose);
        if (H5Iget_type(opened.get()) == H5I_GROUP) return visit(path, depth + 1);
        const hdf5::Dataset dataset = root_.dataset(path);
        read_attributes(dataset);
        if (H5Dget_storage_size(dataset.id()) == 0) return;  // an axis without values
        const ResultArray array(root_, {path, ""});
        ResultArray::Pieces pieces(array, std::max(usual_piece_bytes, array.chunk_bytes()));
        while (!pieces.next().empty()) continue;
    }

    void read_attributes(const hdf5::Object& object) {
        for (const std::string& name : hdf5::attribute_names(object)) {
            attempt([&] {
                const hdf5::Handle attribute(
                    object.check(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT),
                                 fmt::format("attribute \"{}\" cannot be opened", name)),
                    H5Aclose);
                const hdf5::Handle type(H5Aget_type(attribute.get()), H5Tclose),
                    space(H5Aget_space(attribute.get()), H5Sclose);
                const bool is_one = H5Sget_simple_extent_npoints(space.get()) == 1;
                if (H5Tget_class(type.get()) == H5T_STRING && is_one) {
                    hdf5::read_text_attribute(object, name);
                } else if (hdf5::is_number(type.get(), H5T_INTEGER) ||
                           hdf5::is_number(type.get(), H5T_FLOAT)) {
                    hdf5::read_attribute<double>(object, name);
                }
            });
        }
    }

    const hdf5::Group& root_;
    const fs::path& path_;
    std::set<haddr_t> seen_;
};

bool holds(const BlockSums& sums, std::ifstream& file, std::uint64_t block, const fs::path& path) {
    try {
        return sums.holds(file, block);
    } catch (const std::system_error& error) {
        throw DiskError(fmt::format("{}: {}{}", shown(path), not_read, error.code().message()));
    }
}

/// Blocks that have other bytes than they had, in ranges.
std::vector<std::string> damaged_blocks(const fs::path& path, const BlockSums& sums) {
    std::vector<std::string> found;
    std::ifstream file(path, std::ios::binary);
    std::optional<std::uint64_t> first;
    for (std::uint64_t block = 0; block <= sums.n_blocks(); ++block) {
        const bool damaged = block < sums.n_blocks() && !holds(sums, file, block, path);
        if (damaged && !first) first = block;
        if (damaged || !first) continue;
        found.push_back(sums.about(*first, block - 1));
        first.reset();
    }
    return found;
}

std::vector<std::string> what_cannot_be_read(const fs::path& path) {
    try {
        return EveryObject(hdf5::open_file(path.string()), path).damage;
    } catch (const DiskError&) {
        throw;
    } catch (const Error& error) {
        return {without_name(error, path)};
    }
}

bool is_checkpoint(const hdf5::Group& root) {
    return hdf5::has_attribute(root, "format_version") && hdf5::has_attribute(root, "magic") &&
           root.has("state");
}

Integrity check_checkpoint(const fs::path& path) {
    Integrity found;
    try {
        if (!CheckpointFile(path).sealed())
            found.unchecked = "an earlier version wrote it, without checksums";
    } catch (const DiskError&) {
        throw;
    } catch (const Error& error) {
        found.damage.push_back(without_name(error, path));
    }
    return found;
}

/// Why a run file has no checksums.
std::string why_unchecked(const hdf5::Group& root, const RunSummary& run) {
    if (hdf5::has_attribute(root, "checksums"))
        return "another program wrote to it since, and its checksums are gone";
    if (run.status == "running")
        return "it is being written, or its run was cut: checksums come when it is closed";
    return fmt::format("{} wrote it, without checksums", run.creator);
}

/// Whether bytes stand behind what HDF5 knows of: sums that are not whole.
bool has_more_bytes(const hdf5::Group& root, const fs::path& path) {
    const hdf5::Handle file(H5Iget_file_id(root.id()), H5Fclose);
    haddr_t end = 0;
    root.check(H5Fget_eoa(file.get(), &end), "has no end");
    return fs::file_size(path) > end;
}

Integrity check_unsealed(const fs::path& path) {
    Integrity found;
    const hdf5::Group root = hdf5::open_file(path.string());
    if (is_checkpoint(root)) return check_checkpoint(path);
    const RunSummary run = read_run(path);
    found.unchecked = why_unchecked(root, run);
    if (hdf5::has_attribute(root, "checksums") && has_more_bytes(root, path))
        found.damage.emplace_back("the checksums at its end are not whole");
    for (std::string& sentence : EveryObject(root, path).damage) found.damage.push_back(std::move(sentence));
    if (!found.damage.empty() || run.digest.empty()) return found;
    if (digest_of(array_digests(root)) != run.digest)
        found.damage.emplace_back("its arrays do not give its digest");
    else
        found.unchecked += "; everything in it can be read, and its arrays give its digest";
    return found;
}

}  // namespace

std::vector<std::string> damaged_bytes(const fs::path& path) {
    const std::optional<BlockSums> sums = BlockSums::of(path);
    return sums ? damaged_blocks(path, *sums) : std::vector<std::string>{};
}

Integrity check_integrity(const fs::path& path) {
    Integrity found;
    std::optional<BlockSums> sums;
    try {
        sums = BlockSums::of(path);
    } catch (const DamageError& error) {
        found.damage.push_back(without_name(error, path));
        return found;
    }
    if (sums) {
        found.damage = damaged_blocks(path, *sums);
        if (found.damage.empty()) return found;
        for (std::string& sentence : what_cannot_be_read(path)) found.damage.push_back(std::move(sentence));
        return found;
    }
    const std::string extension = path.extension().string();
    if (extension == ".ckpt" || extension == ".previous") return check_checkpoint(path);
    try {
        return check_unsealed(path);
    } catch (const OtherFileError&) {
        throw;
    } catch (const DiskError&) {
        throw;
    } catch (const Error& error) {
        found.damage.push_back(without_name(error, path));
        return found;
    }
}

}  // namespace snnff
