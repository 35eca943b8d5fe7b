#pragma once

#include <pybind11/numpy.h>

#include <memory>
#include <utility>

#include "core/float_environment.hpp"
#include "snnff/matrix.hpp"

namespace snnff::python {

namespace py = pybind11;

/// What every function of the module that computes is called under, from whatever mode a program is in.
using Exact = py::call_guard<FloatEnvironment>;

/// A NumPy array over memory that `owner` keeps alive; nothing is copied.
template <class T>
py::array view(T* data, std::vector<py::ssize_t> shape, py::handle owner) {
    return py::array(py::dtype::of<std::remove_const_t<T>>(), std::move(shape), data, owner);
}

/// A NumPy array that owns `values`, which are moved.
template <class Container>
py::array own(Container values, std::vector<py::ssize_t> shape) {
    using Value = std::remove_const_t<std::remove_reference_t<decltype(*values.data())>>;
    auto kept = std::make_unique<Container>(std::move(values));
    Value* data = kept->data();
    const py::capsule owner(kept.release(), [](void* p) { delete static_cast<Container*>(p); });
    return view(data, std::move(shape), owner);
}

inline py::array own(Matrix matrix) {
    const auto rows = static_cast<py::ssize_t>(matrix.rows()), cols = static_cast<py::ssize_t>(matrix.cols());
    return own<Matrix>(std::move(matrix), {rows, cols});
}

}  // namespace snnff::python
