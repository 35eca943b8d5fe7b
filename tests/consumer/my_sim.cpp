// Somebody else's program: snnff-sim, with kinds of its own in seven families.
#include <memory>
#include <snnff/catalogue.hpp>
#include <snnff/command_line.hpp>
#include <snnff/learning.hpp>
#include <snnff/neuron_model.hpp>
#include <snnff/projection.hpp>
#include <snnff/stimulus.hpp>
#include <snnff/surrogate.hpp>

std::unique_ptr<snnff::Goodness> make_plain_square(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::Projection> make_convolution(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::NeuronModel> make_synaptic(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::Surrogate> make_quick(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::Loss> make_telling(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::Encoding> make_spike_at(snnff::Options&, const snnff::Context&);
std::unique_ptr<snnff::DatasetReader> make_grid(snnff::Options&, const snnff::Context&);

int main(int argc, char** argv) {
    snnff::catalogue()
        .add<snnff::NeuronModel>("synaptic", "LIF units behind a synaptic current", make_synaptic)
        .add<snnff::Goodness>("plain_square", "mean of the squared response", make_plain_square)
        .add<snnff::Projection>("convolution", "windows of an image, the same for each of its places",
                                make_convolution)
        .add<snnff::Surrogate>("quick", "fast_sigmoid from outside", make_quick)
        .add<snnff::Loss>("telling", "softplus from outside", make_telling)
        .add<snnff::Encoding>("spike_at", "one spike, in the step that a value names", make_spike_at)
        .add<snnff::DatasetReader>("grid", "points of a grid, labelled by their column", make_grid);
    return snnff::command_line(argc, argv);
}
