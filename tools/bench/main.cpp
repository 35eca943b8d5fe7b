// snnff-bench: times workloads, against the machine's own rates (table) or at a script's command (serve).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "kernels/dispatch.hpp"
#include "kernels/product.hpp"
#include "snnff/training.hpp"
#include "workload.hpp"

using namespace snnff;
using namespace snnff::bench;
using nlohmann::ordered_json;

namespace {

ordered_json to_json(const Shape& shape) {
    ordered_json json{
        {"name", shape.name},           {"kind", shape.kind},         {"neuron", shape.neuron},
        {"n_samples", shape.n_samples}, {"n_inputs", shape.n_inputs}, {"n_units", shape.n_units},
        {"steps", shape.steps},         {"density", nullptr},         {"mark", nullptr}};
    if (shape.density) json["density"] = *shape.density;
    if (shape.mark) json["mark"] = *shape.mark;
    return json;
}

double neuron_updates(const Shape& shape) {
    double units = 0;
    for (const std::size_t n : shape.n_units) units += static_cast<double>(n);
    return units * static_cast<double>(shape.n_samples) * static_cast<double>(shape.steps);
}

/// Answers one command per line with one line of JSON.
class Server {
  public:
    void run() {
        std::string line;
        while (std::getline(std::cin, line)) {
            ordered_json answer;
            try {
                answer = answer_to(line);
            } catch (const std::exception& error) {
                answer = {{"error", error.what()}};
            }
            std::cout << answer.dump() << std::endl;
        }
    }

  private:
    ordered_json answer_to(const std::string& line) {
        std::istringstream words(line);
        std::string verb, name;
        words >> verb;
        if (verb == "list") {
            ordered_json all = ordered_json::array();
            for (const Shape& shape : shapes()) all.push_back(to_json(shape));
            return all;
        }
        if (verb == "threads") {
            std::size_t n = 0;
            words >> n;
            limit_.reset();  // limits nest: the old one has to go first
            limit_ = std::make_unique<ThreadLimit>(n);
            return {{"threads", n}};
        }
        if (verb == "machine") {
            const Machine machine = measure_machine();
            return {{"product_gflops", machine.product_flops_per_s * 1e-9},
                    {"gbytes_per_s", machine.bytes_per_s * 1e-9}};
        }
        words >> name;
        if (verb == "floor") return {{"ms", floor_ms(make_workload(name)->work(), measure_machine())}};
        if (verb == "time") {
            double seconds = 1.0;
            words >> seconds;
            if (!workload_ || workload_->shape().name != name) workload_ = make_workload(name);
            const Timing timing = time(*workload_, seconds);
            ordered_json answer{{"ms", timing.ms}, {"n", timing.n}};
            if (workload_->shape().kind == "simulate") {
                answer["updates_per_second"] = neuron_updates(workload_->shape()) / (1e-3 * timing.ms);
            }
            return answer;
        }
        if (verb == "dump") {
            std::string folder;
            std::getline(words >> std::ws, folder);
            return {{"files", make_workload(name)->dump(folder)}};
        }
        throw std::invalid_argument("unknown command \"" + verb + "\"");
    }

    std::unique_ptr<ThreadLimit> limit_;
    std::unique_ptr<Workload> workload_;
};

void print_table(double seconds, bool as_json) {
    const Machine machine = measure_machine();
    ordered_json rows = ordered_json::array();
    if (!as_json) {
        fmt::print("matrix products {:.0f} GFLOP/s, copies {:.1f} GB/s ({}, {})\n\n",
                   machine.product_flops_per_s * 1e-9, machine.bytes_per_s * 1e-9, product_library(),
                   kernels::active().name);
        fmt::print("{:<28} {:>10} {:>10} {:>9} {:>10} {:>10} {:>6}\n", "workload", "GFLOP", "of these", "MB",
                   "floor ms", "taken ms", "ratio");
        fmt::print("{:<28} {:>10} {:>10}\n", "", "", "products");
    }
    for (const Shape& shape : shapes()) {
        const auto workload = make_workload(shape.name);
        const Work work = workload->work();
        const double least = floor_ms(work, machine), taken = time(*workload, seconds).ms;
        if (as_json) {
            rows.push_back({{"workload", shape.name},
                            {"operations", work.product_flops + work.vector_flops},
                            {"bytes", work.bytes},
                            {"ours_ms", taken},
                            {"peer_ms", nullptr},
                            {"floor_ms", least},
                            {"ratio", taken / least},
                            {"mark", nullptr},
                            {"met", nullptr}});
            continue;
        }
        fmt::print("{:<28} {:>10.3f} {:>10.3f} {:>9.1f} {:>10.3f} {:>10.3f} {:>6.2f}\n", shape.name,
                   1e-9 * (work.product_flops + work.vector_flops), 1e-9 * work.product_flops,
                   1e-6 * work.bytes, least, taken, taken / least);
        std::cout.flush();
    }
    if (as_json) std::cout << rows.dump(2) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Times workloads of snnff against what this machine allows."};
    app.require_subcommand(1);
    CLI::App* serve = app.add_subcommand("serve", "answer commands from standard input");
    CLI::App* repeat = app.add_subcommand("repeat", "repeat a workload, for programs that watch");
    CLI::App* about = app.add_subcommand("about", "what the program was built with, as JSON");
    std::string name;
    std::size_t n_repetitions = 1;
    repeat->add_option("NAME", name)->required();
    repeat->add_option("N", n_repetitions);
    CLI::App* table = app.add_subcommand("table", "every workload beside its floor");
    double seconds = 1.0;
    bool as_json = false;
    std::size_t threads = 0;
    app.add_option("--threads", threads, "threads to use; default: as many as the process may");
    table->add_option("--seconds", seconds, "how long each workload is repeated");
    table->add_flag("--json", as_json, "a list in place of the table");
    CLI11_PARSE(app, argc, argv);
    try {
        use_one_thread_per_product();
        std::unique_ptr<ThreadLimit> limit;
        if (*serve) {
            Server().run();
            return 0;
        }
        if (*about) {
            std::cout << ordered_json{{"compiler", __VERSION__}, {"products", product_library()}}.dump()
                      << '\n';
            return 0;
        }
        limit = std::make_unique<ThreadLimit>(threads);
        if (*repeat) {
            const auto workload = make_workload(name);
            for (std::size_t i = 0; i < n_repetitions; ++i) workload->repeat();
        } else {
            print_table(seconds, as_json);
        }
    } catch (const std::exception& error) {
        std::cerr << "snnff-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
