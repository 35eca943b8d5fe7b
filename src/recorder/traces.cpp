#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "snnff/error.hpp"
#include "snnff/recorder.hpp"
#include "snnff/trace.hpp"

namespace snnff {
namespace {

/// Samples that are recorded: those of the test, where there are any.
const Dataset& dataset_of(const Experiment& experiment) {
    return experiment.test.size() > 0 ? experiment.test : experiment.train;
}

/// Frames are handed to the file in portions of about this many values, whatever the run's length.
constexpr std::size_t buffered_values = std::size_t{1} << 14;

enum class Variable { membrane, current, spikes, activation };

/// What [recording] calls a variable; none where such units do not have it.
std::optional<Variable> variable_of(const Population& population, std::string_view name) {
    const bool spiking = population.neuron->spiking();
    if (name == "membrane") return spiking ? std::optional(Variable::membrane) : std::nullopt;
    if (name == "spikes") return spiking ? std::optional(Variable::spikes) : std::nullopt;
    if (name == "activation") return spiking ? std::nullopt : std::optional(Variable::activation);
    return Variable::current;
}

bool is_recorded(const RecordingSpec& spec, const Population& population) {
    return spec.populations.empty() ||
           std::ranges::find(spec.populations, population.name) != spec.populations.end();
}

/// What one report records, and its frames that are not yet in the file.
struct Report {
    std::size_t population;
    Variable variable;
    std::size_t handle;
    std::vector<float> frames;
    std::vector<std::int64_t> sample, step, label;
    std::vector<std::uint8_t> phase;
};

/// A sample with a label written into it, or with none (-1).
struct Presented {
    std::uint32_t sample;
    std::int32_t label;
    std::uint8_t phase;
};

class Traces final : public Observer {
  public:
    Traces(Experiment& experiment, RunFileWriter& writer, ShallStop shall_stop)
        : shall_stop_(std::move(shall_stop)),
          experiment_(experiment),
          spec_(experiment.model.recording),
          dataset_(dataset_of(experiment)),
          writer_(writer) {
        check_recording(experiment);
        open();
        if (!reports_.empty())
            tracer_ = std::make_unique<Tracer>(experiment.network, experiment.model, dataset_);
    }

    void on_epoch(const EpochReport& report, const Network&) override {
        if (reports_.empty()) return;
        const std::int64_t number = report.epoch + 1;
        const bool due = spec_.every_n_epochs > 0 && number % spec_.every_n_epochs == 0;
        if (due || number == report.n_epochs) record(report.epoch);
    }

    void show(State& state) override {
        const State::Section section(state, "recorder");
        state.show("n_presentations", n_presentations_, 0, std::numeric_limits<std::int64_t>::max() - 1);
    }

  private:
    void open() {
        const auto& populations = experiment_.network.populations;
        for (std::size_t k = 0; k < populations.size(); ++k) {
            const Population& population = populations[k];
            if (!is_recorded(spec_, population)) {
                neurons_.emplace_back();
                continue;
            }
            neurons_.push_back(neurons_of(population));
            for (const std::string& name : spec_.variables) open_report(k, name);
        }
    }

    std::vector<std::uint64_t> neurons_of(const Population& population) const {
        if (!spec_.neurons.empty()) return {spec_.neurons.begin(), spec_.neurons.end()};
        std::vector<std::uint64_t> first(
            std::min<std::size_t>(static_cast<std::size_t>(spec_.n_neurons), population.n_units()));
        std::iota(first.begin(), first.end(), std::uint64_t{0});
        return first;
    }

    /// "hidden_spikes", with "_" after it until no population has that name: a membrane has its population's.
    std::string report_name(const Population& population, const std::string& variable) const {
        const auto taken = [&](std::string_view name) {
            return std::ranges::any_of(experiment_.network.populations,
                                       [&](const Population& other) { return other.name == name; });
        };
        std::string name = population.name + "_" + variable;
        while (taken(name)) name += "_";
        return name;
    }

    void open_report(std::size_t k, const std::string& name) {
        const Population& population = experiment_.network.populations[k];
        const std::optional<Variable> variable = variable_of(population, name);
        if (!variable) return;
        ReportSpec report;
        report.population = population.name;
        report.neurons = neurons_[k];
        report.frame_ms = experiment_.network.time.time_ms(spec_.every_n_steps);
        report.threshold = std::numeric_limits<double>::quiet_NaN();
        report.name = report_name(population, name);
        if (variable == Variable::membrane) {
            report.name = population.name;
            report.long_name = "membrane potential of " + population.name;
            report.recorded_reset = population.neuron->recorded_reset();
            if (!population.neuron->thresholds().empty()) {
                report.threshold = static_cast<double>(population.neuron->thresholds().front());
            }
        } else if (variable == Variable::spikes) {
            report.long_name = "spikes of " + population.name;
            writer_.open_spikes(population.name);
        } else if (variable == Variable::activation) {
            report.long_name = "activation of " + population.name;
        } else {
            report.long_name = "input current of " + population.name;
        }
        reports_.push_back({k, *variable, writer_.open_report(report), {}, {}, {}, {}, {}});
    }

    void record(std::int64_t epoch) {
        for (std::size_t phase = 0; phase < phase_names.size(); ++phase) {
            if (std::ranges::find(spec_.phases, phase_names[phase]) == spec_.phases.end()) continue;
            for (const std::int64_t number : spec_.samples) {
                const auto sample = static_cast<std::uint32_t>(number);
                const auto which = static_cast<std::uint8_t>(phase);
                present({sample, label(sample, which), which}, epoch);
            }
        }
        for (const std::int64_t shown : spec_.labels) {
            for (const std::int64_t number : spec_.samples) {
                const auto sample = static_cast<std::uint32_t>(number);
                const bool own = shown == dataset_.label[sample];
                present({sample, static_cast<std::int32_t>(shown), static_cast<std::uint8_t>(own ? 0 : 1)},
                        epoch);
            }
        }
        for (Report& report : reports_) hand_over(report, epoch);
    }

    void present(const Presented& presented, std::int64_t epoch) {
        if (shall_stop_ && shall_stop_()) return;
        tracer_->present(presented.sample, presented.label,
                         [&](std::size_t k, std::int64_t step, const StepView& view) {
                             if (step % spec_.every_n_steps == 0) {
                                 for (Report& report : reports_) {
                                     if (report.population == k)
                                         add_frame(report, view, presented, step, epoch);
                                 }
                             }
                             add_spikes(k, step, view);
                         });
        ++n_presentations_;
    }

    std::int32_t label(std::uint32_t sample, std::uint8_t phase) const {
        const auto n_labels = static_cast<std::uint32_t>(experiment_.model.data.overlay.n_labels);
        const std::int32_t truth = dataset_.label[sample];
        if (phase == 0) return truth;
        if (phase == 2) return -1;
        if (!dataset_.negative_label.empty()) return dataset_.negative_label[sample];
        const std::uint32_t wrong =
            1 + below(n_labels - 1, experiment_.model.seed, Stream::recorded_label, sample, 0);
        return static_cast<std::int32_t>((static_cast<std::uint32_t>(truth) + wrong) % n_labels);
    }

    void add_frame(Report& report, const StepView& view, const Presented& presented, std::int64_t step,
                   std::int64_t epoch) {
        const auto values = report.variable == Variable::membrane  ? ConstMatrixView(view.membrane).row(0)
                            : report.variable == Variable::current ? view.current.row(0)
                                                                   : ConstMatrixView(view.emitted).row(0);
        for (const std::uint64_t neuron : neurons_[report.population])
            report.frames.push_back(values[neuron]);
        report.sample.push_back(presented.sample);
        report.step.push_back(step);
        report.label.push_back(presented.label);
        report.phase.push_back(presented.phase);
        if (report.frames.size() >= buffered_values) hand_over(report, epoch);
    }

    void hand_over(Report& report, std::int64_t epoch) {
        const ConstMatrixView frames(report.frames.data(), report.step.size(),
                                     neurons_[report.population].size());
        if (report.step.empty()) return;
        writer_.append_frames(report.handle, frames, {report.sample, report.step, report.label, report.phase},
                              epoch);
        report.frames.clear();
        report.sample.clear();
        report.step.clear();
        report.label.clear();
        report.phase.clear();
    }

    /// Spikes stand on the time axis of the reports: each presentation takes as long as its frames.
    void add_spikes(std::size_t k, std::int64_t step, const StepView& view) {
        const auto recorded = std::ranges::find_if(reports_, [&](const Report& report) {
            return report.population == k && report.variable == Variable::spikes;
        });
        if (recorded == reports_.end()) return;
        const TimeGrid& time = experiment_.network.time;
        const std::int64_t every = spec_.every_n_steps;
        const std::int64_t steps_per_presentation = (time.steps + every - 1) / every * every;
        const double t = time.time_ms(n_presentations_ * steps_per_presentation + step);
        std::vector<double> timestamps;
        std::vector<std::uint64_t> ids;
        for (const std::uint64_t neuron : neurons_[k]) {
            if (view.emitted(0, neuron) == 0.0f) continue;
            timestamps.push_back(t);
            ids.push_back(neuron);
        }
        if (!ids.empty()) writer_.append_spikes(experiment_.network.populations[k].name, timestamps, ids);
    }

    static constexpr std::array<std::string_view, 3> phase_names{"positive", "negative", "neutral"};
    ShallStop shall_stop_;
    const Experiment& experiment_;
    const RecordingSpec& spec_;
    const Dataset& dataset_;
    RunFileWriter& writer_;
    std::vector<std::vector<std::uint64_t>> neurons_;  // [population] recorded units
    std::vector<Report> reports_;
    std::unique_ptr<Tracer> tracer_;
    std::int64_t n_presentations_ = 0;
};

}  // namespace

void check_recording(const Experiment& experiment) {
    const std::size_t n_samples = dataset_of(experiment).size();
    for (const std::int64_t sample : experiment.model.recording.samples) {
        if (static_cast<std::size_t>(sample) < n_samples) continue;
        throw ModelError(fmt::format("{}: recording.samples: sample {} is not there; 0 to {} are",
                                     experiment.model.path.string(), sample, n_samples - 1));
    }
}

std::size_t recording_memory(const Experiment& experiment) {
    // A chunk gathers in each of a report's seven data sets and HDF5 keeps two more of each; frames wait here
    // in as much again. Spikes have two such data sets.
    constexpr std::size_t data_set_bytes = 3 * 65536, report_bytes = 8 * data_set_bytes;
    // Of HDF5's cache for where chunks lie, which grows with the file and then no further, as measured.
    constexpr std::size_t cache_bytes = 8'000'000;
    const RecordingSpec& spec = experiment.model.recording;
    if (spec.samples.empty()) return 0;
    std::size_t bytes = 0;
    for (const Population& population : experiment.network.populations) {
        if (!is_recorded(spec, population)) continue;
        for (const std::string& name : spec.variables) {
            const std::optional<Variable> variable = variable_of(population, name);
            if (!variable) continue;
            bytes += report_bytes + (variable == Variable::spikes ? 2 * data_set_bytes : 0);
        }
    }
    if (bytes == 0) return 0;
    return bytes + cache_bytes + Tracer::memory(experiment.network, experiment.model, dataset_of(experiment));
}

std::unique_ptr<Observer> make_recorder(Experiment& experiment, RunFileWriter& writer, ShallStop shall_stop) {
    return std::make_unique<Traces>(experiment, writer, std::move(shall_stop));
}

}  // namespace snnff
