#include "snnff/nir.hpp"

#include <utility>

#include "io/data_file.hpp"

namespace snnff {
namespace {

class FromNir final : public Initialiser {
  public:
    FromNir(std::filesystem::path path, std::string node) : path_(std::move(path)), node_(std::move(node)) {}

    void fill(Population& population, std::uint32_t, Seed) const override {
        read_nir_parameters(path_, node_.empty() ? population.name : node_, population);
    }
    std::optional<DataFile> file() const override { return data_file_at(path_); }

  private:
    std::filesystem::path path_;
    std::string node_;
};

}  // namespace

std::unique_ptr<Initialiser> make_initialiser_nir(Options& options, const Context&) {
    const Key path{"path", "", "NIR file (HDF5)"};
    const Key node{
        "node", "",
        "neuron node, or Affine or Linear node, whose weights to take; empty: the population's name"};
    std::filesystem::path file = options.required_file(path);
    return std::make_unique<FromNir>(std::move(file), options.text(node, ""));
}

}  // namespace snnff
