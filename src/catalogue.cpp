#include "snnff/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <type_traits>
#include <vector>

#include "snnff/error.hpp"
#include "snnff/learning.hpp"
#include "snnff/learning_spec.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/projection.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/surrogate.hpp"

namespace snnff {

#define SNNFF_KIND(Interface, family, name, summary) \
    std::unique_ptr<Interface> make_##family##_##name(Options&, const Context&);
#include "catalogue.def"
#undef SNNFF_KIND

namespace {

std::atomic<bool> closed = false;

template <class Interface>
struct Table {
    std::string_view family;
    std::vector<std::string_view> names, summaries;
    std::vector<typename Family<Interface>::Maker> makers;

    void add(std::string_view name, std::string_view summary, typename Family<Interface>::Maker maker) {
        names.push_back(name);
        summaries.push_back(summary);
        makers.push_back(maker);
    }

    template <class Made>
    void add_where_it_belongs(std::string_view of, std::string_view name, std::string_view summary,
                              std::unique_ptr<Made> (*maker)(Options&, const Context&)) {
        if constexpr (std::is_same_v<Made, Interface>) {
            family = of;
            add(name, summary, maker);
        }
    }

    Table() {
#define SNNFF_KIND(Interface, family, name, summary) \
    add_where_it_belongs(#family, #name, summary, make_##family##_##name);
#include "catalogue.def"
#undef SNNFF_KIND
    }

    static Table& only() {
        static Table table;
        return table;
    }
};

/// Names and summaries outlive what handed them over.
std::string_view kept(std::string_view text) {
    static std::deque<std::string> texts;
    return texts.emplace_back(text);
}

bool is_word(std::string_view name) {
    return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

}  // namespace

template <class Interface>
Family<Interface> kinds() {
    closed = true;
    const Table<Interface>& table = Table<Interface>::only();
    return {table.names, table.summaries, table.makers};
}

template <class Interface>
Catalogue& Catalogue::add(std::string_view name, std::string_view summary,
                          typename Family<Interface>::Maker make) {
    Table<Interface>& table = Table<Interface>::only();
    const std::string kind = fmt::format("{} {}", table.family, name);
    if (closed)
        throw UsageError(
            fmt::format("catalogue: {} comes too late; kinds are added before the first model "
                        "is read",
                        kind));
    if (!is_word(name))
        throw UsageError(
            fmt::format("catalogue: {} \"{}\" is no name; lower-case letters, digits and _ make "
                        "one, a letter first",
                        table.family, name));
    if (std::ranges::find(table.names, name) != table.names.end())
        throw UsageError(fmt::format("catalogue: there is a {} already; give yours another name", kind));
    table.add(kept(name), kept(summary), make);
    added_.push_back(kind);
    return *this;
}

Catalogue& catalogue() {
    static Catalogue only;
    return only;
}

#define SNNFF_FAMILY(Interface)                                                       \
    template Family<Interface> kinds();                                               \
    template Catalogue& Catalogue::add<Interface>(std::string_view, std::string_view, \
                                                  Family<Interface>::Maker);
SNNFF_FAMILY(NeuronModel)
SNNFF_FAMILY(Surrogate)
SNNFF_FAMILY(LearningRule)
SNNFF_FAMILY(Goodness)
SNNFF_FAMILY(Loss)
SNNFF_FAMILY(Optimizer)
SNNFF_FAMILY(Schedule)
SNNFF_FAMILY(DatasetReader)
SNNFF_FAMILY(Encoding)
SNNFF_FAMILY(Normalisation)
SNNFF_FAMILY(Projection)
SNNFF_FAMILY(Negatives)
SNNFF_FAMILY(Initialiser)
#undef SNNFF_FAMILY

}  // namespace snnff
