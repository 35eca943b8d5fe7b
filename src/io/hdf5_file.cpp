#include "io/hdf5_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/hdf5_blocks.hpp"
#include "io/hdf5_heap.hpp"
#include "io/hdf5_marked.hpp"
#include "io/hdf5_ordered_file.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

OrderedFile& of(H5FD_t* file) { return *static_cast<OrderedFile*>(file); }
const OrderedFile& of(const H5FD_t* file) { return *static_cast<const OrderedFile*>(file); }

/// HDF5 is C: nothing may be thrown through it.
template <class Action>
herr_t without_throwing(Action action) noexcept {
    try {
        return action();
    } catch (...) {
        return -1;
    }
}

/// The usual driver's properties. Kept: closing them would make HDF5 forget why a file could not be opened.
hid_t usual_access() {
    static const hid_t access = [] {
        const hid_t made = checked(H5Pcreate(H5P_FILE_ACCESS));
        checked(H5Pset_fapl_sec2(made));
        return made;
    }();
    return access;
}

/// What the properties of opening carry to the driver, which HDF5 copies byte by byte.
struct Given {
    std::span<const std::int64_t> index;
    const BlockSums* sums;
};

H5FD_t* open(const char* name, unsigned flags, hid_t access, haddr_t most) {
    std::unique_ptr<OrderedFile> file;
    const herr_t done = without_throwing([&] {
        file = std::make_unique<OrderedFile>();
        file->abandoned = (flags & H5F_ACC_RDWR) == 0;
        const auto* const given = static_cast<const Given*>(H5Pget_driver_info(access));
        if (given != nullptr && !unpack(given->index, file->pending)) return -1;
        if (given != nullptr && given->sums != nullptr) file->checked_blocks.emplace(name, *given->sums);
        file->below = H5FDopen(name, flags, usual_access(), most);
        if (file->below == nullptr) return -1;
        file->end_before = H5FDget_eof(file->below, H5FD_MEM_DEFAULT);
        return 0;
    });
    return done == 0 ? file.release() : nullptr;
}

herr_t close(H5FD_t* file) {
    const std::unique_ptr<OrderedFile> closing(&of(file));
    // The mark of a file that is being written goes from its superblock after HDF5's last flush.
    herr_t flushed = 0;
    if (!closing->pending.empty()) flushed = without_throwing([&] { return closing->flush(true); });
    // HDF5's functions for users begin by forgetting what went wrong before, as why a file is none of HDF5's.
    const hid_t reasons = H5Eget_current_stack();
    const herr_t done = std::min(flushed, H5FDclose(closing->below));
    if (reasons >= 0 && done >= 0 && closing->failure.empty())
        H5Eset_current_stack(reasons);
    else if (reasons >= 0)
        H5Eclose_stack(reasons);
    // HDF5 has forgotten it, and creating or opening a file may have failed because of it.
    if (!closing->failure.empty()) OrderedFile::say(closing->failure);
    return done;
}

H5FD_class_t make_driver() {
    H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 0)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = H5FD_class_value_t{491};  // 256 to 511 are for those that are registered nowhere
#endif
    driver.name = "snnff_in_order";
    driver.maxaddr = most_address;
    driver.fc_degree = H5F_CLOSE_WEAK;
    driver.fapl_size = sizeof(Given);
    driver.open = open;
    driver.close = close;
    driver.cmp = [](const H5FD_t* a, const H5FD_t* b) { return H5FDcmp(of(a).below, of(b).below); };
    driver.query = [](const H5FD_t*, unsigned long* flags) -> herr_t {
        *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA |
                 H5FD_FEAT_DEFAULT_VFD_COMPATIBLE | H5FD_FEAT_SUPPORTS_SWMR_IO;
        return 0;
    };
    driver.get_eoa = [](const H5FD_t* file, H5FD_mem_t type) { return H5FDget_eoa(of(file).below, type); };
    driver.set_eoa = [](H5FD_t* file, H5FD_mem_t type, haddr_t end) {
        return H5FDset_eoa(of(file).below, type, end);
    };
    driver.get_eof = [](const H5FD_t* file, H5FD_mem_t type) { return H5FDget_eof(of(file).below, type); };
    // Whoever asks for it is this file.
    driver.get_handle = [](H5FD_t* file, hid_t, void** handle) -> herr_t {
        *handle = &of(file);
        return 0;
    };
    driver.read = [](H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t first, std::size_t n, void* to) {
        return without_throwing([&] { return of(file).read(type, first, n, to); });
    };
    driver.write = [](H5FD_t* file, H5FD_mem_t type, hid_t, haddr_t first, std::size_t n, const void* from) {
        return without_throwing([&] {
            of(file).write(type, first, n, from);
            return 0;
        });
    };
    driver.flush = [](H5FD_t* file, hid_t, hbool_t closing) {
        return without_throwing([&] { return of(file).flush(closing); });
    };
    driver.truncate = [](H5FD_t* file, hid_t, hbool_t) {
        return without_throwing([&] {
            of(file).grow();
            return 0;
        });
    };
    driver.lock = [](H5FD_t* file, hbool_t for_writing) -> herr_t {
        if (H5FDlock(of(file).below, for_writing) >= 0) return 0;
        of(file).failure = innermost_message();
        return -1;
    };
    // HDF5 gives the lock up before it closes a file; so does closing, once keep_locked() no longer holds it.
    // Where it lets readers in, other writers are to stay out.
    driver.unlock = [](H5FD_t* file) -> herr_t {
        return of(file).live ? H5FDlock(of(file).below, false) : 0;
    };
    // As HDF5's own driver has it: data and index take no room from each other.
    constexpr std::array<H5FD_mem_t, H5FD_MEM_NTYPES> kinds H5FD_FLMAP_DICHOTOMY;
    std::copy(kinds.begin(), kinds.end(), driver.fl_map);
    return driver;
}

hid_t driver() {
    static const H5FD_class_t made = make_driver();
    // Without it a file would be written all the same, and be lost with a process that is killed.
    static const hid_t id = checked(H5FDregister(&made));
    return id;
}

/// Null where the file is not read or written by this driver.
OrderedFile* file_of(const Object& object) noexcept {
    const Handle file = Handle::if_any(H5Iget_file_id(object.id()), H5Fclose);
    const Handle access = Handle::if_any(file ? H5Fget_access_plist(file.get()) : -1, H5Pclose);
    void* handle = nullptr;
    if (!access || H5Pget_driver(access.get()) != driver()) return nullptr;
    return H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &handle) < 0 ? nullptr
                                                                   : static_cast<OrderedFile*>(handle);
}

}  // namespace

Handle access_in_order(std::span<const std::int64_t> index, const BlockSums* sums) {
    Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    const Given given{index, sums};
    checked(H5Pset_driver(access.get(), driver(), index.empty() && sums == nullptr ? nullptr : &given));
    return access;
}

Index index_of(const Object& object) {
    Index index;
    const OrderedFile* const file = file_of(object);
    // Of a file that was there before, only what was written since is known.
    if (file == nullptr || file->end_before > 0) return index;
    for (const auto& [address, bytes] : file->flushed) {
        const std::size_t at = index.size() + 2;
        index.push_back(static_cast<std::int64_t>(address));
        index.push_back(static_cast<std::int64_t>(bytes.size()));
        index.resize(at + (bytes.size() + 7) / 8);
        std::memcpy(index.data() + at, bytes.data(), bytes.size());
        const std::span block(reinterpret_cast<unsigned char*>(index.data() + at), bytes.size());
        if (address == 0) take_mark_off(block, H5FDget_eoa(file->below, H5FD_MEM_DEFAULT));
    }
    return index;
}

void go_live(const Object& object) {
    if (OrderedFile* const file = file_of(object)) file->live = true;
}

bool is_of(const std::filesystem::path& path, std::span<const std::int64_t> index, std::string_view text) {
    Blocks blocks;
    if (!unpack(index, blocks)) return false;
    std::ifstream file(path, std::ios::binary);
    for (const auto& [address, bytes] : blocks) {
        const std::string_view block(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const std::size_t at = block.find(text);
        if (at == std::string_view::npos) continue;
        std::string found(text.size(), '\0');
        file.seekg(static_cast<std::streamoff>(address + at));
        file.read(found.data(), static_cast<std::streamsize>(found.size()));
        return found == text;
    }
    return false;
}

void expect_whole(const Object& object) {
    OrderedFile* const file = file_of(object);
    if (file == nullptr || !file->checked_blocks) return;
    const BlockSums& sums = file->checked_blocks->sums();
    try {
        if (const auto block = file->checked_blocks->damaged(0, sums.n_bytes()))
            throw DataError(object.file() + ": " + sums.about(*block, *block));
    } catch (const std::system_error& error) {
        throw DiskError(fmt::format("{}: {}{}", object.file(), not_read, error.code().message()));
    }
}

int keep_locked(const Object& object) noexcept {
    OrderedFile* const file = file_of(object);
    void* descriptor = nullptr;
    if (file == nullptr || H5FDget_vfd_handle(file->below, H5P_DEFAULT, &descriptor) < 0) return -1;
    return ::fcntl(*static_cast<const int*>(descriptor), F_DUPFD_CLOEXEC, 3);
}

void expect_own_heaps(const Object& object) noexcept {
    if (OrderedFile* const file = file_of(object)) file->own_heaps = true;
}

void expect_referred(const Object& dataset, std::uint64_t n) {
    OrderedFile* const file = file_of(dataset);
    const haddr_t first = H5Dget_offset(dataset.id());
    // Chunks are held to a checksum; values that were never written are empty.
    if (file == nullptr || !file->own_heaps || first == HADDR_UNDEF) return;
    Bytes references(n * heap_reference_bytes);
    if (file->read_unchecked(H5FD_MEM_DRAW, first, references.size(), references.data()) < 0)
        dataset.fail("cannot be read");
    std::map<haddr_t, std::vector<HeapObject>> heaps;
    for (std::size_t i = 0; i < n; ++i) {
        const HeapReference wanted = heap_reference(
            std::span(references).subspan(i * heap_reference_bytes).first<heap_reference_bytes>());
        if (wanted.address == 0) continue;  // an empty text
        if (!heaps.contains(wanted.address)) {
            auto objects = file->heap_at(wanted.address);
            if (!objects) dataset.fail("cannot be read");
            heaps.emplace(wanted.address, std::move(*objects));
        }
        const auto& objects = heaps.at(wanted.address);
        const auto found = std::ranges::find(objects, wanted.index, &HeapObject::index);
        if (found == objects.end() || found->length != wanted.length)
            throw DamageError(
                fmt::format("{}: {}its text {} is not where it says", dataset.where(), is_damaged, i));
    }
}

void abandon(const Object& object) noexcept {
    if (OrderedFile* const file = file_of(object)) file->abandoned = true;
}

}  // namespace snnff::hdf5
