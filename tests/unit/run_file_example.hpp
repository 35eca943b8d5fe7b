#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"
#include "temp_folder.hpp"

/// A small run with everything a run file can hold, shared by the tests of run files.
namespace example {

using namespace snnff;
namespace fs = std::filesystem;

inline constexpr std::size_t n_epochs = 7, n_neurons = 4, n_frames = 50000;

inline Population population(std::string name, std::size_t n_units, std::size_t n_inputs) {
    Population p;
    p.name = std::move(name);
    p.below().weight.resize(n_units, n_inputs);
    for (std::size_t i = 0; i < p.below().weight.size(); ++i)
        p.below().weight(i / n_inputs, i % n_inputs) = std::sin(static_cast<float>(i));
    p.bias.assign(n_units, 0.5f);
    return p;
}

inline Evaluation evaluation() {
    Evaluation e;
    e.goodness.resize(6, 3);
    e.label = {0, 1, 2, 0, 1, 2};
    e.prediction = {0, 1, 2, 0, 2, 2};  // one of six is wrong
    for (std::size_t s = 0; s < 6; ++s) e.goodness(s, static_cast<std::size_t>(e.prediction[s])) = 1.5f;
    e.spike_rate = {0.25, std::nan("")};
    e.accumulates = {1000.0, 0.0};
    e.multiply_accumulates = {4000.0, 500.0};
    return e;
}

/// The same by a read-out alone.
inline Evaluation evaluation_by_head() {
    Evaluation e = evaluation();
    std::swap(e.goodness, e.log_probability);
    return e;
}

inline SoftmaxHead head() {
    SoftmaxHead h;
    h.mean = 0.25f;
    h.deviation = 2.0f;
    h.weight = population("", 3, 30).below().weight.matrix();
    h.bias.assign(3, 0.125f);
    h.loss = {1.5, 0.75};
    return h;
}

/// All epochs of a run file.
inline std::vector<EpochReport> epochs_of(const fs::path& path) {
    std::vector<EpochReport> epochs;
    read_epochs(path, [&](const EpochReport& epoch) { epochs.push_back(epoch); });
    return epochs;
}

inline EpochReport epoch(std::int64_t k) {
    EpochReport report;
    report.epoch = k;
    report.n_epochs = n_epochs;
    report.kept_epoch = k < 4 ? k : 4;
    report.populations.resize(2);
    report.populations[0].loss = 1.0 / static_cast<double>(k + 1);
    report.populations[0].spike_rate = 0.125;
    report.seconds = 0.5;
    if (k == 3) {
        report.train_error = 12.5;
        report.test_error = 15.25;
        report.test_loss = 0.375;
    }
    return report;
}

inline ReportSpec membrane() {
    return {"hidden1", "hidden1", "membrane potential of hidden1", "before", 1.0, {3, 1, 4, 15}, 0.5};
}

/// Frame f of neuron n holds 4f + n: exact in float32 up to 2^24.
inline void append_frames(RunFileWriter& writer, std::size_t report, std::size_t n_at_once) {
    for (std::size_t first = 0; first < n_frames; first += n_at_once) {
        const std::size_t n = std::min(n_at_once, n_frames - first);
        Matrix frames(n, n_neurons);
        std::iota(frames.values().begin(), frames.values().end(), static_cast<float>(first * n_neurons));
        std::vector<std::int64_t> sample(n, 8), step(n);
        std::iota(step.begin(), step.end(), static_cast<std::int64_t>(first));
        const std::vector<std::uint8_t> phase(n, 1);
        const std::vector<std::int64_t> label(n, 3);
        writer.append_frames(report, frames, {sample, step, label, phase}, 6);
    }
}

/// Two files of one name, in two folders; the run was taken up once.
inline Provenance provenance() {
    Provenance p;
    p.add("version", "0.1.0");
    p.add("command", "snnff-sim run \xff x");
    p.add("seed", std::uint64_t{18446744073709551615u});
    p.data = {{"a/d.h5", 123456, std::string(64, 'a'), "train"}, {"b/d.h5", 7, std::string(64, 'b'), "test"}};
    p.stretches = {{.first_epoch = 0,
                    .version = "0.1.0",
                    .libraries = "HDF5 1.10.8",
                    .kernels = "avx2",
                    .kernels_from = "the processor",
                    .threads_from = "affinity 2",
                    .threads = 2},
                   {.first_epoch = 3, .version = "0.2.0", .kernels = "neon", .threads = 1}};
    return p;
}

inline void write_example(const fs::path& path, bool force = false) {
    RunFileWriter writer(path, force);
    writer.describe("an example – with a dash", "seed = 1\ntitle = \"an example\"\n", provenance());
    const std::vector<std::string> names{"hidden1", "hidden2"};
    writer.begin_training(names, n_epochs);
    const std::size_t report = writer.open_report(membrane());
    writer.open_spikes("hidden1");
    for (std::size_t k = 0; k < n_epochs; ++k) writer.append_epoch(epoch(static_cast<std::int64_t>(k)));
    append_frames(writer, report, 777);
    const std::vector<double> times{0.5, 0.5, 2.0};
    const std::vector<std::uint64_t> ids{3, 1, 3};
    writer.append_spikes("hidden1", times, ids);
    writer.write_populations(std::vector{population("hidden1", 20, 784), population("hidden2", 10, 20)});
    writer.write_evaluation("train", evaluation());
    writer.write_readout(head());
    writer.write_evaluation("validation", evaluation_by_head());
    writer.write_evaluation("test", evaluation());
    writer.close(RunStatus::complete);
}

inline std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace example
