#include "network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "app/trained.hpp"
#include "run/class_words.hpp"
#include "run/doubts.hpp"
#include "snnff/error.hpp"
#include "snnff/trace.hpp"

namespace snnff::python {
namespace {

/// What classes are called [label]: names, or numbers as files have them that count from another than 0.
std::vector<std::string> classes_of(const ModelSpec& model) {
    return class_words(model, app::class_names_of(model));
}

/// Samples out of an array [sample, input], made fit for the model. Without labels they count as label 0.
Dataset dataset_of(const TrainedNetwork& trained, const Floats& x, const Ints* y) {
    const Network& network = trained.network;
    const ModelSpec& model = *trained.model;
    const bool appended =
        model.data.overlay.enabled && model.data.overlay.where == LabelOverlay::Where::appended;
    const std::size_t n_inputs =
        network.populations.front().n_inputs() - (appended ? model.data.overlay.n_labels : 0);
    if (x.ndim() != 2 || static_cast<std::size_t>(x.shape(1)) != n_inputs) {
        throw DataError(fmt::format("x: has {} axes{}; [sample, {}] is what the network takes", x.ndim(),
                                    x.ndim() == 2 ? fmt::format(", the second of {}", x.shape(1)) : "",
                                    n_inputs));
    }
    if (y != nullptr && (y->ndim() != 1 || y->shape(0) != x.shape(0))) {
        throw DataError(fmt::format("y: is not one label for each of {} samples", x.shape(0)));
    }
    Dataset dataset;
    const auto n = static_cast<std::size_t>(x.shape(0));
    dataset.x.resize(n, n_inputs);
    std::copy_n(x.data(), x.size(), dataset.x.data());
    dataset.label.assign(n, 0);
    if (y != nullptr) std::copy_n(y->data(), n, dataset.label.begin());
    dataset.class_names = app::class_names_of(model);
    prepare(dataset, model);
    if (trained.trained_on) {
        const NamedFacts samples{y != nullptr ? "evaluated" : "presented", dataset.facts};
        std::vector<std::string> doubts =
            doubts_about_values("x", samples.name, dataset, *trained.trained_on);
        if (y != nullptr) {
            for (std::string& doubt : doubts_about_classes("x", samples, *trained.trained_on,
                                                           class_words(model, dataset.class_names)))
                doubts.push_back(std::move(doubt));
        }
        for (const std::string& doubt : doubts) {
            if (PyErr_WarnEx(PyExc_UserWarning, doubt.c_str(), 1) < 0) throw py::error_already_set();
        }
    }
    return dataset;
}

Evaluation evaluate_arrays(const TrainedNetwork& trained, const Floats& x, const Ints* y,
                           std::size_t n_threads) {
    const Dataset dataset = dataset_of(trained, x, y);
    if (dataset.size() == 0) throw DataError("x: no sample to evaluate");
    const py::gil_scoped_release released;
    const ThreadLimit threads(n_threads);
    Evaluation evaluation = evaluate(trained.network, *trained.model, dataset);
    evaluation.class_names = classes_of(*trained.model);
    return evaluation;
}

/// Labels given by the names of their classes.
Ints labels_named(const TrainedNetwork& trained, const std::vector<std::string>& names) {
    const std::vector<std::string> classes = classes_of(*trained.model);
    if (classes.empty()) {
        throw DataError(fmt::format(
            "y: holds texts, and classes of this network have no names; numbers from 0 to {} would do",
            trained.model->data.overlay.n_labels - 1));
    }
    Ints labels(static_cast<py::ssize_t>(names.size()));
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = std::ranges::find(classes, names[i]);
        if (found == classes.end()) {
            throw DataError(fmt::format("y: \"{}\" of sample {} is no class of this network; {} are",
                                        names[i], i, fmt::join(classes, ", ")));
        }
        labels.mutable_at(static_cast<py::ssize_t>(i)) = static_cast<std::int32_t>(found - classes.begin());
    }
    return labels;
}

/// Throws where numbers are not places of classes; where files count these from another than 0, it says so.
void check_places(const ModelSpec& model, const Ints& numbers) {
    const std::vector<std::string> classes = classes_of(model);
    if (classes.empty() || !app::class_names_of(model).empty()) return;
    for (py::ssize_t i = 0; i < numbers.size(); ++i) {
        const std::int32_t number = numbers.data()[i];
        if (number >= 0 && static_cast<std::size_t>(number) < classes.size()) continue;
        throw DataError(
            fmt::format("y: label {} of sample {}; numbers are places in network.classes, 0 to {}; "
                        "where y are as the files have them, y - ({}) would do",
                        number, i, classes.size() - 1, classes.front()));
    }
}

/// Labels given by numbers, which are places of classes unless the training samples had names for labels: a
/// number is one of these then, or nothing.
Ints labels_numbered(const TrainedNetwork& trained, const Ints& numbers) {
    const Node* data = trained.model->resolved.find("data");
    const Node* named = data != nullptr ? data->find("named_labels") : nullptr;
    const bool* are_names = named != nullptr ? std::get_if<bool>(&named->value) : nullptr;
    if (are_names == nullptr || !*are_names) {
        check_places(*trained.model, numbers);
        return numbers;
    }
    const std::vector<std::string> classes = app::class_names_of(*trained.model);
    Ints labels(numbers.size());
    for (py::ssize_t i = 0; i < numbers.size(); ++i) {
        const auto found = std::ranges::find(classes, fmt::format("{}", numbers.data()[i]));
        if (found == classes.end()) {
            throw DataError(
                fmt::format("y: holds numbers ({} of sample {}), and classes of this network are names, {}; "
                            "names would do, "
                            "as np.array(network.classes)[y] makes them of their places",
                            numbers.data()[i], i, fmt::join(classes, ", ")));
        }
        labels.mutable_at(i) = static_cast<std::int32_t>(found - classes.begin());
    }
    return labels;
}

/// What is recorded of a population, [sample, step, unit].
struct Traces {
    std::vector<float> current, membrane, emitted;
};

py::dict simulate(const TrainedNetwork& trained, const Floats& x, const std::optional<Ints>& labels,
                  std::int64_t steps, const std::vector<std::string>& chosen) {
    const Dataset dataset = dataset_of(trained, x, nullptr);
    const std::size_t n = dataset.size();
    const auto n_labels = static_cast<std::int32_t>(trained.model->data.overlay.n_labels);
    std::vector<std::int32_t> label(n, -1);
    if (labels) {
        if (labels->ndim() != 1 || static_cast<std::size_t>(labels->shape(0)) != n)
            throw DataError(fmt::format("labels: is not one label for each of {} samples", n));
        std::copy_n(labels->data(), n, label.begin());
        for (const std::int32_t l : label) {
            if (l >= -1 && l < n_labels) continue;
            throw DataError(
                fmt::format("labels: there is no label {}; 0 to {} are, and -1 for none", l, n_labels - 1));
        }
        if (!trained.model->data.overlay.enabled &&
            std::ranges::any_of(label, [](std::int32_t l) { return l >= 0; }))
            throw DataError("labels: the model writes no labels into samples");
    }
    if (steps < 0) throw UsageError(fmt::format("steps = {}: 0 (as in training) or more is", steps));
    // The network itself stays as it is, also for other threads that predict with it meanwhile.
    std::optional<Network> of_other_steps;
    if (steps > 0 && steps != trained.network.time.steps) {
        of_other_steps = trained.network;
        of_other_steps->time.steps = steps;
    }
    const Network& network = of_other_steps ? *of_other_steps : trained.network;
    for (const std::string& name : chosen) {
        if (std::ranges::none_of(network.populations, [&](const Population& p) { return p.name == name; }))
            throw UsageError(fmt::format("populations: there is none called \"{}\"", name));
    }
    const auto n_steps = static_cast<std::size_t>(network.time.steps);
    std::vector<Traces> traces(network.populations.size());
    for (std::size_t k = 0; k < traces.size(); ++k) {
        const Population& population = network.populations[k];
        if (!chosen.empty() && std::ranges::find(chosen, population.name) == chosen.end()) continue;
        const std::size_t size = n * n_steps * population.n_units();
        traces[k].current.resize(size);
        traces[k].emitted.resize(size);
        if (population.neuron->spiking()) traces[k].membrane.resize(size);
    }
    {
        const py::gil_scoped_release released;
        Tracer tracer(network, *trained.model, dataset);
        for (std::size_t s = 0; s < n; ++s) {
            tracer.present(static_cast<std::uint32_t>(s), label[s],
                           [&](std::size_t k, std::int64_t step, const StepView& view) {
                               const std::size_t first =
                                   (s * n_steps + static_cast<std::size_t>(step)) * view.current.cols();
                               const auto keep = [&](ConstMatrixView from, std::vector<float>& to) {
                                   if (!to.empty())
                                       std::ranges::copy(from.row(0),
                                                         to.begin() + static_cast<std::ptrdiff_t>(first));
                               };
                               keep(view.current, traces[k].current);
                               keep(view.membrane, traces[k].membrane);
                               keep(view.emitted, traces[k].emitted);
                           });
        }
    }
    py::dict all;
    for (std::size_t k = 0; k < traces.size(); ++k) {
        const Population& population = network.populations[k];
        if (traces[k].current.empty()) continue;
        const std::vector<py::ssize_t> shape{static_cast<py::ssize_t>(n), static_cast<py::ssize_t>(n_steps),
                                             static_cast<py::ssize_t>(population.n_units())};
        py::dict one;
        one["current"] = own(std::move(traces[k].current), shape);
        const bool spiking = population.neuron->spiking();
        if (spiking) one["membrane"] = own(std::move(traces[k].membrane), shape);
        one[spiking ? "spikes" : "activation"] = own(std::move(traces[k].emitted), shape);
        all[py::str(population.name)] = one;
    }
    return all;
}

py::array constants(std::span<const float> values, py::handle owner) {
    py::array array = view(values.data(), {static_cast<py::ssize_t>(values.size())}, owner);
    array.attr("setflags")(py::arg("write") = false);
    return array;
}

}  // namespace

void add_network(py::module_& module) {
    py::class_<Population>(module, "Population")
        .def_readonly("name", &Population::name)
        .def_property(
            "weight", [](const Population& p) { return own(p.below().weight.matrix()); },
            [](Population& p, const py::array_t<float, py::array::c_style | py::array::forcecast>& weight) {
                if (weight.ndim() != 2 || static_cast<std::size_t>(weight.shape(0)) != p.n_units() ||
                    static_cast<std::size_t>(weight.shape(1)) != p.n_inputs()) {
                    throw py::value_error(
                        fmt::format("population \"{}\": weight is [unit, input], here [{}, {}]", p.name,
                                    p.n_units(), p.n_inputs()));
                }
                p.below().weight.copy_in(ConstMatrixView(weight.data(), p.n_units(), p.n_inputs()));
            })
        .def_property_readonly("bias",
                               [](py::object self) {
                                   auto& p = self.cast<Population&>();
                                   return view(p.bias.data(), {static_cast<py::ssize_t>(p.bias.size())},
                                               self);
                               })
        .def_property_readonly(
            "threshold",
            [](py::object self) { return constants(self.cast<Population&>().neuron->thresholds(), self); })
        .def_property_readonly("decay", [](py::object self) {
            return constants(self.cast<Population&>().neuron->decays(), self);
        });

    py::class_<Evaluation>(module, "Evaluation")
        .def_property_readonly("prediction",
                               [](py::object self) {
                                   auto& e = self.cast<Evaluation&>();
                                   return view(e.prediction.data(),
                                               {static_cast<py::ssize_t>(e.prediction.size())}, self);
                               })
        .def_property_readonly(
            "goodness",
            [](py::object self) {
                Matrix& m = self.cast<Evaluation&>().goodness;
                return view(m.data(),
                            {static_cast<py::ssize_t>(m.rows()), static_cast<py::ssize_t>(m.cols())}, self);
            })
        .def_property_readonly(
            "log_probability",
            [](py::object self) {
                Matrix& m = self.cast<Evaluation&>().log_probability;
                return view(m.data(),
                            {static_cast<py::ssize_t>(m.rows()), static_cast<py::ssize_t>(m.cols())}, self);
            })
        .def_property_readonly(
            "populations",
            [](py::object self) {
                py::dict all;
                for (Evaluation::OfPopulation& p : self.cast<Evaluation&>().populations) {
                    const auto n = static_cast<py::ssize_t>(p.mean_goodness.rows());
                    all[py::str(p.name)] =
                        py::dict(py::arg("error") = p.error,
                                 py::arg("mean_goodness") = view(p.mean_goodness.data(), {n, n}, self));
                }
                return all;
            })
        .def_readonly("classes", &Evaluation::class_names)
        .def_property_readonly("error", &Evaluation::error);

    py::class_<TrainedNetwork>(module, "Network")
        .def_property_readonly("toml", [](const TrainedNetwork& t) { return to_toml(t.model->resolved); })
        .def_property_readonly("classes", [](const TrainedNetwork& t) { return classes_of(*t.model); })
        .def_property_readonly("steps", [](const TrainedNetwork& t) { return t.network.time.steps; })
        .def_property_readonly("dt_ms", [](const TrainedNetwork& t) { return t.network.time.dt_ms; })
        .def_property_readonly(
            "populations",
            [](py::object self) {
                py::list all;
                for (Population& p : self.cast<TrainedNetwork&>().network.populations) {
                    all.append(py::cast(p, py::return_value_policy::reference_internal, self));
                }
                return all;
            })
        .def(
            "predict",
            [](const TrainedNetwork& t, const Floats& x, std::size_t threads) {
                std::vector<std::int32_t> found = evaluate_arrays(t, x, nullptr, threads).prediction;
                const auto n = static_cast<py::ssize_t>(found.size());
                return own(std::move(found), {n});
            },
            Exact(), py::arg("x"), py::arg("threads") = 0)
        // Before numbers: NumPy would turn a text of digits into one.
        .def(
            "evaluate",
            [](const TrainedNetwork& t, const Floats& x, const std::vector<std::string>& y,
               std::size_t threads) {
                const Ints labels = labels_named(t, y);
                return evaluate_arrays(t, x, &labels, threads);
            },
            Exact(), py::arg("x"), py::arg("y"), py::arg("threads") = 0)
        .def(
            "evaluate",
            [](const TrainedNetwork& t, const Floats& x, const Ints& y, std::size_t threads) {
                if (y.ndim() != 1) return evaluate_arrays(t, x, &y, threads);  // which says so
                const Ints labels = labels_numbered(t, y);
                return evaluate_arrays(t, x, &labels, threads);
            },
            Exact(), py::arg("x"), py::arg("y"), py::arg("threads") = 0)
        .def("simulate", &simulate, Exact(), py::arg("x"), py::arg("labels") = py::none(),
             py::arg("steps") = 0, py::arg("populations") = std::vector<std::string>{});
}

}  // namespace snnff::python
