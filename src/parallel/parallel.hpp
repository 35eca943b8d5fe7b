#pragma once

#include <cstddef>
#include <functional>

#include "snnff/matrix.hpp"

namespace snnff {

/// Calls body(first, count) for the blocks [0, block), [block, 2·block), … of 0 .. n-1, on as many
/// threads as ThreadLimit allows. The blocks follow from n and block alone; a body writes only to
/// what belongs to its block, so that the result has the same bits for any number of threads.
/// An exception thrown by a body is rethrown here.
void for_blocks(std::size_t n, std::size_t block,
                const std::function<void(std::size_t first, std::size_t count)>& body);
/// The same without a copy of the body, which might take memory.
template <class Body>
void for_blocks(std::size_t n, std::size_t block, const Body& body) {
    for_blocks(n, block, std::function<void(std::size_t, std::size_t)>(std::cref(body)));
}

/// Runs the loops of for_blocks in its place, for programs that measure their tasks; null: none. Not to be
/// changed while loops run.
using LoopRunner = void (*)(std::size_t n, std::size_t block,
                            const std::function<void(std::size_t first, std::size_t count)>& body);
void run_loops_by(LoopRunner runner) noexcept;

/// Items on their way through parts that each take them one by one, in their order, while other parts work on
/// other items: the result is that of one item after the other, as long as parts share nothing but the item.
struct Pipeline {
    std::size_t n_parts = 1;
    std::size_t n_slots = 1;                      ///< items on their way at a time; with one they go alone
    std::function<bool(std::size_t slot)> begin;  ///< fills a slot; false where no item is left
    std::function<void(std::size_t part, std::size_t slot)> work;
    std::function<void(std::size_t slot)> end;  ///< in the items' order; the slot is free then
};
/// What a part throws ends the items after it, and is rethrown once those before it have come to their end.
void run_pipeline(const Pipeline& pipeline);

/// Threads that for_blocks() may use now.
std::size_t n_threads();

/// n/by, rounded up.
constexpr std::size_t ceil_div(std::size_t n, std::size_t by) noexcept { return (n + by - 1) / by; }

/// A block length that cuts n into as few equal parts as blocks of `most` do, rounded up to a multiple.
std::size_t even_block(std::size_t n, std::size_t most, std::size_t multiple = 4);

/// A buffer that lives as long as the thread, for use within one block; `slot` tells buffers apart.
/// What is in it is undefined.
MatrixView scratch(std::size_t slot, std::size_t rows, std::size_t cols);

}  // namespace snnff
