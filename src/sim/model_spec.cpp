#include "snnff/model_spec.hpp"

#include "core/float_environment.hpp"
#include "io/model_file.hpp"
#include "io/schema.hpp"
#include "sim/model_parts.hpp"

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
    model.time.dt_ms = time.number({"dt_ms", "ms", "length of a time step"}, 1.0, Bounds::positive());
    model.time.steps = time.integer({"steps", "steps", "time steps for which a sample is presented"}, 10,
                                    Bounds::between(1, 1'000'000));
    const Context context{.time = model.time};

    // While describing, tables come in the order in which the rest reads them.
    if (!root.describing()) read_rule(root, model);
    read_stimulus(root, context, model);
    const PopulationTables populations = read_populations(root, context, model);
    read_learning(root, context, model);
    read_plan(root, model);
    check_backprop(root, populations, model);
    check_dropout(root, populations, model);
    read_readout_section(root, context, populations, model);
    read_prediction(root, populations, model);
    read_recording(root, populations, model);
    return model;
}

}  // namespace

ModelSpec read_model_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                          std::span<const Override> overrides) {
    const FloatEnvironment environment;
    Node root = parse_model(text, name);
    for (const Override& option : overrides) apply_override(root, option);
    Document document(root, folder);
    ModelSpec model = read(document.root());
    document.refuse_unknown_keys(model_keys());
    model.path = name;
    model.given_files = document.given_files();
    model.resolved = document.resolved();
    return model;
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
