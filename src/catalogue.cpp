#include "snnff/catalogue.hpp"

#include <type_traits>
#include <vector>

#include "snnff/learning.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/neuron_model.hpp"
#include "snnff/stimulus.hpp"
#include "snnff/surrogate.hpp"

namespace snnff {

#define SNNFF_KIND(Interface, family, name, summary) \
    std::unique_ptr<Interface> make_##family##_##name(Options&, const Context&);
#include "catalogue.def"
#undef SNNFF_KIND

namespace {

template <class Interface>
struct Table {
    std::vector<std::string_view> names, summaries;
    std::vector<typename Family<Interface>::Maker> makers;

    template <class Made>
    void add(std::string_view name, std::string_view summary,
             std::unique_ptr<Made> (*maker)(Options&, const Context&)) {
        if constexpr (std::is_same_v<Made, Interface>) {
            names.push_back(name);
            summaries.push_back(summary);
            makers.push_back(maker);
        }
    }

    Table() {
#define SNNFF_KIND(Interface, family, name, summary) add(#name, summary, make_##family##_##name);
#include "catalogue.def"
#undef SNNFF_KIND
    }
};

}  // namespace

template <class Interface>
Family<Interface> kinds() {
    static const Table<Interface> table;
    return {table.names, table.summaries, table.makers};
}

template Family<NeuronModel> kinds();
template Family<Surrogate> kinds();
template Family<Goodness> kinds();
template Family<Loss> kinds();
template Family<Optimizer> kinds();
template Family<Schedule> kinds();
template Family<DatasetReader> kinds();
template Family<Encoding> kinds();
template Family<Normalisation> kinds();
template Family<Negatives> kinds();
template Family<Initialiser> kinds();

}  // namespace snnff
