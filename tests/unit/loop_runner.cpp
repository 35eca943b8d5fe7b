#include <utility>
#include <vector>

#include "catch.hpp"
#include "parallel/parallel.hpp"

using namespace snnff;

namespace {

using Blocks = std::vector<std::pair<std::size_t, std::size_t>>;
Blocks seen;

void run_in_turn(std::size_t n, std::size_t block,
                 const std::function<void(std::size_t, std::size_t)>& body) {
    for (std::size_t first = 0; first < n; first += block) {
        seen.emplace_back(first, std::min(block, n - first));
        body(first, std::min(block, n - first));
    }
}

std::vector<int> marked(std::size_t n, std::size_t block) {
    std::vector<int> marks(n, 0);
    for_blocks(n, block, [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i) marks[i] += static_cast<int>(first + 1);
    });
    return marks;
}

}  // namespace

TEST_CASE("a loop runner is given the blocks of a loop, until it is taken away") {
    for (const auto& [n, block] : {std::pair<std::size_t, std::size_t>{10, 4}, {8, 4}, {3, 4}}) {
        CAPTURE(n);
        const std::vector<int> expected = marked(n, block);
        seen.clear();
        run_loops_by(run_in_turn);
        const std::vector<int> by_runner = marked(n, block);
        run_loops_by(nullptr);
        CHECK(by_runner == expected);
        const Blocks blocks = n == 10  ? Blocks{{0, 4}, {4, 4}, {8, 2}}
                              : n == 8 ? Blocks{{0, 4}, {4, 4}}
                                       : Blocks{{0, 3}};
        CHECK(seen == blocks);
        seen.clear();
        CHECK(marked(n, block) == expected);
        CHECK(seen.empty());
    }
}
