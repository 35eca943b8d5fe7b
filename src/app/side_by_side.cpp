#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "app/figures.hpp"
#include "app/table.hpp"

namespace snnff::app {
// Stems where they tell the runs apart, else whole paths.
std::vector<std::string> column_names(const std::vector<RunFigures>& runs) {
    std::vector<std::string> names;
    std::set<std::string> distinct;
    for (const RunFigures& run : runs) distinct.insert(names.emplace_back(run.path.stem().string()));
    if (distinct.size() == runs.size()) return names;
    names.clear();
    for (const RunFigures& run : runs) names.push_back(run.path.string());
    return names;
}

std::vector<std::string> population_names(const std::vector<RunFigures>& runs) {
    std::vector<std::string> names;
    for (const RunFigures& run : runs) {
        for (const PopulationFigures& population : run.populations) {
            if (std::find(names.begin(), names.end(), population.name) == names.end()) {
                names.push_back(population.name);
            }
        }
    }
    return names;
}

std::string side_by_side(const std::vector<RunFigures>& runs, std::optional<std::size_t> columns) {
    std::vector<std::string> header{""};
    for (std::string& name : column_names(runs)) header.push_back(std::move(name));
    Table table(header);
    const auto row = [&](const std::string& quantity,
                         const std::function<std::string(const RunFigures&)>& cell) {
        std::vector<std::string> cells{quantity};
        for (const RunFigures& run : runs) cells.push_back(cell(run));
        // A quantity that no run has says nothing.
        if (std::any_of(cells.begin() + 1, cells.end(), [](const std::string& c) { return c != "-"; })) {
            table.add(cells);
        }
    };
    const auto of_population = [](const RunFigures& run, const std::string& name,
                                  double PopulationFigures::*figure) {
        const PopulationFigures* population = run.find(name);
        return population ? population->*figure : not_evaluated;
    };

    row("neuron", [](const RunFigures& r) { return r.neurons(); });
    row("steps", [](const RunFigures& r) { return std::to_string(r.steps); });
    row("parameters", [](const RunFigures& r) { return grouped(r.n_parameters()); });
    row("epochs", [](const RunFigures& r) { return std::to_string(r.n_epochs); });
    row("epoch kept", [](const RunFigures& r) {
        return r.kept_epoch < 0 ? std::string("-") : std::to_string(r.kept_epoch);
    });
    row("train error", [](const RunFigures& r) { return error_text(r.train_error, r.n_train); });
    row("validation error",
        [](const RunFigures& r) { return error_text(r.validation_error, r.n_validation); });
    row("test error", [](const RunFigures& r) { return error_text(r.test_error, r.n_test); });
    for (const std::string& name : population_names(runs)) {
        row("test error, " + name + " alone", [&](const RunFigures& r) {
            return error_text(of_population(r, name, &PopulationFigures::test_error), r.n_test);
        });
    }
    for (const std::string& name : population_names(runs)) {
        row("final loss, " + name, [&](const RunFigures& r) {
            return short_number(of_population(r, name, &PopulationFigures::final_loss));
        });
    }
    row("final loss, read-out", [](const RunFigures& r) { return short_number(r.readout_loss); });
    for (const std::string& name : population_names(runs)) {
        row("spike rate, " + name + " (per unit and step)", [&](const RunFigures& r) {
            return short_number(of_population(r, name, &PopulationFigures::spike_rate));
        });
    }
    row("multiply-accumulates per prediction",
        [](const RunFigures& r) { return grouped(r.multiply_accumulates()); });
    row("accumulates by spikes per prediction", [](const RunFigures& r) { return grouped(r.accumulates()); });
    row("training time", [](const RunFigures& r) { return duration(r.seconds); });
    row("status", [](const RunFigures& r) { return r.status; });
    // Enough of it to tell runs apart at a glance; info has all.
    row("digest", [](const RunFigures& r) { return r.digest.empty() ? "-" : r.digest.substr(0, 12); });
    return table.text(0, columns);
}

std::string overlap_in_words(const std::string& what, const std::vector<ComparedError>& errors) {
    const ComparedError* best = nullptr;
    for (const ComparedError& each : errors) {
        if (!std::isnan(each.error) && (best == nullptr || each.error < best->error)) best = &each;
    }
    if (best == nullptr) return {};
    const double bound = error_interval(best->error, best->n_samples).high;
    std::vector<std::string> near;
    std::size_t n_compared = 0;
    for (const ComparedError& each : errors) {
        if (std::isnan(each.error) || &each == best) continue;
        ++n_compared;
        if (error_interval(each.error, each.n_samples).low <= bound) near.push_back(each.name);
    }
    if (near.empty()) return {};
    constexpr std::size_t most = 4;
    std::string others = fmt::format(
        "{}", fmt::join(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(std::min(near.size(), most)),
                        ", "));
    if (near.size() > most) others = fmt::format("{} of {} others", near.size(), n_compared);
    return fmt::format(
        "{}: the 95 % intervals of {} and {} overlap; these samples do not say which is better.\n", what,
        best->name, others);
}

std::vector<Difference> differences(const std::vector<RunFigures>& runs) {
    std::vector<Difference> all;
    for (std::size_t run = 0; run < runs.size(); ++run) {
        for (const auto& entry : runs[run].model) {
            const std::string& key = entry.first;
            auto found =
                std::find_if(all.begin(), all.end(), [&](const Difference& d) { return d.key == key; });
            if (found == all.end()) {
                found = all.insert(all.end(), {key, std::vector<std::string>(runs.size())});
            }
            found->values[run] = entry.second;
        }
    }
    std::erase_if(all, [](const Difference& d) {
        return std::all_of(d.values.begin(), d.values.end(),
                           [&](const std::string& value) { return value == d.values.front(); });
    });
    return all;
}

}  // namespace snnff::app
