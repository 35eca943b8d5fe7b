// Somebody else's program: snnff-sim, with a neuron, a goodness and a projection more.
#include <memory>
#include <snnff/catalogue.hpp>
#include <snnff/command_line.hpp>
#include <snnff/learning.hpp>
#include <snnff/neuron_model.hpp>
#include <snnff/projection.hpp>

std::unique_ptr<snnff::Goodness> make_plain_square(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::Projection> make_convolution(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::NeuronModel> make_synaptic(snnff::Options&, const snnff::Context&);

int main(int argc, char** argv) {
    snnff::catalogue()
        .add<snnff::NeuronModel>("synaptic", "LIF units behind a synaptic current", make_synaptic)
        .add<snnff::Goodness>("plain_square", "mean of the squared response", make_plain_square)
        .add<snnff::Projection>("convolution", "windows of an image, the same for each of its places",
                                make_convolution);
    return snnff::command_line(argc, argv);
}
