// snnff-bench: times workloads, against the machine's own rates (table) or at a script's command (serve).
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "interfaces/kernels_in_use.hpp"
#include "kernels/dispatch.hpp"
#include "machine.hpp"
#include "memory.hpp"
#include "snnff/training.hpp"
#include "table.hpp"
#include "threads.hpp"
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
            for (const Shape& shape : shapes()) {
                if (shape.mark) all.push_back(to_json(shape));
            }
            return all;
        }
        if (verb == "names") {
            ordered_json all = ordered_json::array();
            for (const Shape& shape : shapes()) all.push_back(shape.name);
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
            double footprint = 64 << 20;
            words >> footprint;
            const Machine machine = measure_machine(footprint);
            return {{"fma_gflops", machine.fused_flops_per_s * 1e-9},
                    {"elementwise_gflops", machine.vector_flops_per_s * 1e-9},
                    {"row_gadditions", machine.row_additions_per_s * 1e-9},
                    {"gbytes_per_s", machine.bytes_per_s * 1e-9}};
        }
        words >> name;
        if (verb == "floor") {
            const Work work = make_workload(name)->work();
            return {{"ms", floor_ms(work, measure_machine(work.footprint))}};
        }
        if (verb == "time") {
            double seconds = 1.0;
            words >> seconds;
            if (!workload_ || workload_->shape().name != name) workload_ = make_workload(name);
            const Timing timing = time(*workload_, seconds);
            ordered_json answer{
                {"ms", timing.median_ms}, {"shortest_ms", timing.shortest_ms}, {"n", timing.n}};
            if (workload_->shape().kind == "simulate") {
                answer["updates_per_second"] = neuron_updates(workload_->shape()) / (1e-3 * timing.median_ms);
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

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Times workloads of snnff against what this machine allows."};
    app.require_subcommand(1);
    CLI::App* serve = app.add_subcommand("serve", "answer commands from standard input");
    CLI::App* repeat = app.add_subcommand("repeat", "repeat a workload, for programs that watch");
    CLI::App* about = app.add_subcommand("about", "what counts of instructions depend on, as JSON");
    std::string name;
    std::size_t n_repetitions = 1;
    repeat->add_option("NAME", name)->required();
    repeat->add_option("N", n_repetitions);
    CLI::App* memory =
        app.add_subcommand("memory", "repeat a workload and say, as JSON, the most memory in use");
    memory->add_option("NAME", name)->required();
    CLI::App* table = app.add_subcommand("table", "every workload beside its floor");
    double seconds = 1.0;
    bool as_json = false;
    std::size_t threads = 0;
    app.add_option("--threads", threads, "threads to use; default: as many as the process may");
    table->add_option("--seconds", seconds, "how long each workload is repeated");
    table->add_flag("--json", as_json, "a list in place of the table");
    CLI::App* of_threads = app.add_subcommand("threads", "what tasks of workloads allow on many threads");
    int n_pairs = 15;
    of_threads->add_option("--pairs", n_pairs, "pairs of measurements on one and two threads; 0: none");
    of_threads->add_flag("--json", as_json, "a list in place of the table");
    CLI11_PARSE(app, argc, argv);
    try {
        use_kernels_of_environment();
        std::unique_ptr<ThreadLimit> limit;
        if (*serve) {
            Server().run();
            return 0;
        }
        if (*about) {
            std::cout << ordered_json{{"compiler", __VERSION__}, {"kernels", kernels::active().name}}.dump()
                      << '\n';
            return 0;
        }
        limit = std::make_unique<ThreadLimit>(threads);
        if (*repeat) {
            const auto workload = make_workload(name);
            for (std::size_t i = 0; i < n_repetitions; ++i) workload->repeat();
        } else if (*memory) {
            const auto workload = make_workload(name);
            for (int i = 0; i < 3; ++i) workload->repeat();
            ordered_json answer{{"peak_bytes", nullptr}};
            if (const auto bytes = peak_memory()) answer["peak_bytes"] = *bytes;
            std::cout << answer.dump() << '\n';
        } else if (*of_threads) {
            print_threads(n_pairs, as_json);
        } else {
            return print_table(seconds, threads, as_json) ? 0 : 1;
        }
    } catch (const std::exception& error) {
        std::cerr << "snnff-bench: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
