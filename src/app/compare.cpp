#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "app/agreement.hpp"
#include "app/execute.hpp"
#include "app/figures.hpp"
#include "app/help.hpp"
#include "app/invocation.hpp"
#include "app/output.hpp"
#include "app/outputs.hpp"
#include "app/signals.hpp"
#include "app/table.hpp"
#include "app/temporary_folder.hpp"
#include "app/terminal.hpp"
#include "app/verb.hpp"
#include "io/gzip.hpp"
#include "io/place.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<std::string> files;
    std::string out_dir;
    Assignments assignments;
    std::optional<std::uint64_t> seed;
    std::size_t threads = 0;
    bool force = false, quiet = false, json = false;
};

/// By content, because names lie: an HDF5 file says what it is in its first eight bytes.
bool is_hdf5(const fs::path& path) {
    constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    std::array<char, 8> begins{};
    InputFile(path).read(std::as_writable_bytes(std::span(begins)));
    return begins == signature;
}

std::string differences_table(const std::vector<RunFigures>& runs) {
    std::vector<std::string> header{"key"};
    for (std::string& name : column_names(runs)) header.push_back(std::move(name));
    Table table(header);
    for (const Difference& difference : differences(runs)) {
        std::vector<std::string> row{difference.key};
        for (const std::string& value : difference.values) row.push_back(value.empty() ? "-" : value);
        table.add(std::move(row));
    }
    return table.empty() ? "The models are the same.\n"
                         : "Where the models differ:\n" + table.text(2, stdout_columns());
}

/// Where runs differ by less than their samples can tell. Runs of the same bits are one.
std::string overlaps(const std::vector<RunFigures>& runs) {
    const std::vector<std::string> names = column_names(runs);
    std::vector<ComparedError> validation, test;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto same = [&](const RunFigures& other) { return other.digest == runs[i].digest; };
        const auto before = runs.begin() + static_cast<std::ptrdiff_t>(i);
        if (!runs[i].digest.empty() && std::any_of(runs.begin(), before, same)) continue;
        validation.push_back({names[i], runs[i].validation_error, runs[i].n_validation});
        test.push_back({names[i], runs[i].test_error, runs[i].n_test});
    }
    return folded_lines(overlap_in_words("validation error", validation) +
                        overlap_in_words("test error", test));
}

nlohmann::ordered_json json_of(const std::vector<RunFigures>& runs, const Agreements& agreements) {
    nlohmann::ordered_json json{{"runs", nlohmann::ordered_json::array()},
                                {"differences", nlohmann::ordered_json::array()}};
    for (const RunFigures& run : runs) json["runs"].push_back(to_json(run));
    for (const Difference& difference : differences(runs)) {
        nlohmann::ordered_json values = nlohmann::ordered_json::array();
        for (const std::string& value : difference.values) {
            values.push_back(value.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value));
        }
        json["differences"].push_back({{"key", difference.key}, {"values", std::move(values)}});
    }
    auto& of_one_model = json["of_one_model"] = nlohmann::ordered_json::array();
    for (const Agreement& agreement : agreements.of_one_model) {
        const ArraysCompared& arrays = agreement.arrays;
        nlohmann::ordered_json pair{{"runs", {agreement.first, agreement.second}},
                                    {"same_bits", agreement.same()},
                                    {"arrays", arrays.n_arrays},
                                    {"arrays_different", arrays.n_different},
                                    {"whole", agreement.n_epochs == 0}};
        if (agreement.n_epochs > 0) pair["epochs_compared"] = agreement.n_epochs;
        if (agreement.numbers[0] != agreement.numbers[1]) pair["numbers"] = agreement.numbers;
        if (arrays.first) {
            pair["first_difference"] = {{"array", "/" + arrays.first->path},
                                        {"index", arrays.first->index},
                                        {"values", {arrays.first->first, arrays.first->second}}};
        }
        of_one_model.push_back(std::move(pair));
    }
    auto& other_data = json["other_data"] = nlohmann::ordered_json::array();
    for (const OtherData& other : agreements.other_data) {
        nlohmann::ordered_json files = nlohmann::ordered_json::array();
        for (const OtherData::File& file : other.files)
            files.push_back({{"role", file.role}, {"sha256", file.sha256}});
        other_data.push_back({{"runs", {other.first, other.second}}, {"files", std::move(files)}});
    }
    return json;
}

/// Options for models that are run first, where there are none.
void refuse_without_models(const Arguments& arguments) {
    if (!std::ranges::all_of(arguments.files, is_hdf5)) return;
    const std::pair<bool, const char*> given[] = {
        {!arguments.out_dir.empty(), "--out-dir"},
        {!arguments.assignments.set.empty(), "--set"},
        {!arguments.assignments.add.empty(), "--add"},
        {arguments.seed.has_value(), "--seed"},
        {arguments.force, "--force"},
    };
    for (const auto& [is_given, option] : given) {
        if (!is_given) continue;
        throw UsageError(
            fmt::format("compare: {} is for model files, which are run first; these are run files, "
                        "which are read as they are, without it",
                        option));
    }
}

int compare(const Arguments& arguments) {
    refuse_without_models(arguments);
    // First which are models and whether their run files may be written: nothing is trained in vain.
    const std::vector<fs::path> inputs(arguments.files.begin(), arguments.files.end());
    std::optional<TemporaryFolder> temporary;
    std::vector<fs::path> run_files;
    struct ToRun {
        RunRequest request;
        ModelSpec model;
    };
    std::vector<std::optional<ToRun>> to_run;
    for (std::size_t i = 0; i < arguments.files.size(); ++i) {
        const fs::path file = arguments.files[i];
        if (is_hdf5(file)) {
            run_files.push_back(file);
            to_run.emplace_back();
            continue;
        }
        fs::path folder = arguments.out_dir;
        if (folder.empty()) {
            // A folder each, so that models of the same name do not meet.
            if (!temporary) temporary.emplace();
            folder = temporary->path() / std::to_string(i);
        }
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) {
            throw FileError(fmt::format("{}: cannot be made: {}{}", folder.string(), error.message(),
                                        about_dangling_link(folder)));
        }
        RunRequest request;
        request.model = file;
        request.output = folder / file.filename().replace_extension(".h5");
        request.overrides = overrides_of(arguments.assignments, arguments.seed);
        request.n_threads = arguments.threads;
        request.force = arguments.force;
        request.quiet = arguments.quiet;
        request.command_line = invocation();
        if (std::find(run_files.begin(), run_files.end(), request.output) != run_files.end()) {
            throw UsageError(
                fmt::format("{}: another model of this name goes to {}, too; run them one by one",
                            file.string(), request.output.string()));
        }
        refuse_inputs(request.output, inputs, Beside::checkpoints);
        run_files.push_back(request.output);
        // All of them before the first is run: what is wrong with the last is no surprise later.
        ModelSpec model = read_model_for(request);
        to_run.emplace_back(ToRun{std::move(request), std::move(model)});
    }
    for (auto& each : to_run) {
        if (!each) continue;
        const RunRequest& request = each->request;
        const std::atomic<int>& stop =
            temporary ? stop_on_signals(stopping_keeps_nothing) : stop_on_signals();
        if (!request.quiet) note(fmt::format("running {}", request.model.string()));
        if (execute(request, std::move(each->model), stop) == Ending::interrupted)
            return exit_code_of_signal(stop);
        if (!request.quiet && !temporary) note(fmt::format("run file: {}", request.output.string()));
    }
    std::vector<RunFigures> runs;
    for (const fs::path& file : run_files) runs.push_back(read_figures(file));
    // A temporary run file is gone by the time somebody reads its name.
    for (std::size_t i = 0; temporary && i < runs.size(); ++i) {
        if (to_run[i]) runs[i].path = to_run[i]->request.model;
    }
    const Agreements agreement = agreements(run_files);
    std::vector<std::string> names;
    for (const RunFigures& run : runs) names.push_back(run.path.string());
    if (arguments.json)
        put_json(json_of(runs, agreement));
    else
        put(side_by_side(runs, stdout_columns()) + overlaps(runs) + "\n" + differences_table(runs) +
            folded_lines(in_words(agreement, names)));
    return 0;
}

}  // namespace

Verb add_compare(Command& program) {
    auto arguments = std::make_shared<Arguments>();
    Command command = program.verb(
        "compare",
        "Set runs side by side, say where their models differ, and whether runs of one model agree.",
        "  snnff-sim compare lif.h5 relu.h5\n"
        "  snnff-sim compare models/quickstart-lif.toml models/quickstart-relu.toml --out-dir runs\n"
        "  snnff-sim compare lif.h5 relu.h5 --json | jq '.runs[].test_error_percent'\n");
    command.option("FILES", arguments->files, "run files, or model files, which are run first")
        .required()
        .type_name("FILE...");
    command
        .option("--out-dir", arguments->out_dir,
                "keep the run files of models in this folder; default: they are temporary")
        .type_name("DIR");
    add_override_options(command, arguments->assignments, "override a key of every model that is run");
    command.option("--seed", arguments->seed, "override the seed of every model that is run")
        .whole_number(0, std::numeric_limits<std::int64_t>::max())
        .type_name("N");
    add_threads_option(command, arguments->threads);
    command.flag("--force", arguments->force, "replace run files that exist in --out-dir");
    command.flag("-q,--quiet", arguments->quiet, "no progress");
    command.flag("--json", arguments->json, "the table and the differences as JSON");
    return {std::move(command), [arguments] { return compare(*arguments); }};
}

}  // namespace snnff::app
