// Weights and biases out of a run file, or any HDF5 file that has them at the same place; read-outs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/hdf5.hpp"
#include "snnff/error.hpp"
#include "snnff/run_file.hpp"

namespace snnff {
namespace {

void read_checked(const hdf5::Dataset& dataset, const std::vector<hsize_t>& expected, std::span<float> values,
                  std::string_view whose = "population") {
    const auto shape = dataset.shape();
    if (shape != expected) {
        throw DataError(fmt::format("{}: has the shape [{}]; the model's {} has [{}]", dataset.where(),
                                    fmt::join(shape, ", "), whose, fmt::join(expected, ", ")));
    }
    dataset.expect_numbers();
    dataset.expect_stored();
    hdf5::read(dataset, values);
    if (!std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) {
        throw DataError(fmt::format("{}: holds values that are no finite numbers", dataset.where()));
    }
}

}  // namespace

void read_parameters(const std::filesystem::path& path, std::string_view name, Population& population) {
    const hdf5::Group root = hdf5::open_file(path.string());
    const std::string place = fmt::format("populations/{}", name);
    if (!root.has("populations") || !root.group("populations").has(name)) {
        std::string there = "nothing";
        if (root.has("populations")) {
            there = fmt::format("{}", fmt::join(root.group("populations").child_groups(), ", "));
        }
        throw DataError(fmt::format("{}: has no parameters at /{}; there is {}", root.where(), place, there));
    }
    const hdf5::Group group = root.group(place);
    Matrix weight(population.n_units(), population.n_inputs());
    read_checked(group.dataset("weight"), {population.n_units(), population.n_inputs()}, weight.values());
    population.below().weight.copy_in(weight);
    population.bias.assign(population.n_units(), 0.0f);
    if (group.has("bias")) read_checked(group.dataset("bias"), {population.n_units()}, population.bias);
}

SoftmaxHead read_readout(const std::filesystem::path& path, const ModelSpec& model) {
    const hdf5::Group root = hdf5::open_file(path.string());
    if (!root.has("readout")) {
        throw DataError(fmt::format(
            "{}: has no read-out at /readout; the run has to come to its end for it to be trained",
            root.where()));
    }
    const hdf5::Group group = root.group("readout");
    SoftmaxHead head = make_head(model);
    read_checked(group.dataset("weight"), {head.n_labels(), head.n_features()}, head.weight.values(),
                 "read-out");
    read_checked(group.dataset("bias"), {head.n_labels()}, head.bias, "read-out");
    const auto number = [&](const std::string& name) {
        const auto values = hdf5::read_attribute<double>(group, name);
        if (values.size() == 1 && std::isfinite(values[0])) return static_cast<float>(values[0]);
        throw DataError(fmt::format("{}: attribute \"{}\" is not one finite number", group.where(), name));
    };
    head.mean = number("mean");
    head.deviation = number("deviation");
    return head;
}

}  // namespace snnff
