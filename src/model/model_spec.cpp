#include "snnff/model_spec.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/float_environment.hpp"
#include "io/model_file.hpp"
#include "io/schema.hpp"
#include "model/parts.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

/// Reads every part of a model; the order is that of the resolved model and of the reference table.
ModelSpec read(Options root) {
    ModelSpec model;
    model.title = root.text({"title", "", "what this model is, in a line; kept in the run file"}, "");
    model.seed.value = static_cast<std::uint64_t>(
        root.integer({"seed", "", "start of all random numbers: the same seed gives the same run"}, 1,
                     Bounds::at_least(0)));

    Options time = root.table({"time", "", "the time axis of one presentation"});
    model.network.time.dt_ms = time.number({"dt_ms", "ms", "length of a time step"}, 1.0, Bounds::positive());
    model.network.time.steps = time.integer({"steps", "steps", "time steps for which a sample is presented"},
                                            10, Bounds::between(1, 1'000'000));
    const Context context{.time = model.network.time};

    // While describing, tables come in the order in which the rest reads them.
    bool complete = root.describing() || root.section([&] { read_rule(root, context, model); });
    // A fault in one part does not hide those in the next, unless that one builds on it.
    complete &= root.section([&] { read_stimulus(root, context, model); });
    PopulationTables populations;
    complete &= root.section([&] { populations = read_populations(root, context, model); });
    complete &= root.section([&] { read_learning(root, context, model); });
    root.section([&] { read_plan(root, model); });
    if (!complete || populations.size() != model.network.populations.size()) return model;  // refused below
    root.section([&] { check_scores(root, populations, model); });
    root.section([&] { check_backprop(root, populations, model); });
    root.section([&] { check_dropout(root, populations, model); });
    root.section([&] { read_readout_section(root, context, populations, model); });
    root.section([&] { check_groups(root, populations, model); });
    root.section([&] { read_prediction(root, populations, model); });
    root.section([&] { read_recording(root, populations, model); });
    return model;
}

/// Tables whose keys are names: those that are documented with a "*" for the name.
std::vector<std::string> named_tables(const std::vector<KeyDoc>& keys) {
    constexpr std::string_view any_name = ".*";
    std::vector<std::string> tables;
    for (const KeyDoc& key : keys) {
        if (!key.path.ends_with(any_name)) continue;
        tables.push_back(key.path.substr(0, key.path.size() - any_name.size()));
    }
    return tables;
}

}  // namespace

ModelSpec read_model_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                          std::span<const Override> overrides) try {
    const FloatEnvironment environment;
    const std::vector<KeyDoc> keys = model_keys();
    Node root = parse_model(text, name);
    std::vector<std::string> faults = apply_overrides(root, overrides, named_tables(keys));
    Document document(root, folder);
    document.collect_faults(std::move(faults));
    ModelSpec model = read(document.root());
    document.refuse_unknown_keys(keys);
    model.path = name;
    model.given_files = document.given_files();
    model.resolved = document.resolved();
    return model;
} catch (const ModelError& error) {
    // What a run file keeps was a model to the program that wrote it, whatever is wrong with the overrides.
    constexpr std::string_view kept = ":/model";
    if (!name.ends_with(kept)) throw;
    if (!overrides.empty()) {
        read_model_text(text, name, folder, {});
        throw;
    }
    throw ModelError(
        fmt::format("{}\n  the program that made this run may know more: `snnff-sim info {}` has its "
                    "version, and under kinds_added what kinds it brought",
                    error.what(), name.substr(0, name.size() - kept.size())));
}

ModelSpec read_model(const std::filesystem::path& path, std::span<const Override> overrides) {
    return read_model_text(read_model_file(path), path.string(), path.parent_path(), overrides);
}

std::vector<KeyDoc> model_keys() {
    Document description;
    read(description.root());
    return description.docs();
}

std::string model_schema() { return schema_of(model_keys()); }

}  // namespace snnff
