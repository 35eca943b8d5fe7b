#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace snnff::hdf5 {

// Collections of a file's global heap hold texts of any length; data sets and attributes refer to them by
// address and index. They have no checksum, and HDF5 walks them without looking where they end: one bit makes
// it read elsewhere in memory.
// Source: HDF5 File Format Specification 3.0, III.E "Disk Format: Level 1E - Global Heap".

/// Bytes of a collection's own header, as of each object's.
inline constexpr std::size_t heap_header_bytes = 16;
inline constexpr std::size_t least_heap_bytes = 4096;

/// The length that a collection says it has, by its header.
std::uint64_t heap_bytes(std::span<const std::byte, heap_header_bytes> header) noexcept;

struct HeapObject {
    std::uint32_t index;
    std::uint64_t length;
};

/// A collection's objects in their order, each of which lies within it; nothing where they do not.
std::optional<std::vector<HeapObject>> heap_objects(std::span<const std::byte> collection);

/// Whether indices grow: HDF5 gives each new object, which comes last, the next one. Gaps are no damage: what
/// a value of variable length referred to before it was written over is taken out from HDF5 1.14 on, as when
/// a second axis is attached to a data set.
bool are_in_order(std::span<const HeapObject> objects) noexcept;

/// What a value of variable length is in a data set.
struct HeapReference {
    std::uint32_t length, index;
    std::uint64_t address;
};
inline constexpr std::size_t heap_reference_bytes = 16;
HeapReference heap_reference(std::span<const std::byte, heap_reference_bytes> bytes) noexcept;

}  // namespace snnff::hdf5
