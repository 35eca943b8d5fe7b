#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace snnff::hdf5 {

using Bytes = std::vector<std::byte>;

/// Blocks by address that do not overlap.
using Blocks = std::map<haddr_t, Bytes>;

/// Visits each block that shares bytes with [first, end); the visitor may erase it.
template <class Visit>
void for_overlapping(Blocks& blocks, haddr_t first, haddr_t end, Visit visit) {
    auto at = blocks.upper_bound(first);
    if (at != blocks.begin()) --at;
    while (at != blocks.end() && at->first < end) {
        const auto here = at++;
        if (here->first + here->second.size() > first) visit(here);
    }
}

/// Takes [first, end) out of the blocks; what stands out on either side stays.
inline void cut_out(Blocks& blocks, haddr_t first, haddr_t end) {
    std::vector<std::pair<haddr_t, Bytes>> rests;
    for_overlapping(blocks, first, end, [&](Blocks::iterator block) {
        const haddr_t begin = block->first;
        const Bytes bytes = std::move(block->second);
        blocks.erase(block);
        const haddr_t past = begin + bytes.size();
        const auto at = [&](haddr_t address) {
            return bytes.begin() + static_cast<std::ptrdiff_t>(address - begin);
        };
        if (begin < first) rests.emplace_back(begin, Bytes(bytes.begin(), at(first)));
        if (past > end) rests.emplace_back(end, Bytes(at(end), bytes.end()));
    });
    for (auto& [address, bytes] : rests) blocks.emplace(address, std::move(bytes));
}

inline void put(Blocks& blocks, haddr_t first, Bytes bytes) {
    cut_out(blocks, first, first + bytes.size());
    blocks.emplace(first, std::move(bytes));
}

inline constexpr haddr_t most_address = HADDR_MAX / 2;  // what is added to it does not wrap

/// Blocks as an Index has them; false where it is none.
inline bool unpack(std::span<const std::int64_t> index, Blocks& blocks) {
    while (index.size() >= 2) {
        const auto address = static_cast<haddr_t>(index[0]);
        const auto n = static_cast<std::uint64_t>(index[1]);
        const std::uint64_t n_numbers = n / 8 + (n % 8 != 0 ? 1 : 0);
        if (n_numbers > index.size() - 2 || address > most_address) return false;
        const auto* const bytes = reinterpret_cast<const std::byte*>(index.data() + 2);
        put(blocks, address, Bytes(bytes, bytes + n));
        index = index.subspan(2 + n_numbers);
    }
    return index.empty();
}

}  // namespace snnff::hdf5
