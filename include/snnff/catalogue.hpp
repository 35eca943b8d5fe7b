#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snnff/time_grid.hpp"

namespace snnff {

class Options;

/// What a kind may need to know of the model around it while it reads its own keys.
struct Context {
    TimeGrid time;
    std::size_t n_units = 0;  ///< of the population it belongs to; 0 outside one
};

/// The kinds of one family (NeuronModel, Goodness, Loss, ...) that a model file can name.
template <class Interface>
class Family {
  public:
    using Maker = std::unique_ptr<Interface> (*)(Options&, const Context&);

    Family(std::span<const std::string_view> names, std::span<const std::string_view> summaries,
           std::span<const Maker> makers)
        : names_(names), summaries_(summaries), makers_(makers) {}

    std::size_t size() const noexcept { return names_.size(); }
    std::span<const std::string_view> names() const noexcept { return names_; }
    std::span<const std::string_view> summaries() const noexcept { return summaries_; }
    std::unique_ptr<Interface> make(std::size_t index, Options& options, const Context& context) const {
        return makers_[index](options, context);
    }

  private:
    std::span<const std::string_view> names_;
    std::span<const std::string_view> summaries_;
    std::span<const Maker> makers_;
};

/// The family of an interface; defined for each in src/catalogue.cpp from src/catalogue.def. The first call
/// closes the catalogue.
template <class Interface>
Family<Interface> kinds();

/// The kinds that a program brings itself, beside those of catalogue.def. They are added before the first
/// model is read, from then on the catalogue is closed; keys, `explain`, the schema and messages are the same
/// for both.
class Catalogue {
  public:
    /// `name` is what a model file says; `make` reads the kind's own keys from the options it is given.
    ///
    ///     snnff::catalogue().add<snnff::NeuronModel>("adaptive", "LIF units that tire", make_adaptive);
    ///
    /// Throws UsageError for a name that is taken or no lower-case word, and once a model was read.
    template <class Interface>
    Catalogue& add(std::string_view name, std::string_view summary, typename Family<Interface>::Maker make);
    /// What was added, as "neuron adaptive", in its order: provenance names them.
    const std::vector<std::string>& added() const noexcept { return added_; }

  private:
    std::vector<std::string> added_;
};

Catalogue& catalogue();

}  // namespace snnff
