#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/check.hpp"
#include "app/figures.hpp"
#include "app/help.hpp"
#include "app/output.hpp"
#include "app/table.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "snnff/digest.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

std::string digest_or_reason(const RunSummary& summary) {
    if (!summary.digest.empty()) return "digest " + summary.digest;
    if (summary.status != "complete") return "no digest: only complete runs have one";
    return "no digest: written by a version that made none; --digest makes it";
}

/// "avx2, numbers 1", and whether such kernels are slow.
std::string kernels_of(const Provenance& provenance) {
    const std::string slow = note_on_kernels(provenance.text("kernels"), provenance.text("kernels_from"));
    return fmt::format("{}{}, numbers {}", provenance.text("kernels"), slow.empty() ? "" : " (" + slow + ")",
                       provenance.text("numbers"));
}

/// A line for each role; a file in the folder of the one before goes without it.
std::vector<std::pair<std::string, std::string>> files_by_role(const std::vector<DataFile>& files) {
    std::vector<std::pair<std::string, std::string>> lines;
    std::filesystem::path folder;
    for (const DataFile& file : files) {
        const bool goes_on = !lines.empty() && lines.back().first == file.role;
        const bool same_folder = goes_on && file.path.parent_path() == folder;
        folder = file.path.parent_path();
        if (!goes_on) lines.emplace_back(file.role, "");
        lines.back().second += fmt::format("{}{} ({}, sha256 {}…)", goes_on ? ", " : "",
                                           (same_folder ? file.path.filename() : file.path).string(),
                                           bytes(static_cast<double>(file.size)), file.sha256.substr(0, 12));
    }
    return lines;
}

std::string head_of(const RunSummary& summary, const std::filesystem::path& path) {
    Table table({});
    table.align_left();
    table.add({"file", fmt::format("{} ({})", path.string(),
                                   bytes(static_cast<double>(std::filesystem::file_size(path))))});
    if (!summary.title.empty()) table.add({"title", summary.title});
    table.add({"status", fmt::format("{}, {}", summary.status, digest_or_reason(summary))});
    table.add({"created", summary.created + " by " + summary.creator});
    for (const auto& [name, value] : summary.provenance.facts) {
        // One screenful: what a run cannot be understood without. The rest is in /provenance.
        if (name == "git_commit" || name == "cpu" || name == "threads" || name == "seed" ||
            name == "command_line") {
            table.add({name, text_of(value)});
        }
        if (name == "kernels") table.add({name, kernels_of(summary.provenance)});
    }
    const Provenance& provenance = summary.provenance;
    const auto& stretches = provenance.stretches;
    constexpr std::size_t n_shown = 3;
    const std::size_t first_shown = stretches.size() > n_shown ? stretches.size() - n_shown : 1;
    if (first_shown > 1) {
        table.add({"taken up",
                   fmt::format("{}, the last {} of them", counted(stretches.size() - 1, "time"), n_shown)});
    }
    for (std::size_t i = first_shown; i < stretches.size(); ++i) {
        table.add({"taken up", fmt::format("in epoch {}, {}, by snnff-sim {} ({} kernels, {}) on {}",
                                           stretches[i].first_epoch, stretches[i].created,
                                           stretches[i].version, stretches[i].kernels,
                                           counted(stretches[i].threads, "thread"), stretches[i].host)});
    }
    for (const auto& [role, files] : files_by_role(provenance.data)) table.add({role, files});
    return table.text(0, stdout_columns());
}

std::string populations_table(const RunFigures& figures) {
    Table table({"population", "neuron", "units", "inputs", "parameters", "final loss", "spike rate"});
    for (const PopulationFigures& p : figures.populations) {
        table.add({p.name, p.neuron, std::to_string(p.n_units), std::to_string(p.n_inputs),
                   grouped(static_cast<double>(p.n_parameters)), short_number(p.final_loss),
                   short_number(p.spike_rate)});
    }
    return table.text(0, stdout_columns());
}

struct TroubledEpochs {
    std::string population;
    std::string_view trouble;
    std::size_t n = 0;
    std::int64_t first = 0, last = 0;
};

std::vector<TroubledEpochs> troubles_of(const std::string& file, const RunSummary& summary) {
    std::vector<TroubledEpochs> all;
    for (const std::string& population : summary.populations) {
        for (const std::string_view name : trouble_names) all.push_back({population, name});
    }
    read_epochs(file, [&](const EpochReport& report) {
        auto epochs = all.begin();
        for (const PopulationEpoch& population : report.populations) {
            for (const Trouble trouble : all_troubles) {
                if (has(population, trouble)) {
                    if (epochs->n++ == 0) epochs->first = report.epoch;
                    epochs->last = report.epoch;
                }
                ++epochs;
            }
        }
    });
    std::erase_if(all, [](const TroubledEpochs& epochs) { return epochs.n == 0; });
    return all;
}

std::string results_of(const RunSummary& summary, const RunFigures& figures,
                       std::span<const TroubledEpochs> troubles) {
    std::string text = fmt::format("training: {} of {}, {}\n", counted(figures.n_epochs, "epoch"),
                                   counted(figures.steps, "step"), duration(figures.seconds));
    if (figures.readout_labels > 0) {
        text +=
            fmt::format("read-out: softmax of {} features for {} labels, final loss {}\n",
                        figures.readout_features, figures.readout_labels, short_number(figures.readout_loss));
    }
    for (const TroubledEpochs& epochs : troubles) {
        text += fmt::format("trouble: {} {} in {} of {} epochs, {} to {}\n", epochs.population,
                            epochs.trouble, epochs.n, summary.n_epochs, epochs.first, epochs.last);
    }
    for (const std::string& doubt : summary.doubts) text += fmt::format("trouble: {}\n", doubt);
    for (const auto& split : summary.evaluations) {
        text += fmt::format("{}: error {}\n", split.name, error_text(split.error, split.n_samples));
        for (std::size_t k = 0; k < split.population_error.size(); ++k) {
            text += fmt::format("{}, by {} alone: error {}\n", split.name, summary.populations[k],
                                error_text(split.population_error[k], split.n_samples));
        }
    }
    for (const auto& report : summary.reports) {
        text += fmt::format("report {}: {} of {}\n", report.name, counted(report.n_frames, "frame"),
                            counted(report.n_neurons, "neuron"));
    }
    for (const auto& [population, n_spikes] : summary.spikes) {
        text += fmt::format("spikes of {}: {}\n", population, n_spikes);
    }
    return text;
}

nlohmann::ordered_json json_of(const RunSummary& summary, const RunFigures& figures,
                               std::span<const TroubledEpochs> troubles) {
    nlohmann::ordered_json json = to_json(figures);
    json["created"] = summary.created;
    json["creator"] = summary.creator;
    json["digest"] =
        summary.digest.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(summary.digest);
    auto& provenance = json["provenance"] = nlohmann::ordered_json::object();
    for (const auto& [name, fact] : summary.provenance.facts)
        std::visit([&, key = name](const auto& value) { provenance[key] = value; }, fact);
    auto& data = provenance["data"] = nlohmann::ordered_json::array();
    for (const DataFile& file : summary.provenance.data) {
        data.push_back({{"role", file.role},
                        {"path", file.path.string()},
                        {"size", file.size},
                        {"sha256", file.sha256}});
    }
    auto& stretches = provenance["stretches"] = nlohmann::ordered_json::array();
    for (const Stretch& stretch : summary.provenance.stretches) {
        stretches.push_back({{"first_epoch", stretch.first_epoch},
                             {"created", stretch.created},
                             {"version", stretch.version},
                             {"git_commit", stretch.git_commit},
                             {"libraries", stretch.libraries},
                             {"kernels", stretch.kernels},
                             {"kernels_from", stretch.kernels_from},
                             {"threads", stretch.threads},
                             {"threads_from", stretch.threads_from},
                             {"cpu", stretch.cpu},
                             {"host", stretch.host},
                             {"command_line", stretch.command_line}});
    }
    auto& evaluations = json["evaluation"] = nlohmann::ordered_json::object();
    for (const auto& split : summary.evaluations) {
        const Interval interval = error_interval(split.error, split.n_samples);
        evaluations[split.name] = {{"error_percent", split.error},
                                   {"error_interval_percent", {interval.low, interval.high}},
                                   {"samples", split.n_samples}};
        for (std::size_t k = 0; k < split.population_error.size(); ++k)
            evaluations[split.name]["populations"][summary.populations[k]] = split.population_error[k];
    }
    auto& trouble = json["trouble"] = nlohmann::ordered_json::array();
    for (const TroubledEpochs& epochs : troubles) {
        trouble.push_back({{"population", epochs.population},
                           {"trouble", epochs.trouble},
                           {"epochs", epochs.n},
                           {"first", epochs.first},
                           {"last", epochs.last}});
    }
    auto& reports = json["reports"] = nlohmann::ordered_json::object();
    for (const auto& report : summary.reports) {
        reports[report.name] = {{"frames", report.n_frames}, {"neurons", report.n_neurons}};
    }
    auto& spikes = json["spikes"] = nlohmann::ordered_json::object();
    for (const auto& [population, n_spikes] : summary.spikes) spikes[population] = n_spikes;
    json["doubts"] = summary.doubts;
    json["model"] = summary.model_toml;
    return json;
}

struct InfoArguments {
    std::vector<std::string> files;
    bool json = false, model = false, digest = false, check = false;
};

/// Prints the lines that the digest is the hash of, and holds the file's own digest to them.
int print_digest(const RunSummary& summary, const std::string& file) {
    const std::vector<ArrayDigest> arrays = read_array_digests(file);
    std::string text;
    for (const ArrayDigest& array : arrays) text += array.line() + "\n";
    put(text);
    const std::string digest = digest_of(arrays);
    if (summary.digest.empty() || summary.digest == digest) return 0;
    throw RunError(
        fmt::format("{}: its digest is {}, and its arrays give {}: they were changed after the run", file,
                    summary.digest, digest));
}

/// Each of these prints something else; --json goes with --check and with none.
void refuse_two_at_once(const InfoArguments& arguments) {
    const std::pair<bool, std::string_view> flags[] = {{arguments.model, "--model"},
                                                       {arguments.digest, "--digest"},
                                                       {arguments.check, "--check"},
                                                       {arguments.json, "--json"}};
    std::string_view before;
    for (const auto& [given, flag] : flags) {
        if (!given || (before == "--check" && flag == "--json")) continue;
        if (!before.empty()) {
            throw UsageError(
                fmt::format("info: {} and {} ask for different answers; one of both would do", before, flag));
        }
        before = flag;
    }
}

int info(const InfoArguments& arguments) {
    refuse_two_at_once(arguments);
    if (arguments.check) return check_files(arguments.files, arguments.json);
    if (arguments.files.size() > 1) {
        throw UsageError(
            fmt::format("{} files are given; one is shown at a time, --check takes many, and "
                        "snnff-sim compare sets runs side by side",
                        arguments.files.size()));
    }
    const std::string& file = arguments.files.front();
    const RunSummary summary = read_run(file);
    if (arguments.digest) return print_digest(summary, file);
    if (arguments.model) {
        put_toml(summary.model_toml);
        return 0;
    }
    const RunFigures figures = read_figures(file);
    const std::vector<TroubledEpochs> troubles = troubles_of(file, summary);
    if (arguments.json) {
        put_json(json_of(summary, figures, troubles));
    } else {
        put(head_of(summary, file) + "\n" + populations_table(figures) + "\n" +
            folded_lines(results_of(summary, figures, troubles)));
    }
    return 0;
}

}  // namespace

Verb add_info(Command& program) {
    auto arguments = std::make_shared<InfoArguments>();
    Command command = program.verb("info", "Say what is in a run file.",
                                   "  snnff-sim info lif.h5\n"
                                   "  snnff-sim info lif.h5 --model > again.toml\n"
                                   "  snnff-sim info lif.h5 --json | jq .provenance\n"
                                   "  snnff-sim info lif.h5 --digest | sha256sum\n"
                                   "  snnff-sim info --check lif.h5 traces.h5 betas/\n");
    command.option("RUN", arguments->files, "run file (HDF5)").required().type_name("FILE");
    command.flag("--model", arguments->model, "print the resolved model: running it again repeats the run");
    command.flag("--digest", arguments->digest,
                 "print a line for every array: path, type, shape and SHA-256; the digest is the SHA-256 "
                 "of these lines");
    command.flag("--check", arguments->check,
                 "read all of the files, run files, traces and checkpoints, and those in folders, and say "
                 "\"whole\" or what is damaged; exit code 5 where anything is");
    command.flag("--json", arguments->json, "everything as JSON");
    return {std::move(command), [arguments] { return info(*arguments); }};
}

}  // namespace snnff::app
