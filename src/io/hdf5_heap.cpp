#include "io/hdf5_heap.hpp"

namespace snnff::hdf5 {
namespace {

/// Little-endian, for lengths and addresses of 8 bytes.
std::uint64_t heap_number(std::span<const std::byte> bytes) noexcept {
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        number = number << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return number;
}

}  // namespace

std::uint64_t heap_bytes(std::span<const std::byte, heap_header_bytes> header) noexcept {
    return heap_number(header.subspan<8, 8>());
}

std::optional<std::vector<HeapObject>> heap_objects(std::span<const std::byte> collection) {
    std::vector<HeapObject> objects;
    std::size_t at = heap_header_bytes;
    // Less than a header is left free.
    while (at <= collection.size() && collection.size() - at >= heap_header_bytes) {
        const auto header = collection.subspan(at, heap_header_bytes);
        const auto index = static_cast<std::uint32_t>(heap_number(header.first(2)));
        const std::uint64_t n = heap_number(header.subspan(8)), left = collection.size() - at;
        if (n > left) return {};
        if (index == 0) {  // free, its header included
            if (n < heap_header_bytes) return {};
            at += n;
            continue;
        }
        const std::uint64_t needed = heap_header_bytes + (n + 7) / 8 * 8;
        if (needed > left) return {};
        objects.push_back({index, n});
        at += needed;
    }
    return objects;
}

bool are_in_order(std::span<const HeapObject> objects) noexcept {
    for (std::size_t i = 1; i < objects.size(); ++i) {
        if (objects[i].index <= objects[i - 1].index) return false;
    }
    return true;
}

HeapReference heap_reference(std::span<const std::byte, heap_reference_bytes> bytes) noexcept {
    return {.length = static_cast<std::uint32_t>(heap_number(bytes.subspan<0, 4>())),
            .index = static_cast<std::uint32_t>(heap_number(bytes.subspan<12, 4>())),
            .address = heap_number(bytes.subspan<4, 8>())};
}

}  // namespace snnff::hdf5
