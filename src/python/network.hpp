#pragma once

#include <memory>
#include <optional>

#include "arrays.hpp"
#include "snnff/training.hpp"

namespace snnff::python {

/// Numbers as they come: converted where they are not C-ordered float32 (int32).
using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;
using Ints = py::array_t<std::int32_t, py::array::c_style | py::array::forcecast>;

/// A trained network with the model it was made from.
struct TrainedNetwork {
    std::shared_ptr<const ModelSpec> model;
    Network network;
    std::optional<InputFacts> trained_on{};  ///< inputs of the training samples, where they are known
};

/// Adds the classes Network, Population and Evaluation to the module.
void add_network(py::module_& module);

}  // namespace snnff::python
