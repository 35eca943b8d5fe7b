// Items through parts that work at the same time: as if one item came after the other.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "parallel/parallel.hpp"
#include "snnff/training.hpp"

using namespace snnff;

namespace {

constexpr std::size_t n_items = 200, n_parts = 3;

/// What each part saw, and what came out; `failing` is the part that fails at item 57, none where there is
/// none.
struct Line {
    std::vector<std::vector<std::size_t>> seen = std::vector<std::vector<std::size_t>>(n_parts);
    std::vector<std::size_t> ended;
    std::atomic<std::size_t> n_at_work{0}, most_at_work{0};
    std::string error;

    Line(std::size_t n_slots, std::size_t failing) {
        std::vector<std::size_t> item(n_slots);
        std::size_t next = 0;
        Pipeline pipeline;
        pipeline.n_parts = n_parts;
        pipeline.n_slots = n_slots;
        pipeline.begin = [&](std::size_t slot) {
            item[slot] = next;
            return next++ < n_items;
        };
        pipeline.work = [&](std::size_t part, std::size_t slot) {
            const std::size_t now = ++n_at_work;
            for (std::size_t most = most_at_work;
                 now > most && !most_at_work.compare_exchange_weak(most, now);) {
            }
            std::this_thread::sleep_for(std::chrono::microseconds(200));
            // parallel work inside a part, as a population's update is
            std::vector<std::size_t> parts(64);
            for_blocks(parts.size(), 4, [&](std::size_t first, std::size_t count) {
                for (std::size_t i = first; i < first + count; ++i) parts[i] = item[slot];
            });
            for (const std::size_t value : parts) {
                if (value != item[slot]) throw std::logic_error("another item's");
            }
            seen[part].push_back(item[slot]);
            --n_at_work;
            if (part == failing && item[slot] == 57) throw std::runtime_error("part failed at 57");
            if (failing < n_parts && item[slot] == 58) throw std::runtime_error("58 is later");
        };
        pipeline.end = [&](std::size_t slot) { ended.push_back(item[slot]); };
        try {
            run_pipeline(pipeline);
        } catch (const std::exception& caught) {
            error = caught.what();
        }
    }
};

std::vector<std::size_t> up_to(std::size_t n) {
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    return all;
}

}  // namespace

TEST_CASE("every part takes every item, in their order, and they end in it") {
    const ThreadLimit threads(4);
    for (const std::size_t n_slots : {1u, 2u, 4u, 9u}) {
        CAPTURE(n_slots);
        const Line line(n_slots, n_parts);
        CHECK(line.error == "");
        CHECK(line.ended == up_to(n_items));
        for (const auto& seen : line.seen) CHECK(seen == up_to(n_items));
        if (n_slots == 1) CHECK(line.most_at_work == 1);
        if (n_slots > 1) CHECK(line.most_at_work > 1);
    }
}

TEST_CASE("the first item that fails is the one that is told of, after all before it have ended") {
    const ThreadLimit threads(4);
    for (const std::size_t n_slots : {1u, 4u}) {
        for (std::size_t failing = 0; failing < n_parts; ++failing) {
            CAPTURE(n_slots, failing);
            const Line line(n_slots, failing);
            CHECK(line.error == "part failed at 57");
            CHECK(line.ended == up_to(57));
            CHECK(line.seen.front().size() < 57 + 2 + n_slots);
        }
    }
}

TEST_CASE("items that all fail at the same time end the pipeline, and the first one tells why") {
    constexpr std::size_t n_slots = 3;
    std::atomic<std::size_t> n_begun{0};
    Pipeline pipeline;
    pipeline.n_slots = n_slots;
    pipeline.begin = [&](std::size_t) { return ++n_begun < 1000; };
    pipeline.work = [&](std::size_t, std::size_t slot) {
        // None fails before every slot has an item.
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (n_begun < n_slots && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
        throw std::runtime_error("slot " + std::to_string(slot));
    };
    pipeline.end = [](std::size_t) {};
    CHECK_THROWS_WITH(run_pipeline(pipeline), "slot 0");
    CHECK(n_begun <= n_slots + 1);
}
