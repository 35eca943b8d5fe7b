#include "table.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "kernels/dispatch.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "product.hpp"
#include "workload.hpp"

namespace snnff::bench {
namespace {

using nlohmann::ordered_json;

/// A product may be found this much faster than the loop without a fault: clocks and other work differ
/// between two measurements.
constexpr double tolerance = 1.02;
/// A row of a train is the shortest of so many.
constexpr std::size_t of_trains = 40;

struct WorkloadRow {
    const Shape& shape;
    Work work;
    Machine machine;
    double floor_ms;
    Timing taken;
    std::optional<double> peak_bytes;  // of a process of its own

    double ratio() const noexcept { return taken.shortest_ms / floor_ms; }
};

WorkloadRow measure(const Shape& shape, double seconds, std::size_t n_threads) {
    const auto workload = make_workload(shape.name);
    const Work work = workload->work();
    const Machine before = measure_machine(work.footprint);
    const Timing taken = time(*workload, seconds, shape.density ? of_trains : 3);
    const Machine machine = best_of(before, measure_machine(work.footprint));
    return {shape, work, machine, floor_ms(work, machine), taken, peak_memory_of(shape.name, n_threads)};
}

std::string_view met(bool is_met) { return is_met ? "yes" : "no"; }

void print(const WorkloadRow& row) {
    fmt::print(
        "{:<31} {:>8.3f} {:>8.3f} {:>7.3f} {:>8.1f} {:>6.0f} {:>9.3f} {:>9.3f} {:>9.3f} {:>7} {:>6.2f}",
        row.shape.name, 1e-9 * row.work.product_flops, 1e-9 * row.work.row_additions,
        1e-9 * row.work.vector_flops, 1e-6 * row.work.bytes, 1e-9 * row.machine.bytes_per_s, row.floor_ms,
        row.taken.shortest_ms, row.taken.median_ms,
        row.peak_bytes ? fmt::format("{:.1f}", 1e-6 * *row.peak_bytes) : "-", row.ratio());
    if (const auto mark = row.shape.floor_mark) fmt::print("  <= {:<5} {}", *mark, met(row.ratio() <= *mark));
    fmt::print("\n");
    std::cout.flush();
}
ordered_json to_json(const WorkloadRow& row) {
    ordered_json json{{"workload", row.shape.name},
                      {"operations", row.work.product_flops + row.work.row_additions + row.work.vector_flops},
                      {"bytes", row.work.bytes},
                      {"kernels", kernels::active().name},
                      {"ours_ms", row.taken.shortest_ms},
                      {"median_ms", row.taken.median_ms},
                      {"peak_mb", nullptr},
                      {"peer_ms", nullptr},
                      {"floor_ms", row.floor_ms},
                      {"ratio", row.ratio()},
                      {"mark", nullptr},
                      {"met", nullptr}};
    if (row.peak_bytes) json["peak_mb"] = 1e-6 * *row.peak_bytes;
    if (const auto mark = row.shape.floor_mark) json["mark"] = *mark, json["met"] = row.ratio() <= *mark;
    return json;
}

void print(const ProductRow& row) {
    fmt::print("{:<29} {:>8.1f} {:>8.1f} {:>7.2f}  >= {:<5} {:<4}", row.name, 1e-9 * row.flops_per_s,
               1e-9 * row.fused_flops_per_s, row.share(), row.mark, met(row.share() >= row.mark));
    if (row.peer_flops_per_s) {
        const double ratio = row.flops_per_s / *row.peer_flops_per_s;
        fmt::print(" {:>8.1f} {:>7.2f}", 1e-9 * *row.peer_flops_per_s, ratio);
        if (peer_knows_processor()) fmt::print("  >= 1     {}", met(ratio >= 1.0));
    }
    fmt::print("\n");
}
ordered_json to_json(const ProductRow& row) {
    ordered_json json{{"workload", row.name},
                      {"kernels", kernels::active().name},
                      {"gflops", 1e-9 * row.flops_per_s},
                      {"fma_gflops", 1e-9 * row.fused_flops_per_s},
                      {"share", row.share()},
                      {"mark", row.mark},
                      {"met", row.share() >= row.mark},
                      {"peer_gflops", nullptr}};
    if (row.peer_flops_per_s) json["peer_gflops"] = 1e-9 * *row.peer_flops_per_s;
    return json;
}

}  // namespace

bool print_table(double seconds, std::size_t n_threads, bool as_json) {
    double load = 0.0;
    if (::getloadavg(&load, 1) == 1 && load > 0.5) {
        std::cerr << fmt::format("this machine is busy (load {:.1f}): these are no figures to quote\n", load);
    }
    ordered_json all = ordered_json::array();
    if (!as_json) {
        const Machine machine = measure_machine(64 << 20);
        fmt::print(
            "kernels {}: fused multiply-adds {:.0f} GFLOP/s, element by element {:.0f}, row additions {:.0f} "
            "G/s, "
            "copies of 64 MiB {:.1f} GB/s\n\n",
            kernels::active().name, 1e-9 * machine.fused_flops_per_s, 1e-9 * machine.vector_flops_per_s,
            1e-9 * machine.row_additions_per_s, 1e-9 * machine.bytes_per_s);
        fmt::print("{:<31} {:>8} {:>8} {:>7} {:>8} {:>6} {:>9} {:>9} {:>9} {:>7} {:>6}  {:<8} {}\n",
                   "workload", "products", "rows", "others", "MB", "GB/s", "floor ms", "shortest", "median",
                   "peak MB", "ratio", "mark", "met");
        fmt::print("{:<31} {:>8} {:>8} {:>7}\n", "", "GFLOP", "G", "G");
    }
    for (const Shape& shape : shapes()) {
        const WorkloadRow row = measure(shape, seconds, n_threads);
        as_json ? all.push_back(to_json(row)) : print(row);
    }
    if (!as_json) {
        fmt::print("\n{:<29} {:>8} {:>8} {:>7}  {:<8} {:<4}", "one thread", "GFLOP/s", "fma loop", "share",
                   "mark", "met");
        if (!peer_name().empty()) {
            fmt::print(" {}{}", peer_name(),
                       peer_knows_processor() ? "" : ", which does not know this processor");
        }
        fmt::print("\n");
    }
    bool loop_is_good = true;
    for (const ProductRow& row : measure_products()) {
        as_json ? all.push_back(to_json(row)) : print(row);
        if (row.share() <= tolerance) continue;
        std::cerr << fmt::format(
            "snnff-bench: {}: {:.1f} GFLOP/s, and the fma loop {:.1f}: the loop is at fault, and every "
            "floor above too high\n",
            row.name, 1e-9 * row.flops_per_s, 1e-9 * row.fused_flops_per_s);
        loop_is_good = false;
    }
    if (as_json) std::cout << all.dump(2) << '\n';
    return loop_is_good;
}

}  // namespace snnff::bench
