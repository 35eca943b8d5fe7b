// Run files: everything that reads one, from the summary to going on with it, and what it exports.
#include "snnff/run_file.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <numeric>
#include <vector>

#include "hdf5_edits.hpp"
#include "snnff/digest.hpp"
#include "snnff/export.hpp"
#include "snnff/model_spec.hpp"

namespace {

using namespace snnff;

constexpr std::size_t n_inputs = 6, n_hidden = 4, n_output = 3;

const ModelSpec& model() {
    static const ModelSpec spec = read_model_text(
        "[overlay]\nn_labels = 3\n[population.hidden]\nsize = 4\n[population.output]\nsize = 3\n"
        "[readout]\nkind = \"softmax\"\n",
        "model.toml", "/nowhere", {});
    return spec;
}

Population population(std::string name, std::size_t n_units, std::size_t n_below) {
    Population p;
    p.name = std::move(name);
    p.below().weight.resize(n_units, n_below);
    p.bias.assign(n_units, 0.5f);
    return p;
}

Evaluation evaluation() {
    Evaluation e;
    e.goodness.resize(3, 3);
    e.label = {0, 1, 2};
    e.prediction = {0, 2, 2};
    e.spike_rate = {0.25, 0.5};
    e.accumulates = {1000.0, 0.0};
    e.multiply_accumulates = {4000.0, 500.0};
    return e;
}

void begin(RunFileWriter& writer) {
    const std::vector<std::string> names{"hidden", "output"};
    writer.describe("a run", "seed = 1\n",
                    Provenance{.facts = {{"version", "0.1.0"}, {"seed", std::uint64_t{1}}},
                               .data = {{"d.h5", 7, "0f", "train"}},
                               .stretches = {{.version = "0.1.0"}}});
    writer.begin_training(names, 2);
    writer.open_report({"hidden", "hidden", "membrane potential", "before", 1.0, {0, 3}, 0.5});
    writer.open_spikes("hidden");
}

void write_good(const fuzz::fs::path& path) {
    RunFileWriter writer(path, false);
    begin(writer);
    EpochReport report;
    report.n_epochs = 2;
    report.populations.resize(2);
    for (report.epoch = 0; report.epoch < 2; ++report.epoch) writer.append_epoch(report);
    Matrix frames(3, 2);
    const std::array<std::int64_t, 3> step{0, 1, 2}, zeros{};
    const std::array<std::uint8_t, 3> phase{};
    writer.append_frames(0, frames, {zeros, step, zeros, phase}, 1);
    const std::array<double, 2> times{0.5, 1.0};
    const std::array<std::uint64_t, 2> ids{3, 0};
    writer.append_spikes("hidden", times, ids);
    writer.write_populations(
        std::vector{population("hidden", n_hidden, n_inputs), population("output", n_output, n_hidden)});
    SoftmaxHead head = make_head(model());
    head.loss = {1.5, 0.75};
    writer.write_readout(head);
    writer.write_evaluation("test", evaluation());
    writer.close(RunStatus::complete);
}

/// A checkpoint that claims what the input says.
class Claims final : public State {
  public:
    explicit Claims(FuzzedDataProvider& provider) : provider_(provider) {}
    bool restoring() const noexcept override { return true; }
    void show(std::string_view, std::int64_t& value) override {
        value = provider_.ConsumeBool() ? provider_.ConsumeIntegralInRange<std::int64_t>(0, 4)
                                        : provider_.ConsumeIntegral<std::int64_t>();
    }
    void show(std::string_view, double&) override {}
    void show(std::string_view, std::span<float>) override {}
    void show(std::string_view, std::vector<double>&) override {}
    void show(std::string_view, std::vector<std::int64_t>&) override {}
    void show(std::string_view, Matrix&) override {}

  private:
    void enter(std::string_view) override {}
    void leave() noexcept override {}
    FuzzedDataProvider& provider_;
};

std::size_t n_entries(const fuzz::fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fuzz::fs::directory_iterator(folder), fuzz::fs::directory_iterator()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EditedFile file("run.h5", write_good);
    FuzzedDataProvider provider(data, size);
    const auto what = provider.ConsumeIntegralInRange<int>(0, 6);
    Claims claims(provider);
    const fuzz::Folder& folder = file.folder();
    const auto closed = file.edit(provider);
    // Whatever is read afterwards, the summary is what every verb reads first.
    fuzz::reads_or_refuses([] { read_run(file.path()); });
    switch (what) {
        case 0:
            fuzz::reads_or_refuses([] {
                Population hidden = population("hidden", n_hidden, n_inputs);
                read_parameters(file.path(), "hidden", hidden);
                fuzz::require(hidden.below().weight.size() == n_hidden * n_inputs,
                              "weights have their shape");
                fuzz::require(hidden.bias.size() == n_hidden, "biases have their shape");
            });
            break;
        case 1:
            fuzz::reads_or_refuses([] { read_readout(file.path(), model()); });
            break;
        case 2:
        case 3: {
            const std::size_t n_before = n_entries(folder.path());
            const fuzz::fs::path into = folder / "tables";
            fuzz::reads_or_refuses([&] { export_csv(file.path(), into, true); });
            fuzz::fs::remove_all(into);
            fuzz::require(n_entries(folder.path()) == n_before, "tables are written into their folder only");
            break;
        }
        case 4:
            fuzz::reads_or_refuses([&] { export_sonata(file.path(), folder / "sonata.h5"); });
            break;
        case 5: {
            fuzz::reads_or_refuses([] {
                const ArraysCompared compared = compare_arrays(file.path(), file.path(), 1);
                fuzz::require(compared.same(), "a file has the bits that it has");
                read_array_digests(file.path());
            });
            break;
        }
        default: {
            fuzz::fs::remove(folder / "next.h5");
            RunFileWriter next(folder / "next.h5", false);
            begin(next);
            fuzz::reads_or_refuses([&] { next.show(claims, file.path(), {}); });
            next.discard();
            break;
        }
    }
    return 0;
}
