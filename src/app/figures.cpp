#include "app/figures.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/flatten.hpp"
#include "app/table.hpp"
#include "io/model_file.hpp"
#include "snnff/error.hpp"

namespace snnff::app {
namespace {

/// Sums what is known; NaN where nothing is.
template <class Member>
double sum(const std::vector<PopulationFigures>& populations, Member member) {
    double total = 0.0;
    bool known = false;
    for (const PopulationFigures& population : populations) {
        const double value = population.*member;
        if (std::isnan(value)) continue;
        total += value;
        known = true;
    }
    return known ? total : not_evaluated;
}

double at_or_nan(const std::vector<double>& values, std::size_t i) {
    return i < values.size() ? values[i] : not_evaluated;
}

const RunSummary::Split* find_split(const RunSummary& summary, std::string_view name) {
    for (const auto& split : summary.evaluations) {
        if (split.name == name) return &split;
    }
    return nullptr;
}

void read_error(const RunSummary& summary, std::string_view split, double& error, std::size_t& n_samples) {
    const auto* found = find_split(summary, split);
    if (found == nullptr) return;
    error = found->error;
    n_samples = found->n_samples;
}

/// What is told of a run's model.
struct Described {
    struct Population {
        std::string name, neuron;
        std::size_t n_units = 0;
        bool bias = true, spiking = true;
    };
    std::int64_t steps = 0;
    std::uint64_t seed = 0;
    std::vector<Population> populations;
    Node resolved;
};

template <class T>
T value_at(const Node* table, std::string_view key, T fallback) {
    const Node* node = table == nullptr ? nullptr : table->find(key);
    const T* value = node == nullptr ? nullptr : std::get_if<T>(&node->value);
    return value == nullptr ? fallback : *value;
}

/// A model with kinds that this program does not know, by the keys that all models have.
Described described_by_keys(Node resolved) {
    Described model;
    model.steps = value_at<std::int64_t>(resolved.find("time"), "steps", 0);
    model.seed = static_cast<std::uint64_t>(value_at<std::int64_t>(&resolved, "seed", 0));
    const Node* populations = resolved.find("population");
    if (populations != nullptr && populations->is_table()) {
        for (const auto& [name, table] : std::get<Node::Table>(populations->value)) {
            model.populations.push_back(
                {.name = name,
                 .neuron = value_at<std::string>(&table, "neuron", ""),
                 .n_units = static_cast<std::size_t>(value_at<std::int64_t>(&table, "size", 0)),
                 .bias = value_at<bool>(&table, "bias", true)});
        }
    }
    model.resolved = std::move(resolved);
    return model;
}

Described described(const RunSummary& summary, const std::filesystem::path& path) try {
    // The resolved model holds every key, so overrides and relative paths have nothing left to do.
    const ModelSpec model =
        read_model_text(summary.model_toml, path.string() + ":/model", path.parent_path(), {});
    Described result{
        .steps = model.network.time.steps, .seed = model.seed.value, .populations = {}, .resolved = {}};
    for (const PopulationSpec& spec : model.network.populations) {
        result.populations.push_back({.name = spec.name,
                                      .neuron = std::string(spec.neuron->kind()),
                                      .n_units = spec.n_units,
                                      .bias = spec.bias,
                                      .spiking = spec.neuron->spiking()});
    }
    result.resolved = model.resolved;
    return result;
} catch (const ModelError&) {
    if (summary.provenance.text("kinds_added").empty()) throw;
    return described_by_keys(parse_model(summary.model_toml, path.string() + ":/model"));
}

}  // namespace

RunFigures read_figures(const std::filesystem::path& path) {
    const RunSummary summary = read_run(path);
    const Described model = described(summary, path);

    RunFigures figures;
    figures.path = path;
    figures.title = summary.title;
    figures.status = summary.status;
    figures.digest = summary.digest;
    figures.steps = model.steps;
    figures.n_epochs = summary.n_epochs;
    figures.seed = model.seed;
    read_error(summary, "train", figures.train_error, figures.n_train);
    read_error(summary, "validation", figures.validation_error, figures.n_validation);
    read_error(summary, "test", figures.test_error, figures.n_test);
    figures.seconds = 0.0;
    std::vector<double> last_known_loss(summary.populations.size(), not_evaluated);
    read_epochs(path, [&](const EpochReport& epoch) {
        figures.seconds += epoch.seconds;
        figures.kept_epoch = epoch.kept_epoch;
        for (std::size_t p = 0; p < std::min(last_known_loss.size(), epoch.populations.size()); ++p) {
            if (!std::isnan(epoch.populations[p].loss)) last_known_loss[p] = epoch.populations[p].loss;
        }
    });
    figures.model = flatten(model.resolved);

    // Every split costs the same per prediction; the test set's figures come first because they
    // belong to data the network has not seen.
    const RunSummary::Split* split = find_split(summary, "test");
    if (split == nullptr) split = find_split(summary, "train");
    // Without spikes anywhere, none can cause an operation.
    const bool spiking = std::ranges::any_of(model.populations, &Described::Population::spiking);
    for (std::size_t p = 0; p < model.populations.size(); ++p) {
        const Described::Population& spec = model.populations[p];
        PopulationFigures population{.name = spec.name, .neuron = spec.neuron};
        population.n_units = spec.n_units;
        population.n_inputs = p < summary.shapes.size() ? summary.shapes[p].n_inputs : 0;
        population.n_parameters = population.n_units * (population.n_inputs + (spec.bias ? 1 : 0));
        population.final_loss = at_or_nan(last_known_loss, p);
        if (split != nullptr) {
            population.spike_rate = at_or_nan(split->spike_rate, p);
            population.multiply_accumulates = at_or_nan(split->multiply_accumulates, p);
            if (split->name == "test") population.test_error = at_or_nan(split->population_error, p);
            if (spiking) population.accumulates = at_or_nan(split->accumulates, p);
        }
        figures.populations.push_back(std::move(population));
    }
    figures.readout_features = summary.readout.n_inputs;
    figures.readout_labels = summary.readout.n_units;
    if (!summary.readout_loss.empty()) figures.readout_loss = summary.readout_loss.back();
    return figures;
}

std::string RunFigures::neurons() const {
    std::string text;
    std::string last;
    for (const PopulationFigures& population : populations) {
        if (population.neuron == last) continue;
        if (!text.empty()) text += ", ";
        text += last = population.neuron;
    }
    return text;
}

double RunFigures::n_parameters() const {
    auto total = static_cast<double>(readout_labels * (readout_features + 1));
    for (const PopulationFigures& population : populations)
        total += static_cast<double>(population.n_parameters);
    return total;
}

double RunFigures::spike_rate() const {
    double spikes = 0.0, units = 0.0;
    for (const PopulationFigures& population : populations) {
        if (std::isnan(population.spike_rate)) continue;
        spikes += population.spike_rate * static_cast<double>(population.n_units);
        units += static_cast<double>(population.n_units);
    }
    return units > 0.0 ? spikes / units : not_evaluated;
}

double RunFigures::accumulates() const { return sum(populations, &PopulationFigures::accumulates); }

double RunFigures::multiply_accumulates() const {
    return sum(populations, &PopulationFigures::multiply_accumulates);
}

const PopulationFigures* RunFigures::find(const std::string& population) const {
    for (const PopulationFigures& candidate : populations) {
        if (candidate.name == population) return &candidate;
    }
    return nullptr;
}

nlohmann::ordered_json to_json(const RunFigures& figures) {
    nlohmann::ordered_json json{
        {"run_file", figures.path.string()},
        {"title", figures.title},
        {"status", figures.status},
        {"neuron", figures.neurons()},
        {"steps", figures.steps},
        {"epochs", figures.n_epochs},
        {"seed", figures.seed},
        {"parameters", static_cast<std::uint64_t>(figures.n_parameters())},
        {"train_error_percent", figures.train_error},
        {"validation_error_percent", figures.validation_error},
        {"test_error_percent", figures.test_error},
        {"spike_rate", figures.spike_rate()},
        {"accumulates_per_prediction", figures.accumulates()},
        {"multiply_accumulates_per_prediction", figures.multiply_accumulates()},
        {"training_seconds", figures.seconds},
    };
    const auto add_interval = [&](const std::string& split, double error, std::size_t n_samples) {
        if (std::isnan(error)) return;
        const Interval interval = error_interval(error, n_samples);
        json[split + "_error_interval_percent"] = {interval.low, interval.high};
        json[split + "_samples"] = n_samples;
    };
    add_interval("train", figures.train_error, figures.n_train);
    add_interval("validation", figures.validation_error, figures.n_validation);
    add_interval("test", figures.test_error, figures.n_test);
    if (!figures.digest.empty()) json["digest"] = figures.digest;
    if (figures.kept_epoch >= 0) json["kept_epoch"] = figures.kept_epoch;
    if (figures.readout_labels > 0) {
        json["readout"] = {{"features", figures.readout_features},
                           {"labels", figures.readout_labels},
                           {"final_loss", figures.readout_loss}};
    }
    auto& populations = json["populations"] = nlohmann::ordered_json::array();
    for (const PopulationFigures& population : figures.populations) {
        populations.push_back({{"name", population.name},
                               {"neuron", population.neuron},
                               {"units", population.n_units},
                               {"inputs", population.n_inputs},
                               {"parameters", population.n_parameters},
                               {"final_loss", population.final_loss},
                               {"spike_rate", population.spike_rate},
                               {"accumulates_per_prediction", population.accumulates},
                               {"multiply_accumulates_per_prediction", population.multiply_accumulates}});
        if (!std::isnan(population.test_error))
            populations.back()["test_error_percent"] = population.test_error;
    }
    return json;
}

}  // namespace snnff::app
