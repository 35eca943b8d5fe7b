#include "io/hdf5_file.hpp"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>  // what a driver is; before, <hdf5.h> said so
#endif

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/hdf5_blocks.hpp"
#include "io/hdf5_heap.hpp"
#include "io/hdf5_marked.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

bool begins_with(std::span<const std::byte> bytes, std::string_view mark) {
    return bytes.size() >= mark.size() && std::memcmp(bytes.data(), mark.data(), mark.size()) == 0;
}

/// Blocks that are written over, in the order in which that has to happen: what is pointed to before what
/// points to it, but parents in a B-tree before children: a child that was divided still holds what went to
/// its new neighbour, so a parent that knows of both finds everything.
int turn(const Bytes& bytes) {
    if (begins_with(bytes, "TREE")) return 1000 - static_cast<int>(bytes.at(5));  // its level
    if (begins_with(bytes, "OCHK")) return 2000;
    return begins_with(bytes, "OHDR") ? 3000 : 0;
}

/// An open file: HDF5's own driver below, and what is held back.
struct File : H5FD_t {
    H5FD_t* below = nullptr;
    Blocks pending;  // metadata since the last flush
    Blocks flushed;  // metadata that is in the file; without it where the file is only read
    // Why something could not be written. From then on nothing is, the file stays as it was flushed last, and
    // every flush says so: told in the middle of its work, HDF5 crashes (seen in H5Ocopy) or forgets the
    // reason.
    std::string failure;
    bool abandoned = false;                       // nobody is to be told either
    bool live = false;                            // metadata are written at once, in HDF5's own order
    haddr_t end_before = 0;                       // of a file that was there when it was opened
    std::optional<CheckedBlocks> checked_blocks;  // of a file that is read and has sums

    std::optional<OwnHeaps> own_heaps;  // of a file that this program wrote

    herr_t fail(std::string reason) {
        failure = std::move(reason);
        say(failure);
        return -1;
    }

    herr_t read(H5FD_mem_t type, haddr_t first, std::size_t n, void* to) {
        if (read_unchecked(type, first, n, to) < 0) return -1;
        const std::span bytes(static_cast<const std::byte*>(to), n);
        if (!abandoned || n < heap_header_bytes || !begins_with(bytes, "GCOL")) return 0;
        return heap_at(first) ? 0 : -1;
    }

    /// What a heap has, of a file that is read; nothing, and a reason, where it is damaged.
    std::optional<std::vector<HeapObject>> heap_at(haddr_t first) {
        std::array<std::byte, heap_header_bytes> header{};
        const haddr_t end = H5FDget_eof(below, H5FD_MEM_DEFAULT);
        const auto refuse = [&] {
            fail(fmt::format("{}the texts at byte {} of the file are not those that were written", is_damaged,
                             first));
            return std::nullopt;
        };
        if (first >= end || end - first < least_heap_bytes) return refuse();
        if (read_unchecked(H5FD_MEM_DRAW, first, header.size(), header.data()) < 0) return {};
        const std::uint64_t n = heap_bytes(header);
        if (!begins_with(header, "GCOL") || n < least_heap_bytes || n > end - first) return refuse();
        Bytes collection(n);
        if (read_unchecked(H5FD_MEM_DRAW, first, collection.size(), collection.data()) < 0) return {};
        auto objects = heap_objects(collection);
        if (!objects || (own_heaps && !are_in_order(*objects)) ||
            (own_heaps == OwnHeaps::as_written && !are_counted(*objects))) {
            return refuse();
        }
        return objects;
    }

    herr_t read_unchecked(H5FD_mem_t type, haddr_t first, std::size_t n, void* to) {
        errno = 0;
        if (H5FDread(below, type, H5P_DEFAULT, first, n, to) < 0) {
            const int reason = errno;
            return reason == 0 ? -1 : fail(fmt::format("{}{}", not_read, std::strerror(reason)));
        }
        try {
            const auto damaged = checked_blocks ? checked_blocks->damaged(first, n) : std::nullopt;
            if (damaged) return fail(checked_blocks->sums().about(*damaged, *damaged));
        } catch (const std::system_error& error) {
            return fail(fmt::format("{}{}", not_read, error.code().message()));
        }
        for_overlapping(pending, first, first + n, [&](Blocks::iterator block) {
            const auto& [address, bytes] = *block;
            const haddr_t begin = std::max(first, address), end = std::min(first + n, address + bytes.size());
            std::memcpy(static_cast<std::byte*>(to) + (begin - first), bytes.data() + (begin - address),
                        end - begin);
        });
        return 0;
    }

    void write(H5FD_mem_t type, haddr_t first, std::size_t n, const void* from) {
        if (abandoned) return;
        const std::span bytes(static_cast<const std::byte*>(from), n);
        // HDF5 passes heaps of strings off as data.
        if (type != H5FD_MEM_DRAW || begins_with(bytes, "GCOL")) {
            put(live ? flushed : pending, first, Bytes(bytes.begin(), bytes.end()));
            if (live) write_through(first, bytes);
            return;
        }
        // Data may lie where something of the index was.
        cut_out(pending, first, first + n);
        cut_out(flushed, first, first + n);
        write_through(first, bytes);
    }

    void write_through(haddr_t first, std::span<const std::byte> bytes) {
        attempt(
            [&] { return H5FDwrite(below, H5FD_MEM_DRAW, H5P_DEFAULT, first, bytes.size(), bytes.data()); });
    }

    template <class Action>
    void attempt(Action action) {
        if (abandoned || !failure.empty() || action() >= 0) return;
        failure = innermost_message();
        if (failure.empty()) failure = "not all of it was written";
    }

    static void say(const std::string& reason) {
        H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_WRITEERROR, "%s",
                 reason.c_str());
    }

    void grow() {
        if (H5FDget_eof(below, H5FD_MEM_DEFAULT) < H5FDget_eoa(below, H5FD_MEM_DEFAULT))
            attempt([&] { return H5FDtruncate(below, H5P_DEFAULT, false); });
    }

    herr_t flush(bool closing) {
        if (abandoned) return 0;
        grow();
        std::vector<std::tuple<int, haddr_t>> order;
        for (const auto& [address, bytes] : pending) {
            bool is_new = address >= end_before;
            for_overlapping(flushed, address, address + bytes.size(),
                            [&](Blocks::iterator) { is_new = false; });
            order.emplace_back(address == 0 ? -2 : is_new ? -1 : turn(bytes), address);
        }
        std::ranges::sort(order);
        for (const auto& [turn, address] : order) write_through(address, pending.at(address));
        // Only now does nothing speak of what is cut off.
        attempt([&] { return H5FDtruncate(below, H5P_DEFAULT, closing); });
        if (!failure.empty()) {
            say(failure);
            return -1;
        }
        for (auto& [address, bytes] : pending) put(flushed, address, std::move(bytes));
        pending.clear();
        return 0;
    }
};

File& of(H5FD_t* file) { return *static_cast<File*>(file); }
const File& of(const H5FD_t* file) { return *static_cast<const File*>(file); }

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
    std::unique_ptr<File> file;
    const herr_t done = without_throwing([&] {
        file = std::make_unique<File>();
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
    const std::unique_ptr<File> closing(&of(file));
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
    if (!closing->failure.empty()) File::say(closing->failure);
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
File* file_of(const Object& object) noexcept {
    const Handle file = Handle::if_any(H5Iget_file_id(object.id()), H5Fclose);
    const Handle access = Handle::if_any(file ? H5Fget_access_plist(file.get()) : -1, H5Pclose);
    void* handle = nullptr;
    if (!access || H5Pget_driver(access.get()) != driver()) return nullptr;
    return H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &handle) < 0 ? nullptr : static_cast<File*>(handle);
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
    const File* const file = file_of(object);
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
    if (File* const file = file_of(object)) file->live = true;
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
    File* const file = file_of(object);
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
    File* const file = file_of(object);
    void* descriptor = nullptr;
    if (file == nullptr || H5FDget_vfd_handle(file->below, H5P_DEFAULT, &descriptor) < 0) return -1;
    return ::fcntl(*static_cast<const int*>(descriptor), F_DUPFD_CLOEXEC, 3);
}

void expect_own_heaps(const Object& object, OwnHeaps heaps) noexcept {
    if (File* const file = file_of(object)) file->own_heaps = heaps;
}

void expect_referred(const Object& dataset, std::uint64_t n) {
    File* const file = file_of(dataset);
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
    if (File* const file = file_of(object)) file->abandoned = true;
}

}  // namespace snnff::hdf5
