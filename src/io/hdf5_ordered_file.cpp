#include "io/hdf5_ordered_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "io/disk.hpp"
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

}  // namespace

template <class Action>
void OrderedFile::attempt(Action action) {
    if (abandoned || !failure.empty() || action() >= 0) return;
    failure = innermost_message();
    if (failure.empty()) failure = "not all of it was written";
}

herr_t OrderedFile::fail(std::string reason) {
    failure = std::move(reason);
    say(failure);
    return -1;
}

herr_t OrderedFile::read(H5FD_mem_t type, haddr_t first, std::size_t n, void* to) {
    if (read_unchecked(type, first, n, to) < 0) return -1;
    const std::span bytes(static_cast<const std::byte*>(to), n);
    if (!abandoned || n < heap_header_bytes || !begins_with(bytes, "GCOL")) return 0;
    return heap_at(first) ? 0 : -1;
}

std::optional<std::vector<HeapObject>> OrderedFile::heap_at(haddr_t first) {
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
    if (!objects || (own_heaps && !are_in_order(*objects))) return refuse();
    return objects;
}

herr_t OrderedFile::read_unchecked(H5FD_mem_t type, haddr_t first, std::size_t n, void* to) {
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

void OrderedFile::write(H5FD_mem_t type, haddr_t first, std::size_t n, const void* from) {
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

void OrderedFile::write_through(haddr_t first, std::span<const std::byte> bytes) {
    attempt([&] { return H5FDwrite(below, H5FD_MEM_DRAW, H5P_DEFAULT, first, bytes.size(), bytes.data()); });
}

void OrderedFile::say(const std::string& reason) {
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_IO, H5E_WRITEERROR, "%s",
             reason.c_str());
}

void OrderedFile::grow() {
    if (H5FDget_eof(below, H5FD_MEM_DEFAULT) < H5FDget_eoa(below, H5FD_MEM_DEFAULT))
        attempt([&] { return H5FDtruncate(below, H5P_DEFAULT, false); });
}

herr_t OrderedFile::flush(bool closing) {
    if (abandoned) return 0;
    grow();
    std::vector<std::tuple<int, haddr_t>> order;
    for (const auto& [address, bytes] : pending) {
        bool is_new = address >= end_before;
        for_overlapping(flushed, address, address + bytes.size(), [&](Blocks::iterator) { is_new = false; });
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

}  // namespace snnff::hdf5
