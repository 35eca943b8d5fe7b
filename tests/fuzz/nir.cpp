// NIR graphs: weights, and the checks of a LIF node against the population that takes them.
#include "snnff/nir.hpp"

#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>

#include "hdf5_edits.hpp"
#include "snnff/training.hpp"

namespace {

using namespace snnff;

constexpr std::size_t n_inputs = 6;

const ModelSpec& model() {
    static const ModelSpec spec = read_model_text(
        "[population.hidden]\nsize = 4\nbeta = 0.9\n[population.output]\nneuron = \"relu\"\nsize = 3\n",
        "model.toml", "/nowhere", {});
    return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EditedFile file(
        "net.nir", [](const auto& path) { write_nir(path, model(), make_network(model(), n_inputs)); });
    FuzzedDataProvider provider(data, size);
    const char* const node =
        provider.PickValueInArray({"hidden", "hidden_weights", "input", "output_weights"});
    const auto closed = file.edit(provider);
    static const Network network = make_network(model(), n_inputs);
    for (Population population : network.populations) {
        fuzz::reads_or_refuses([&] {
            read_nir_parameters(file.path(), node, population);
            for (const float weight : population.below().weight.memory())
                fuzz::require(std::isfinite(weight), "weights are finite");
        });
    }
    return 0;
}
