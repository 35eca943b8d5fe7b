#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/data_file.hpp"
#include "snnff/error.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/run_file.hpp"

namespace snnff {
namespace {

/// Parameters of an earlier run, or of any HDF5 file with /populations/<name>/weight and bias.
class FromFile final : public Initialiser {
  public:
    FromFile(std::filesystem::path path, std::string name) : path_(std::move(path)), name_(std::move(name)) {}

    void fill(Population& population, std::uint32_t, Seed) const override {
        const std::string& name = name_.empty() ? population.name : name_;
        read_parameters(path_, name, population);
        const auto nonzero = std::ranges::find_if(population.bias, [](float bias) { return bias != 0.0f; });
        if (!population.learns_bias && nonzero != population.bias.end()) {
            throw DataError(fmt::format(
                "{}: /populations/{}/bias[{}] = {}, but population \"{}\" has bias = false; "
                "zeros, or no bias in the file, or bias = true will do",
                path_.string(), name, nonzero - population.bias.begin(), *nonzero, population.name));
        }
    }
    std::optional<DataFile> file() const override { return data_file_at(path_); }

  private:
    std::filesystem::path path_;
    std::string name_;
};

}  // namespace

std::unique_ptr<Initialiser> make_initialiser_file(Options& options, const Context&) {
    const Key path{"path", "", "HDF5 file with /populations/<name>/weight [unit, input] and bias [unit]"};
    const Key population{"population", "", "name in that file; empty: the population's own"};
    std::filesystem::path file = options.required_file(path);
    return std::make_unique<FromFile>(std::move(file), options.text(population, ""));
}

}  // namespace snnff
