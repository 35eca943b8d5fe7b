#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "app/execute.hpp"
#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/signals.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/traces.hpp"
#include "app/trained.hpp"
#include "app/verb.hpp"
#include "run/class_words.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

struct TraceArguments {
    std::string run, output, samples = "0", neurons;
    SampleSource source;
    std::vector<std::string> populations, variables, labels;
    std::int64_t steps = 0;
    std::size_t threads = 0;
    bool force = false;
};

/// More numbers than anybody records, and few enough to hold.
constexpr std::int64_t most_numbers = 1'000'000;

/// "0:10,15,20:30:5": first:end[:step] or single numbers, the end excluded.
std::vector<std::int64_t> numbers_of(const std::string& option, const std::string& text) {
    const auto wrong = [&](const std::string& why) {
        return UsageError(
            fmt::format("{} {}: {}; 0:10, 3,5,8 or 0:100:10 are what it takes", option, text, why));
    };
    std::vector<std::int64_t> numbers;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        std::vector<std::int64_t> parts;
        for (const char* p = text.data() + at;; ++p) {
            std::int64_t value = 0;
            const auto [end, error] = std::from_chars(p, text.data() + comma, value);
            if (error != std::errc() || value < 0) throw wrong("no number counted from 0");
            parts.push_back(value);
            p = end;
            if (p == text.data() + comma) break;
            if (*p != ':' || parts.size() == 3) throw wrong(fmt::format("\"{}\" is too much", p));
        }
        const std::int64_t first = parts[0], end = parts.size() > 1 ? parts[1] : first + 1,
                           step = parts.size() > 2 ? parts[2] : 1;
        if (step < 1 || end <= first) throw wrong("an empty range");
        if ((end - first) / step >= most_numbers) throw wrong(fmt::format("more than {}", most_numbers));
        for (std::int64_t n = first; n < end; n += step) numbers.push_back(n);
        at = comma + 1;
    }
    return numbers;
}

/// Everything that units of the chosen populations have; viewers show the first.
std::vector<std::string> all_variables(const ModelSpec& model, const std::vector<std::string>& chosen) {
    bool spiking = false, others = false;
    for (const PopulationSpec& population : model.network.populations) {
        if (!chosen.empty() && std::ranges::find(chosen, population.name) == chosen.end()) continue;
        (population.neuron->spiking() ? spiking : others) = true;
    }
    std::vector<std::string> variables;
    if (spiking) variables = {"membrane", "spikes"};
    if (others) variables.emplace_back("activation");
    variables.emplace_back("current");
    return variables;
}

std::string list_of(const std::vector<std::string>& words) {
    std::vector<std::string> quoted;
    for (const std::string& word : words) quoted.push_back(value_text({word, {}}));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
}

constexpr std::string_view phase_words[] = {"positive", "negative", "neutral"};

/// The label of a class, given by its name or as the files count it; a number is a place among classes that
/// have names.
std::int64_t label_named(const std::string& word, const ModelSpec& model) {
    const std::vector<std::string> names = class_names_of(model), words = class_words(model, names);
    const auto found = std::ranges::find(words, word);
    if (found != words.end()) return found - words.begin();
    const bool number = std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
    const bool counts_from_0 = words.empty() || !names.empty();
    if (number && counts_from_0) return numbers_of("--labels", word).front();
    std::vector<std::string> known(std::begin(phase_words), std::end(phase_words));
    known.emplace_back("all");
    known.insert(known.end(), words.begin(), words.end());
    const auto near = nearest(word, known);
    const std::string classes = words.empty() ? fmt::format("0 to {}", model.data.overlay.n_labels - 1)
                                              : fmt::format("{}", fmt::join(words, ", "));
    throw UsageError(
        fmt::format("--labels {}: is no class; {}classes are {}; positive, negative, neutral and all "
                    "are taken, too",
                    word, near ? fmt::format("did you mean \"{}\"? The ", *near) : "the ", classes));
}

/// The [recording] table and the number of steps that the options ask for, as overrides of the run's model,
/// so that they are checked as a model file is.
std::vector<Override> recording_of(const TraceArguments& arguments, const ModelSpec& model) {
    const auto variables =
        arguments.variables.empty() ? all_variables(model, arguments.populations) : arguments.variables;
    std::vector<Override> overrides{
        {"recording.every_n_epochs", "0"},
        {"recording.every_n_steps", "1"},
        {"recording.populations", list_of(arguments.populations)},
        {"recording.variables", list_of(variables)},
        {"recording.samples",
         fmt::format("[{}]", fmt::join(numbers_of("--samples", arguments.samples), ", "))}};
    if (arguments.neurons.empty()) {
        overrides.push_back({"recording.neurons", "[]"});
        overrides.push_back({"recording.n_neurons", std::to_string(most_numbers)});
    } else {
        overrides.push_back(
            {"recording.neurons",
             fmt::format("[{}]", fmt::join(numbers_of("--neurons", arguments.neurons), ", "))});
    }
    if (arguments.steps > 0) overrides.push_back({"time.steps", std::to_string(arguments.steps)});
    if (arguments.labels.empty()) return overrides;
    std::vector<std::string> phases;
    std::vector<std::int64_t> labels;
    for (const std::string& label : arguments.labels) {
        if (label == "all") {
            for (std::size_t n = 0; n < model.data.overlay.n_labels; ++n)
                labels.push_back(static_cast<std::int64_t>(n));
        } else if (std::ranges::find(phase_words, label) != std::end(phase_words)) {
            phases.push_back(label);
        } else {
            labels.push_back(label_named(label, model));
        }
    }
    overrides.push_back({"recording.phases", list_of(phases)});
    overrides.push_back({"recording.labels", fmt::format("[{}]", fmt::join(labels, ", "))});
    return overrides;
}

int trace(const TraceArguments& arguments) {
    check_output(arguments.output, arguments.force);
    const std::filesystem::path run(arguments.run);
    std::vector<std::filesystem::path> inputs{run, arguments.source.data};
    refuse_inputs(arguments.output, inputs);
    refuse_strangers(arguments.output);
    const ThreadLimit threads(arguments.threads);
    const RunSummary summary = read_run(run);
    const ModelSpec as_trained =
        read_model_text(summary.model_toml, arguments.run + ":/model", run.parent_path(), {});
    Trained trained = read_trained(run, arguments.source, recording_of(arguments, as_trained));
    say_doubts(trained.doubts);
    const std::size_t n_samples = trained.model.recording.samples.size();
    const std::int64_t n_steps = trained.model.network.time.steps;
    for (const DataFile& file : trained.dataset.files) inputs.push_back(file.path);
    refuse_inputs(arguments.output, inputs);
    const std::atomic<int>& stop =
        stop_on_signals("\nsnnff-sim: stopping after this presentation; no traces are kept\n");
    if (!record_traces(
            std::move(trained),
            {run, arguments.output, arguments.source.split, arguments.threads, arguments.force, invocation()},
            stop))
        return exit_code_of_signal(stop);

    Table table({"report", "frames", "units"});
    const RunSummary written = read_run(arguments.output);
    for (const RunSummary::Report& report : written.reports) {
        table.add({report.name, grouped(static_cast<double>(report.n_frames)),
                   grouped(static_cast<double>(report.n_neurons))});
    }
    put(table.text(0, stdout_columns()));
    const auto size = static_cast<double>(std::filesystem::file_size(arguments.output));
    note(fmt::format("traces: {} ({}), {}, {} each", arguments.output, bytes(size),
                     counted(n_samples, "sample"), counted(n_steps, "step")));
    return 0;
}

}  // namespace

Verb add_trace(Command& program) {
    auto arguments = std::make_shared<TraceArguments>();
    Command command = program.verb(
        "trace", "Present samples to a trained network and record everything that happens.",
        "  snnff-sim trace run.h5 -o traces.h5\n"
        "  snnff-sim trace run.h5 --samples 0:10 --populations hidden1 --variables membrane,spikes -o "
        "traces.h5\n"
        "  snnff-sim trace run.h5 --samples 3 --labels all --steps 100 -o traces.h5\n"
        "  snnff-sim trace run.h5 --data digits.h5 --labels positive,negative -o traces.h5\n");
    command.option("RUN", arguments->run, "run file (HDF5) of the trained network")
        .required()
        .type_name("FILE");
    command.option("-o,--output", arguments->output, "file to write, laid out as a run file")
        .required()
        .type_name("FILE");
    command
        .option("--samples", arguments->samples,
                "which samples, counted from 0: 0:10, 3,5,8 or 0:100:10; default: 0")
        .type_name("RANGE");
    command
        .option("--labels", arguments->labels,
                "under which labels: positive (its own), negative (a wrong one), neutral (none), classes by "
                "name or number, all; default: as the run recorded")
        .delimiter(',')
        .type_name("LABELS");
    command.option("--populations", arguments->populations, "names, with commas between; default: all")
        .delimiter(',')
        .type_name("NAMES");
    command
        .option("--variables", arguments->variables,
                "of membrane, spikes, current, activation; default: all that there are")
        .delimiter(',')
        .type_name("NAMES");
    command.option("--neurons", arguments->neurons, "which units of each population; default: all")
        .type_name("RANGE");
    command.option("--steps", arguments->steps, "time steps of a presentation; default: as in training")
        .whole_number(1, 1'000'000)
        .type_name("N")
        .positive();
    add_source_options(command, arguments->source);
    add_threads_option(command, arguments->threads);
    command.flag("--force", arguments->force,
                 "replace the output if it exists, once the new one is complete");
    return {std::move(command), [arguments] { return trace(*arguments); }};
}

}  // namespace snnff::app
