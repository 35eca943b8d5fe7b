#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "model/parts.hpp"
#include "snnff/error.hpp"

namespace snnff {
namespace {

constexpr auto all_readings = std::span<const std::string_view>(reading_names);
constexpr auto measurable = all_readings.first(all_readings.size() - 1);  // a train is no single number
static_assert(all_readings.back() == "spikes");

Reading chosen_reading(Options& table, const Key& key, const NeuronModel& neuron,
                       std::span<const std::string_view> allowed) {
    // The default depends on the neuron, so the documentation names none.
    const std::string_view fallback = table.describing() ? "" : name_of(neuron.readings().front());
    const std::size_t index = table.choice(key, fallback, allowed);
    if (index == allowed.size()) return neuron.readings().front();
    const auto reading = static_cast<Reading>(index);
    if (!neuron.offers(reading)) {
        std::string offered;
        for (const Reading r : neuron.readings()) {
            if (static_cast<std::size_t>(r) < allowed.size()) {
                offered += fmt::format("{}\"{}\"", offered.empty() ? "" : ", ", name_of(r));
            }
        }
        table.conflict(key.name, table, "neuron", fmt::format("such units offer {}", offered));
    }
    return reading;
}

PopulationSpec read_population(const std::string& name, Options& table, Context context,
                               const ModelSpec& model, const Options* table_below) {
    const bool backprop = !model.learning.local();
    const PopulationSpec* below =
        model.network.populations.empty() ? nullptr : &model.network.populations.back();
    PopulationSpec population;
    population.name = name;
    population.n_units = static_cast<std::size_t>(
        table.integer({"size", "units", "how many units"}, 500, Bounds::between(1, 1'000'000)));
    context.n_units = population.n_units;
    population.neuron = table.make_inline<NeuronModel>({"neuron", "", "what kind of units"}, "lif", context);
    population.init =
        table.make<Initialiser>({"init", "", "weights and biases before training"}, "normal_fan_in", context);
    population.bias =
        table.flag({"bias", "", "whether every unit learns a constant current of its own"}, true);

    population.projection = table.make<Projection>(
        {"projection", "", "which of the population's inputs its units see"}, "dense", context);
    const bool driven_by_spikes = below != nullptr && below->output == Reading::spikes;
    population.normalisation = table.make_inline<Normalisation>(
        {"normalisation", "",
         "of the population's input, so that its length tells nothing of the goodness below. Spike trains "
         "come as they are: their default, and all they take, is none, which is the default of all under "
         "learning.rule = \"backprop\", too"},
        driven_by_spikes || backprop ? "none" : "rms", context);
    const bool normalises = population.normalisation->scales() || population.normalisation->replaces();
    if (driven_by_spikes && normalises) {
        table.conflict("normalisation", *table_below, "output",
                       "a spike train cannot be normalised step by step; \"none\" would do");
    }
    if (!backprop) {
        population.measure = chosen_reading(
            table,
            {"measure", "",
             "what goodness is measured on; by default the first reading that the neuron offers"},
            *population.neuron, measurable);
    }
    population.output =
        chosen_reading(table,
                       {"output", "",
                        "what the next population receives; by default the first reading that the neuron "
                        "offers. spikes: the train itself, step by step; all else as a constant current"},
                       *population.neuron, all_readings);
    return population;
}

/// What stands beside the populations in a run file's /training.
constexpr std::array<std::string_view, 6> series_names{"epoch",      "train_error", "validation_error",
                                                       "test_error", "test_loss",   "seconds"};

}  // namespace

PopulationTables read_populations(Options& root, const Context& context, ModelSpec& model) {
    const Key key{
        "population", "",
        "a table for each population, [population.NAME], from the input upwards in the order of the file"};
    PopulationTables tables = root.named_tables(key);
    if (tables.empty()) {
        root.reject(key.name,
                    "is missing; a model needs one population at least, as in [population.hidden1]");
    }
    for (auto& [name, table] : tables) {
        if (std::ranges::find(series_names, name) == series_names.end()) continue;
        root.reject(key.name,
                    fmt::format("has a population \"{}\", but the run file's /training/{} is a series "
                                "of its own; any other name will do",
                                name, name));
    }
    model.network.populations.reserve(tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
        const Options* table_below = i == 0 ? nullptr : &tables[i - 1].second;
        root.section([&] {
            model.network.populations.push_back(
                read_population(tables[i].first, tables[i].second, context, model, table_below));
        });
    }
    return tables;
}

}  // namespace snnff
