#include "parallel/parallel.hpp"

#include <fmt/format.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "core/available_threads.hpp"
#include "core/float_environment.hpp"
#include "snnff/error.hpp"
#include "snnff/training.hpp"

#ifdef SNNFF_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace snnff {
namespace {

// What oneTBB promises and the thread sanitizer cannot see, because the library is not compiled with it: what
// came before the start of a loop or of a stage is seen there, and the other way round at its end. Nothing is
// said of blocks beside each other, so that races between them are found. This file alone is compiled without
// that sanitizer: oneTBB's headers hand its tasks from thread to thread in here. No code in other builds.
#ifdef SNNFF_THREAD_SANITIZER
void starts_after(const void* point) { __tsan_acquire(const_cast<void*>(point)); }
void ends_before(const void* point) { __tsan_release(const_cast<void*>(point)); }
#else
void starts_after(const void*) {}
void ends_before(const void*) {}
#endif

/// A stage of the pipeline with one item: after the stage's last item, and after the item's last stage.
class Turn {
  public:
    Turn(const void* stage, const void* item) : stage_(stage), item_(item) {
        starts_after(stage_);
        starts_after(item_);
    }
    ~Turn() {
        ends_before(stage_);
        ends_before(item_);
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    const void *stage_, *item_;
};

// oneTBB's own arena has a place for each core and no more; where more threads are asked for, work goes to
// this one.
std::atomic<tbb::task_arena*> larger_arena{nullptr};

template <class Work>
void in_arena(const Work& work) {
    tbb::task_arena* arena = larger_arena.load(std::memory_order_relaxed);
    if (arena == nullptr) return work();
    arena->execute(work);
}
std::atomic<LoopRunner> loop_runner{nullptr};

}  // namespace

void run_loops_by(LoopRunner runner) noexcept { loop_runner.store(runner); }

void for_blocks(std::size_t n, std::size_t block, const std::function<void(std::size_t, std::size_t)>& body) {
    if (const LoopRunner runner = loop_runner.load(std::memory_order_relaxed)) {
        const FloatEnvironment environment;
        return runner(n, block, body);
    }
    const std::size_t n_blocks = (n + block - 1) / block;
    if (n_blocks == 1) {
        const FloatEnvironment environment;
        return body(0, n);
    }
    // Isolated: a thread that waits here takes no part of a pipeline meanwhile, which could use the same
    // scratch.
    const char begun = 0, done = 0;
    ends_before(&begun);
    const auto loop = [&] {
        tbb::parallel_for(
            tbb::blocked_range<std::size_t>(0, n_blocks, 1),
            [&](const tbb::blocked_range<std::size_t>& range) {
                starts_after(&begun);
                const FloatEnvironment environment;
                for (std::size_t b = range.begin(); b != range.end(); ++b) {
                    body(b * block, std::min(block, n - b * block));
                }
                ends_before(&done);
            },
            tbb::simple_partitioner());
    };
    in_arena([&] { tbb::this_task_arena::isolate(loop); });
    starts_after(&done);
}

void run_pipeline(const Pipeline& pipeline) {
    if (pipeline.n_slots == 1) {
        const FloatEnvironment environment;
        while (pipeline.begin(0)) {
            for (std::size_t part = 0; part < pipeline.n_parts; ++part) pipeline.work(part, 0);
            pipeline.end(0);
        }
        return;
    }
    // The oldest item comes to its end first, so that item i may have the slot that item i - n_slots had.
    std::size_t n_begun = 0;
    std::atomic<bool> failed{false};
    std::vector<std::exception_ptr> error(pipeline.n_slots);
    const std::vector<char> stage(pipeline.n_parts + 2), item(pipeline.n_slots);  // see Turn
    const char begun = 0;
    ends_before(&begun);
    const auto guarded = [&](std::size_t slot, const auto& work) {
        if (error[slot]) return;
        const FloatEnvironment environment;
        try {
            work();
        } catch (...) {
            error[slot] = std::current_exception();
            failed = true;
        }
    };
    constexpr auto in_order = tbb::filter_mode::serial_in_order;
    tbb::filter<void, std::size_t> all =
        tbb::make_filter<void, std::size_t>(in_order, [&](tbb::flow_control& flow) {
            starts_after(&begun);
            starts_after(&stage.front());
            const std::size_t slot = n_begun % pipeline.n_slots;
            const Turn turn(&stage.front(), &item[slot]);
            const bool over = failed;  // an item on its way will tell why
            bool begun = false;
            if (!over) guarded(slot, [&] { begun = pipeline.begin(slot); });
            if (over || (!begun && !error[slot])) flow.stop();
            ++n_begun;
            return slot;
        });
    for (std::size_t part = 0; part < pipeline.n_parts; ++part) {
        all = all & tbb::make_filter<std::size_t, std::size_t>(in_order, [&, part](std::size_t slot) {
                  const Turn turn(&stage[part + 1], &item[slot]);
                  guarded(slot, [&] { pipeline.work(part, slot); });
                  return slot;
              });
    }
    std::exception_ptr first;
    const tbb::filter<void, void> whole =
        all & tbb::make_filter<std::size_t, void>(in_order, [&](std::size_t slot) {
            const Turn turn(&stage.back(), &item[slot]);
            if (first) return;
            guarded(slot, [&] { pipeline.end(slot); });
            first = error[slot];
        });
    in_arena([&] { tbb::parallel_pipeline(pipeline.n_slots, whole); });
    for (const char& each : stage) starts_after(&each);
    if (first) std::rethrow_exception(first);
}

std::size_t even_block(std::size_t n, std::size_t most, std::size_t multiple) {
    if (n <= 1) return 1;
    const std::size_t parts = (n + most - 1) / most;
    const std::size_t block = (n + parts - 1) / parts;
    return (block + multiple - 1) / multiple * multiple;
}

MatrixView scratch(std::size_t slot, std::size_t rows, std::size_t cols) {
    thread_local std::array<AlignedVector<float>, 11> buffers;
    AlignedVector<float>& buffer = buffers.at(slot);
    if (buffer.size() < rows * cols) buffer.resize(rows * cols);
    return {buffer.data(), rows, cols};
}

std::size_t n_threads() {
    return tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
}

namespace {

/// Throws RunError unless the system has room for as many threads at a time.
void check_room_for_threads(std::size_t n) {
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    std::vector<std::thread> threads;
    threads.reserve(n);
    std::string failure;
    try {
        while (threads.size() + 1 < n) {
            threads.emplace_back([&] {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return over; });
            });
        }
    } catch (const std::system_error& error) {
        failure = error.code().message();
    }
    {
        const std::lock_guard lock(mutex);
        over = true;
    }
    changed.notify_all();
    for (std::thread& thread : threads) thread.join();
    if (failure.empty()) return;
    throw RunError(
        fmt::format("{} of {} threads cannot be started ({}); --threads {} takes fewer, and "
                    "ulimit -u and -v, or a container's limits, say how many there may be",
                    n - 1 - threads.size(), n, failure, threads.size() + 1));
}

/// A thread that oneTBB's own threads fail to start ends the process. So all are started here, once it is
/// known that there is room for them, and stay: nothing else asks for memory in between.
void start_threads(std::size_t n) {
    static std::size_t n_started = 1;
    if (n <= n_started) return;
    check_room_for_threads(n);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    std::atomic<std::size_t> n_there{0};
    for_blocks(n, 1, [&](std::size_t, std::size_t) {
        ++n_there;
        while (n_there < n && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    });
    n_started = n;
}

}  // namespace

struct ThreadLimit::State {
    explicit State(std::size_t n) : control(tbb::global_control::max_allowed_parallelism, n) {
        if (n <= static_cast<std::size_t>(tbb::info::default_concurrency())) return;
        arena.emplace(static_cast<int>(n));
        larger_arena = &*arena;
    }
    ~State() {
        if (arena) larger_arena = nullptr;
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    tbb::global_control control;
    std::optional<tbb::task_arena> arena;
};

ThreadLimit::ThreadLimit(std::size_t n_threads) {
    if (n_threads > most_threads) {
        throw UsageError(
            fmt::format("threads: {} is not a whole number from 0 to {}", n_threads, most_threads));
    }
    // oneTBB itself would take the affinity alone, and so five to ten threads for each that a container gets.
    const std::size_t n = n_threads > 0 ? n_threads : available_threads().n;
    state_ = std::make_unique<State>(n);
    start_threads(n);
}

ThreadLimit::~ThreadLimit() = default;

}  // namespace snnff
