#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnff/data_file.hpp"
#include "snnff/network.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/random.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/time_grid.hpp"

namespace snnff {

/// Where in a graph of nodes parameters lie, by names of nodes, so that what follows each other there can be
/// held to the row of populations.
struct GraphPlace {
    std::string graph;        ///< file
    std::string node;         ///< of the neuron, or of the weights alone
    std::string weights;      ///< of the weights
    std::string fed_by;       ///< what they take their input from; empty: nothing is said
    std::string kind_fed_by;  ///< its type
    bool activations_by_name =
        false;  ///< whether the graph says in words what follows weights without a neuron
};

/// What is to be said of parameters that came from a file, a sentence each.
struct Remarks {
    std::vector<std::string> notes;     ///< how it was read
    std::vector<std::string> doubts;    ///< where it may not mean what was wanted
    std::optional<GraphPlace> place{};  ///< where they come from a graph
};

/// Fills a population's parameters before training.
class Initialiser {
  public:
    virtual ~Initialiser() = default;
    /// `index` numbers the populations from 0, so that each draws its own numbers.
    /// Throws FileError or DataError where parameters come from a file that will not do.
    virtual void fill(Population& population, std::uint32_t index, Seed seed) const = 0;
    /// Where parameters come from, read anew; nothing where they are drawn. Throws FileError.
    virtual std::optional<DataFile> file() const { return {}; }
    /// Of a population that fill() filled; the file is read anew.
    virtual Remarks remarks(const Population&) const { return {}; }
};

struct PopulationSpec {
    std::string name;
    std::size_t n_units = 0;
    std::shared_ptr<const NeuronModel> neuron;
    std::shared_ptr<const Projection> projection = dense_projection();
    std::shared_ptr<const Normalisation> normalisation = no_normalisation();
    Reading measure = Reading::activation;  ///< has no meaning under backprop
    Reading output = Reading::activation;
    bool bias = true;
    std::unique_ptr<Initialiser> init;
};

/// What learns: populations in a row, the first next to the input, and the time of a presentation.
struct NetworkSpec {
    TimeGrid time;
    std::vector<PopulationSpec> populations;
};

}  // namespace snnff
