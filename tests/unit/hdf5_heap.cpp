#include "io/hdf5_heap.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace snnff::hdf5;

namespace {

/// A collection as the file format defines it, with what is left free at its end.
std::vector<std::byte> collection(const std::vector<std::pair<std::uint32_t, std::string_view>>& texts) {
    std::vector<std::byte> bytes;
    const auto add = [&](std::uint64_t number, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<std::byte>(number >> 8 * i));
    };
    for (const char letter : std::string_view("GCOL")) add(static_cast<std::uint64_t>(letter), 1);
    add(1, 4);  // version, unused
    add(least_heap_bytes, 8);
    for (const auto& [index, text] : texts) {
        add(index, 2);
        add(0, 6);  // references, unused
        add(text.size(), 8);
        for (const char letter : text) add(static_cast<std::uint64_t>(letter), 1);
        add(0, (8 - text.size() % 8) % 8);
    }
    const std::size_t left = least_heap_bytes - bytes.size();
    add(0, 8);
    add(left, 8);
    bytes.resize(least_heap_bytes);
    return bytes;
}

}  // namespace

TEST_CASE("texts of a heap are found, and what is free is passed over") {
    const auto objects = heap_objects(collection({{1, "a"}, {2, "eight by"}, {3, ""}}));
    REQUIRE(objects);
    REQUIRE(objects->size() == 3);
    CHECK(objects->at(1).index == 2);
    CHECK(objects->at(1).length == 8);
    CHECK(are_in_order(*objects));
}

TEST_CASE("a gap between indices is what HDF5 1.14 leaves, another order is damage") {
    CHECK(are_in_order(*heap_objects(collection({{1, "status"}, {4, "list"}, {5, "of axes"}}))));
    CHECK_FALSE(are_in_order(*heap_objects(collection({{1, "status"}, {5, "list"}, {4, "of axes"}}))));
    CHECK_FALSE(are_in_order(*heap_objects(collection({{1, "status"}, {4, "list"}, {4, "of axes"}}))));
}

TEST_CASE("a text that would end behind its heap is none") {
    auto bytes = collection({{1, "status"}});
    bytes.at(heap_header_bytes + 8 + 1) = std::byte{0x40};  // 16 KiB more
    CHECK_FALSE(heap_objects(bytes));
    bytes = collection({});
    bytes.at(heap_header_bytes + 8) =
        std::byte{0};  // free, of 0x0f00 bytes: not to the end, where no header is
    bytes.at(heap_header_bytes + 8 + 1) = std::byte{0};
    CHECK_FALSE(heap_objects(bytes));
}
