#include "io/hdf5.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "core/memory.hpp"
#include "io/block_sums.hpp"
#include "io/disk.hpp"
#include "io/gzip.hpp"
#include "io/hdf5_file.hpp"
#include "io/hdf5_marked.hpp"
#include "snnff/error.hpp"

namespace snnff::hdf5 {
namespace {

std::string reason(const std::string& message) { return message.empty() ? "" : ": " + message; }

// HDF5 wraps what the system said: "unable to open file: name = 'x', errno = 13, error message =
// 'Permission denied', flags = 0". Users want the words in the middle.
std::string without_wrapping(const std::string& message) {
    static constexpr std::string_view mark = "error message = '";
    const auto first = message.find(mark);
    if (first == std::string::npos) return message;
    const auto last = message.find('\'', first + mark.size());
    return message.substr(first + mark.size(), last == std::string::npos ? last : last - first - mark.size());
}

}  // namespace

std::string innermost_message() {
    std::string message;
    const auto take_first = [](unsigned n, const H5E_error2_t* error, void* out) -> herr_t {
        if (n == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
    };
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &message);
    H5Eclear2(H5E_DEFAULT);
    return without_wrapping(message);
}

void fail_without_name() {
    const std::string message = innermost_message();
    throw FileError(
        fmt::format("{}: {}", H5_VERS_INFO, message.empty() ? "failed without saying why" : message));
}

std::size_t size_of(hid_t type) {
    const std::size_t size = H5Tget_size(type);
    if (size == 0) fail_without_name();
    return size;
}

void begin() {
    static const bool begun = [] {
        checked(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr));
        for (const auto& [filter, name] : {std::pair(H5Z_FILTER_DEFLATE, "gzip"),
                                           {H5Z_FILTER_SHUFFLE, "shuffle"},
                                           {H5Z_FILTER_FLETCHER32, "Fletcher's checksum"}}) {
            unsigned can = 0;
            if (checked(H5Zfilter_avail(filter)) > 0) checked(H5Zget_filter_info(filter, &can));
            if ((can & H5Z_FILTER_CONFIG_ENCODE_ENABLED) == 0 ||
                (can & H5Z_FILTER_CONFIG_DECODE_ENABLED) == 0) {
                throw FileError(fmt::format(
                    "{}: was built without {}, by which run files are written; install the distribution's",
                    H5_VERS_INFO, name));
            }
        }
        return true;
    }();
    // HDF5 keeps this per thread where it is built for threads.
    checked(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr));
    static_cast<void>(begun);
}

std::string Object::name() const { return path_.substr(path_.rfind('/') + 1); }
std::string Object::where() const { return path_ == "/" ? file_ : fmt::format("{}: {}", file_, path_); }
std::string Object::child_path(std::string_view name) const {
    return fmt::format("{}{}{}", path_, path_ == "/" ? "" : "/", name);
}
void Object::fail(std::string_view what) const {
    const std::string message = innermost_message();
    const std::string text = fmt::format("{}: {}{}", where(), what, reason(message));
    if (message.starts_with(is_damaged)) throw DamageError(text);
    if (message.starts_with(not_read)) throw DiskError(text);
    throw FileError(text);
}

namespace {

// Beside a writer. Between attempts HDF5 sleeps for 1 ns, then twice as long each time, so these last 0.3 s
// where its own number, 100, lasts for ever.
constexpr unsigned n_attempts = 28;

/// The root group keeps the file open; closing it, once all else is closed, closes the file.
Group root_of(const Handle& file, const std::string& name) {
    const hid_t root = H5Gopen2(file.get(), "/", H5P_DEFAULT);
    if (root < 0) Object({}, name, "/").fail("cannot be opened");
    Group group(Handle(root, H5Gclose), name, "/");
    if (H5Aexists(root, "run_format") > 0) expect_own_heaps(group);
    return group;
}

}  // namespace

Group open_file(const std::string& path, std::span<const std::int64_t> index) {
    begin();
    checked(H5PLset_loading_state(0));
    const std::string name = shown(path);
    {
        // The system's words for what is missing or forbidden are clearer than HDF5's.
        const InputFile readable(path);
    }
    // Where an index takes the place of the file's own, other bytes were expected.
    const std::optional<BlockSums> sums = index.empty() ? BlockSums::of(path) : std::nullopt;
    // A live file says so until it is complete, even where the process that wrote it was killed.
    const Index unmarked = index.empty() ? without_mark(path) : Index();
    const std::span<const std::int64_t> by = index.empty() ? unmarked : index;
    const Handle access = access_in_order(by, sums ? &*sums : nullptr);
    check_address_space();
    hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get());
    std::string message = id < 0 ? innermost_message() : "";
    const bool is_locked = message == std::strerror(EAGAIN);
    const bool may_grow = by.empty() && !sums && !message.starts_with(not_read);
    if (id < 0 && may_grow && !is_locked) {
        const Handle beside_writer = access_in_order();
        checked(H5Pset_metadata_read_attempts(beside_writer.get(), n_attempts));
        id = H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, beside_writer.get());
        // What the first attempt met tells more, unless that was the mark.
        if (id < 0 && message.find("already open") != std::string::npos) message = innermost_message();
    }
    if (id < 0) {
        if (is_locked || message == std::strerror(EAGAIN)) {
            throw OtherFileError(
                fmt::format("{}: is being written by another process; wait until it has ended", name));
        }
        if (message.find("signature not found") != std::string::npos) {
            throw OtherFileError(fmt::format("{}: not an HDF5 file", name));
        }
        if (message.starts_with(is_damaged)) throw DamageError(fmt::format("{}: {}", name, message));
        if (message.starts_with(not_read)) throw DiskError(fmt::format("{}: {}", name, message));
        if (message.find("truncated file") != std::string::npos) {
            throw FileError(fmt::format("{}: was cut short ({})", name, message));
        }
        throw FileError(fmt::format("{}: cannot be opened as HDF5{}", name, reason(message)));
    }
    return root_of(Handle(id, H5Fclose), name);
}

namespace {

/// A process that is killed stops writing at a page's end. Blocks of up to 1 KiB that begin at multiples of
/// 1 KiB lie within a page, so they are written as a whole or not at all.
void lie_within_pages(const Handle& access) { checked(H5Pset_alignment(access.get(), 200, 1024)); }

Group create_file(const std::string& path, const Handle& access) {
    check_address_space();
    const std::string name = shown(path);
    const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    checked(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    checked(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    lie_within_pages(access);
    // 2*12 children, so that nodes of the trees that find chunks are such blocks.
    checked(H5Pset_istore_k(creation.get(), 12));
    // Names and attributes of the root lie in one block, with room for those to come: a header in two blocks
    // cannot be changed at once.
    checked(H5Pset_link_phase_change(creation.get(), 32, 0));
    checked(H5Pset_attr_phase_change(creation.get(), 32, 0));
    checked(H5Pset_est_link_info(creation.get(), 24, 24));
    std::error_code error;
    const bool was_there = std::filesystem::exists(path, error);
    Handle file =
        Handle::if_any(H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation.get(), access.get()), H5Fclose);
    if (!file) {
        std::string message = innermost_message();
        if (message == std::strerror(EAGAIN))
            message = "another process is writing it";
        else if (!was_there && message != std::strerror(EEXIST))
            std::filesystem::remove(path, error);
        throw FileError(fmt::format("{}: cannot be created{}", name, reason(message)));
    }
    Group root = root_of(file, name);
    // HDF5 1.14 crashes at the end of a live phase that began without it.
    root.keep(std::move(file));
    return root;
}

Handle live_access() {
    Handle access = access_in_order();
    checked(H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST));
    return access;
}

}  // namespace

Group create_file(const std::string& path) {
    begin();
    return create_file(path, access_in_order());
}

Group create_live_file(const std::string& path) {
    begin();
    return create_file(path, live_access());
}

void start_live(const Object& object) {
    const Handle file(H5Iget_file_id(object.id()), H5Fclose);
    go_live(object);
    object.check(H5Fstart_swmr_write(file.get()), "cannot be shared with readers");
}

Group end_live(const std::string& path) {
    begin();
    const std::string name = shown(path);
    const Handle access = access_in_order();
    lie_within_pages(access);
    // The caller holds a lock, which is one too many for HDF5.
    checked(H5Pset_file_locking(access.get(), false, true));
    const Handle file = Handle::if_any(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose);
    if (!file)
        throw FileError(fmt::format("{}: cannot be opened again{}", name, reason(innermost_message())));
    return root_of(file, name);
}

void flush(const Object& object) {
    // Less than where something new begins, so that a file can still be closed when memory ran out there.
    check_address_space(std::uint64_t{4} << 20);
    object.check(H5Fflush(object.id(), H5F_SCOPE_LOCAL), "cannot be written to disk");
}

bool Group::has(std::string_view name) const {
    const std::string path(name);
    return check(H5Lexists(id(), path.c_str(), H5P_DEFAULT), "cannot be searched") > 0;
}

Handle Group::open(std::string_view path, H5I_type_t type, std::string_view what) const {
    std::string sofar;
    for (std::size_t first = 0; first <= path.size();) {
        const std::size_t last = std::min(path.find('/', first), path.size());
        sofar.assign(path.substr(0, last));
        if (!has(sofar)) throw FileError(fmt::format("{}: has no {} {}", file(), what, child_path(path)));
        H5L_info_t info{};
        check(H5Lget_info(id(), sofar.c_str(), &info, H5P_DEFAULT), "cannot be searched");
        if (info.type != H5L_TYPE_HARD) {
            throw FileError(fmt::format("{}: {} is a link to elsewhere; links are not followed", file(),
                                        child_path(sofar)));
        }
        first = last + 1;
    }
    const hid_t opened = H5Oopen(id(), sofar.c_str(), H5P_DEFAULT);
    if (opened < 0) {
        Object({}, file(), child_path(path)).fail("cannot be opened");
    }
    Handle handle(opened, H5Oclose);
    if (H5Iget_type(opened) != type) {
        throw FileError(fmt::format("{}: {} is no {}", file(), child_path(path), what));
    }
    return handle;
}

Group Group::group(std::string_view path) const {
    return {open(path, H5I_GROUP, "group"), file(), child_path(path)};
}

std::vector<std::string> Group::children() const {
    H5G_info_t info{};
    check(H5Gget_info(id(), &info), "cannot be searched");
    std::vector<std::string> names;
    H5_index_t order = H5_INDEX_CRT_ORDER;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        ssize_t length = H5Lget_name_by_idx(id(), ".", order, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        if (length < 0 && order == H5_INDEX_CRT_ORDER) {
            order = H5_INDEX_NAME;
            length = H5Lget_name_by_idx(id(), ".", order, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        }
        check(length, "cannot be searched");
        std::string name(static_cast<std::size_t>(length) + 1, '\0');
        check(H5Lget_name_by_idx(id(), ".", order, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT),
              "cannot be searched");
        name.pop_back();
        names.push_back(std::move(name));
    }
    H5Eclear2(H5E_DEFAULT);
    return names;
}

std::vector<std::string> Group::child_groups() const {
    std::vector<std::string> names;
    for (auto& name : children()) {
        H5L_info_t link{};
        check(H5Lget_info(id(), name.c_str(), &link, H5P_DEFAULT), "cannot be searched");
        if (link.type != H5L_TYPE_HARD) continue;
        // A child that does not open is damaged: to pass it over would tell of less than the file had.
        const Handle child(
            check(H5Oopen(id(), name.c_str(), H5P_DEFAULT), fmt::format("\"{}\" cannot be opened", name)),
            H5Oclose);
        if (H5Iget_type(child.get()) == H5I_GROUP) names.push_back(std::move(name));
    }
    return names;
}

}  // namespace snnff::hdf5
