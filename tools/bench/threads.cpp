#include "threads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <thread>

#include "core/available_threads.hpp"
#include "machine.hpp"
#include "parallel/parallel.hpp"
#include "rates.hpp"
#include "snnff/training.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Wanted {
    const char* name;
    double bound_of_16;
};
constexpr Wanted all_wanted[] = {{"update-relu-784-500", 9.0},
                                 {"update-lif-784-500-10", 9.0},
                                 {"update-lif-1000-1000-10", 13.0},
                                 {"predict-lif-784-500-500-10", 13.0},
                                 {"epoch-mnist-lif", 13.0}};
constexpr std::array<std::size_t, 3> threads_of_bounds{4, 16, 64};
constexpr double wanted_efficiency = 0.93;

/// Seconds of the tasks of a loop, and of what one thread did before it.
struct Loop {
    double before = 0;
    std::vector<double> tasks;

    double work() const { return std::accumulate(tasks.begin(), tasks.end(), 0.0); }
};
/// A repetition of a workload on one thread. `before` of the last loop, which has no task, is what came at
/// the end.
using Trace = std::vector<Loop>;

Trace trace;
Clock::time_point last_end;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

void run_timed(std::size_t n, std::size_t block, const std::function<void(std::size_t, std::size_t)>& body) {
    auto begin = Clock::now();
    Loop loop{.before = seconds_between(last_end, begin), .tasks = {}};
    loop.tasks.reserve((n + block - 1) / block);
    for (std::size_t first = 0; first < n; first += block) {
        body(first, std::min(block, n - first));
        const auto end = Clock::now();
        loop.tasks.push_back(seconds_between(begin, end));
        begin = end;
    }
    trace.push_back(std::move(loop));
    last_end = Clock::now();
}

Trace traced(Workload& workload) {
    trace.clear();
    run_loops_by(run_timed);
    last_end = Clock::now();
    workload.repeat();
    const auto end = Clock::now();
    run_loops_by(nullptr);
    trace.push_back({.before = seconds_between(last_end, end), .tasks = {}});
    return trace;
}

/// The shortest time that each task took in some repetitions: other work on the machine makes some of them
/// longer.
Trace shortest_tasks(Workload& workload) {
    const ThreadLimit one(1);
    workload.repeat();
    Trace best = traced(workload);
    double spent = 0.0;
    for (int i = 1; i < 40 && (i < 6 || spent < 4.0); ++i) {
        Trace next;
        spent += seconds_of([&] { next = traced(workload); });
        if (next.size() != best.size())
            throw std::logic_error("a repetition has other loops than the one before");
        for (std::size_t l = 0; l < best.size(); ++l) {
            best[l].before = std::min(best[l].before, next[l].before);
            for (std::size_t t = 0; t < std::min(best[l].tasks.size(), next[l].tasks.size()); ++t)
                best[l].tasks[t] = std::min(best[l].tasks[t], next[l].tasks[t]);
        }
    }
    return best;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Seconds of a loop of tasks that do nothing, on all threads allowed: the median of 201.
double empty_loop(std::size_t n_tasks) {
    static std::map<std::size_t, double> known;
    if (n_tasks <= 1) return 0.0;  // no loop at all
    const auto [at, is_new] = known.try_emplace(n_tasks);
    if (!is_new) return at->second;
    std::vector<double> taken;
    for (int i = 0; i < 201; ++i) {
        taken.push_back(seconds_of([&] { for_blocks(n_tasks, 1, [](std::size_t, std::size_t) {}); }));
    }
    return at->second = median(std::move(taken));
}

/// Seconds that tasks take when each goes, in order, to the thread that is free first.
double in_whole_tasks(const std::vector<double>& tasks, std::size_t n_threads) {
    std::vector<double> busy(n_threads, 0.0);
    for (const double seconds : tasks) *std::ranges::min_element(busy) += seconds;
    return *std::ranges::max_element(busy);
}

struct Bound {
    double ms = 0, serial_ms = 0;
    std::size_t n_loops = 0, n_tasks = 0;
    std::array<double, threads_of_bounds.size()> speed_up{};  ///< work and the longest task allow it
    double whole_tasks_of_16 = 0;                             ///< the same, with tasks that cannot be cut
};

Bound bound_of(const Trace& loops) {
    Bound bound;
    double serial = 0, work = 0, whole = 0;
    std::array<double, threads_of_bounds.size()> parallel{};
    for (const Loop& loop : loops) {
        serial += loop.before;
        if (loop.tasks.empty()) continue;
        ++bound.n_loops;
        bound.n_tasks += loop.tasks.size();
        const double of_loop = loop.work(), longest = *std::ranges::max_element(loop.tasks);
        const double empty = empty_loop(loop.tasks.size());
        work += of_loop;
        for (std::size_t i = 0; i < parallel.size(); ++i) {
            parallel[i] += std::max(of_loop / static_cast<double>(threads_of_bounds[i]), longest) + empty;
        }
        whole += in_whole_tasks(loop.tasks, 16) + empty;
    }
    bound.ms = 1e3 * (serial + work);
    bound.serial_ms = 1e3 * serial;
    for (std::size_t i = 0; i < parallel.size(); ++i)
        bound.speed_up[i] = (serial + work) / (serial + parallel[i]);
    bound.whole_tasks_of_16 = (serial + work) / (serial + whole);
    return bound;
}

std::atomic<float> result{0.0f};

/// Seconds of one fma loop by itself over those of two beside each other, each on a thread of its own.
double efficiency_of_machine() {
    const RateLoops& loops = rate_loops();
    const auto loop = [&] { result = loops.fuse(1000000, 0.25f); };
    double one = seconds_of(loop), two = 1e9;
    for (int i = 0; i < 10; ++i) {
        one = std::min(one, seconds_of(loop));
        two = std::min(two, seconds_of([&] {
                           std::thread other(loop);
                           loop();
                           other.join();
                       }));
    }
    return one / two;
}
double efficiency_of(Workload& workload) {
    double ms[2];
    for (const std::size_t n : {1u, 2u}) {
        const ThreadLimit limit(n);
        ms[n - 1] = time(workload, 0.2, 1).shortest_ms;
    }
    return ms[0] / (2.0 * ms[1]);
}

}  // namespace

void print_threads(int n_pairs, bool as_json) {
    const bool has_two = available_threads().n >= 2 && n_pairs > 0;
    ordered_json rows = ordered_json::array();
    if (!as_json) {
        fmt::print(
            "how many times as fast as one thread at most: all work shared, no loop shorter than its longest "
            "task, and "
            "the cost of\nan empty loop of as many tasks ({:.1f} us for 56) added; and beside two fma loops, "
            "how well two "
            "threads are used\n\n",
            1e6 * empty_loop(56));
        fmt::print("{:<28} {:>9} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}  {:<6} {:<4} {:>11}", "workload", "ms",
                   "serial ms", "loops", "tasks", "at 4", "at 16", "at 64", "mark", "met", "whole tasks");
        if (has_two) fmt::print(" {:>9}  {:<8} {}", "of two", "mark", "met");
        fmt::print("\n{:>98}\n", "at 16");
    }
    for (const Wanted& wanted : all_wanted) {
        const auto workload = make_workload(wanted.name);
        const Bound bound = bound_of(shortest_tasks(*workload));
        const bool is_met = bound.speed_up[1] >= wanted.bound_of_16;
        std::optional<double> of_two;
        if (has_two) {
            std::vector<double> pairs;
            for (int i = 0; i < n_pairs; ++i)
                pairs.push_back(efficiency_of(*workload) / efficiency_of_machine());
            of_two = median(std::move(pairs));
        }
        if (as_json) {
            ordered_json row{{"study", "threads-bound"}, {"workload", wanted.name},
                             {"ms", bound.ms},           {"serial_ms", bound.serial_ms},
                             {"n_loops", bound.n_loops}, {"n_tasks", bound.n_tasks}};
            for (std::size_t i = 0; i < threads_of_bounds.size(); ++i)
                row[fmt::format("bound_{}", threads_of_bounds[i])] = bound.speed_up[i];
            row["whole_tasks_16"] = bound.whole_tasks_of_16;
            row["mark"] = wanted.bound_of_16, row["met"] = is_met;
            row["efficiency_of_two"] = nullptr;
            if (of_two) row["efficiency_of_two"] = *of_two;
            rows.push_back(std::move(row));
            continue;
        }
        fmt::print(
            "{:<28} {:>9.3f} {:>9.3f} {:>6} {:>6} {:>6.2f} {:>6.2f} {:>6.1f}  >= {:<3} {:<4} {:>11.2f}",
            wanted.name, bound.ms, bound.serial_ms, bound.n_loops, bound.n_tasks, bound.speed_up[0],
            bound.speed_up[1], bound.speed_up[2], wanted.bound_of_16, is_met ? "yes" : "no",
            bound.whole_tasks_of_16);
        if (of_two) {
            fmt::print(" {:>9.2f}  >= {:<5} {}", *of_two, wanted_efficiency,
                       *of_two >= wanted_efficiency ? "yes" : "no");
        }
        fmt::print("\n");
        std::cout.flush();
    }
    if (as_json) std::cout << rows.dump(2) << '\n';
}

}  // namespace snnff::bench
