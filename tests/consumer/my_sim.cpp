// Somebody else's program: snnff-sim, with one more kind of neuron.
#include <memory>
#include <snnff/catalogue.hpp>
#include <snnff/command_line.hpp>
#include <snnff/neuron_model.hpp>

std::unique_ptr<snnff::NeuronModel> make_synaptic(snnff::Options&, const snnff::Context&);

int main(int argc, char** argv) {
    snnff::catalogue().add<snnff::NeuronModel>("synaptic", "LIF units behind a synaptic current",
                                               make_synaptic);
    return snnff::command_line(argc, argv);
}
