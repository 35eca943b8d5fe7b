#include "snnff/nir.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "io/data_file.hpp"

namespace snnff {
namespace {

class FromNir final : public Initialiser {
  public:
    FromNir(std::filesystem::path path, std::string node, double model_dt_ms, std::optional<double> dt_ms)
        : path_(std::move(path)), node_(std::move(node)), model_dt_ms_(model_dt_ms), dt_ms_(dt_ms) {}

    void fill(Population& population, std::uint32_t, Seed) const override {
        read_nir_parameters(path_, node_.empty() ? population.name : node_, population, model_dt_ms_, dt_ms_);
    }
    std::optional<DataFile> file() const override { return data_file_at(path_); }
    Remarks remarks(const Population& population) const override {
        Population again = population;
        return read_nir_parameters(path_, node_.empty() ? population.name : node_, again, model_dt_ms_,
                                   dt_ms_);
    }

  private:
    std::filesystem::path path_;
    std::string node_;
    double model_dt_ms_;
    std::optional<double> dt_ms_;
};

}  // namespace

std::unique_ptr<Initialiser> make_initialiser_nir(Options& options, const Context& context) {
    const Key path{"path", "", "NIR file (HDF5)"};
    const Key node{
        "node", "",
        "neuron node, or Affine or Linear node, whose weights to take; empty: the population's name"};
    std::filesystem::path file = options.required_file(path);
    const std::string name = options.text(node, "");
    const double dt_ms = options.number({"dt_ms", "ms",
                                         "step that the graph's time constants belong to; absent: what its "
                                         "metadata say, or else time.dt_ms"},
                                        std::numeric_limits<double>::quiet_NaN(), Bounds::positive());
    return std::make_unique<FromNir>(std::move(file), name, context.time.dt_ms,
                                     std::isnan(dt_ms) ? std::nullopt : std::optional(dt_ms));
}

}  // namespace snnff
