// The Python module `snnff`: models, training, trained networks, run files.
#include <fmt/format.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "app/execute.hpp"
#include "app/output.hpp"
#include "app/trained.hpp"
#include "core/streams.hpp"
#include "interfaces/kernels_in_use.hpp"
#include "network.hpp"
#include "snnff/error.hpp"

namespace snnff::python {
namespace {

namespace fs = std::filesystem;

/// A value as --set takes it.
std::string assigned(py::handle value) {
    if (py::isinstance<py::bool_>(value)) return value.cast<bool>() ? "true" : "false";
    if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
        std::string text = "[";
        for (const py::handle item : value) text += (text.size() > 1 ? ", " : "") + assigned(item);
        return text + "]";
    }
    if (py::isinstance<py::dict>(value)) {
        std::string text = "{ ";
        for (const auto& [key, item] : value.cast<py::dict>()) {
            text += (text.size() > 2 ? ", " : "") + key.cast<std::string>() + " = " + assigned(item);
        }
        return text + " }";
    }
    if (py::isinstance<py::str>(value)) return value_text({value.cast<std::string>(), {}});
    return py::str(value).cast<std::string>();  // numbers
}

/// `add` brings further populations, as --add does; `changes` are for what there is.
std::vector<Override> overrides_of(const py::dict& changes, const py::dict& add) {
    std::vector<Override> overrides;
    const auto take = [&](const py::dict& given, const char* name, bool adds) {
        for (const auto& [key, value] : given) {
            const auto path = key.cast<std::string>();
            const std::string text = assigned(value);
            overrides.push_back({path, text, fmt::format("{}: {} = {}", name, path, text), adds});
        }
    };
    take(add, "add", true);
    take(changes, "overrides", false);
    return overrides;
}

/// A model that can be read again: what trains it keeps it.
struct Model {
    std::string toml, name;
    fs::path folder;
    std::string title;
    std::uint64_t seed;
    std::vector<GivenFile> given_files;  // the resolved model has absolute paths only

    Model(ModelSpec spec, std::string of, fs::path in)
        : toml(to_toml(spec.resolved)),
          name(std::move(of)),
          folder(std::move(in)),
          title(spec.title),
          seed(spec.seed.value),
          given_files(std::move(spec.given_files)) {}
    ModelSpec read(const py::dict& given = {}, const py::dict& add = {}) const {
        ModelSpec spec = read_model_text(toml, name, folder, overrides_of(given, add));
        spec.given_files.insert(spec.given_files.begin(), given_files.begin(), given_files.end());
        return spec;
    }
};

Model model_at(const fs::path& path, const py::dict& given, const py::dict& add) {
    keep_streams();
    return {read_model(path, overrides_of(given, add)), path.string(), path.parent_path()};
}

py::dict dict_of(const EpochReport& report, const Network& network) {
    py::dict populations;
    for (std::size_t k = 0; k < network.populations.size(); ++k) {
        const PopulationEpoch& p = report.populations[k];
        populations[py::str(network.populations[k].name)] =
            py::dict(py::arg("loss") = p.loss, py::arg("goodness_positive") = p.goodness_positive,
                     py::arg("goodness_negative") = p.goodness_negative, py::arg("spike_rate") = p.spike_rate,
                     py::arg("weight_norm") = p.weight_norm, py::arg("trouble") = p.trouble);
    }
    return py::dict(py::arg("epoch") = report.epoch, py::arg("n_epochs") = report.n_epochs,
                    py::arg("train_error") = report.train_error,
                    py::arg("validation_error") = report.validation_error,
                    py::arg("test_error") = report.test_error, py::arg("seconds") = report.seconds,
                    py::arg("populations") = populations);
}

/// Tells Python of epochs, and looks out for Ctrl-C in between. What Python raises ends the run and is kept.
class Listener final : public Observer {
  public:
    Listener(py::object callback, std::atomic<int>& stop) : callback_(std::move(callback)), stop_(stop) {}

    void on_batch(double, const Population&, double) override {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < std::chrono::milliseconds(100)) return;
        last_ = now;
        with_python([&] {
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        });
    }
    void on_epoch(const EpochReport& report, const Network& network) override {
        if (callback_.is_none()) return;
        with_python([&] {
            const py::object answer = callback_(dict_of(report, network));
            if (py::isinstance<py::bool_>(answer) && !answer.cast<bool>()) stop_ = 1;
        });
    }
    void rethrow() {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    template <class F>
    void with_python(F f) {
        if (error_) return;
        const py::gil_scoped_acquire acquired;
        try {
            f();
        } catch (...) {
            error_ = std::current_exception();
            stop_ = 1;
        }
    }
    py::object callback_;
    std::atomic<int>& stop_;
    std::exception_ptr error_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

TrainedNetwork trained_network(app::Trained trained) {
    TrainedNetwork network{std::make_shared<const ModelSpec>(std::move(trained.model)),
                           std::move(trained.network)};
    for (auto& [role, facts] : trained.summary.provenance.inputs) {
        if (role == "train") network.trained_on = std::move(facts);
    }
    return network;
}

TrainedNetwork train_model(const py::object& given, const std::optional<fs::path>& output,
                           py::object callback, const py::dict& changes, std::size_t n_threads, bool force,
                           const py::dict& add) {
    keep_streams();
    const bool is_model = py::isinstance<Model>(given);
    const Model model = is_model ? given.cast<Model>() : model_at(given.cast<fs::path>(), changes, add);
    ModelSpec spec = is_model ? model.read(changes, add) : model.read();
    std::atomic<int> stop{0};
    Listener listener(std::move(callback), stop);
    if (output) {
        app::RunRequest request;
        request.output = *output;
        request.n_threads = n_threads;
        request.threads_from = "threads";
        request.force = force;
        request.quiet = true;
        request.command_line = "snnff.train (Python)";
        request.observers = {&listener};
        {
            const py::gil_scoped_release released;
            app::execute(request, std::move(spec), stop);
        }
        listener.rethrow();
        app::Trained trained = app::read_parameters_of(*output);
        return trained_network(std::move(trained));
    }
    TrainedNetwork trained;
    {
        const py::gil_scoped_release released;
        const ThreadLimit threads(n_threads);
        Experiment experiment = build(std::move(spec));
        app::say_doubts(experiment.doubts);
        Observer* const observers[] = {&listener};
        train(experiment, observers, stop);
        trained = {std::make_shared<const ModelSpec>(std::move(experiment.model)),
                   std::move(experiment.network), experiment.train.facts};
    }
    listener.rethrow();
    return trained;
}

TrainedNetwork load(const fs::path& run) {
    keep_streams();
    return trained_network(app::read_parameters_of(run));
}

py::dict read_file(const fs::path& path) {
    keep_streams();
    const RunSummary run = read_run(path);
    py::dict provenance, epochs, populations, evaluations;
    for (const auto& [key, value] : run.provenance.facts) provenance[py::str(key)] = value;
    py::list data, stretches;
    for (const DataFile& file : run.provenance.data) {
        data.append(py::dict(py::arg("role") = file.role, py::arg("path") = file.path.string(),
                             py::arg("size") = file.size, py::arg("sha256") = file.sha256));
    }
    for (const Stretch& stretch : run.provenance.stretches) {
        stretches.append(
            py::dict(py::arg("first_epoch") = stretch.first_epoch, py::arg("created") = stretch.created,
                     py::arg("version") = stretch.version, py::arg("git_commit") = stretch.git_commit,
                     py::arg("libraries") = stretch.libraries, py::arg("kernels") = stretch.kernels,
                     py::arg("kernels_from") = stretch.kernels_from, py::arg("threads") = stretch.threads,
                     py::arg("threads_from") = stretch.threads_from, py::arg("cpu") = stretch.cpu,
                     py::arg("host") = stretch.host, py::arg("command_line") = stretch.command_line));
    }
    provenance["data"] = data;
    provenance["stretches"] = stretches;
    std::vector<EpochReport> reports;
    read_epochs(path, [&](const EpochReport& report) { reports.push_back(report); });
    const auto series = [&](auto value) {
        std::vector<double> values;
        for (const EpochReport& report : reports) values.push_back(value(report));
        const auto n = static_cast<py::ssize_t>(values.size());
        return own(std::move(values), {n});
    };
    epochs["train_error"] = series([](const EpochReport& r) { return r.train_error; });
    epochs["validation_error"] = series([](const EpochReport& r) { return r.validation_error; });
    epochs["test_error"] = series([](const EpochReport& r) { return r.test_error; });
    epochs["seconds"] = series([](const EpochReport& r) { return r.seconds; });
    for (std::size_t k = 0; k < run.populations.size(); ++k) {
        py::dict one;
        one["loss"] = series([k](const EpochReport& r) { return r.populations[k].loss; });
        one["goodness_positive"] =
            series([k](const EpochReport& r) { return r.populations[k].goodness_positive; });
        one["goodness_negative"] =
            series([k](const EpochReport& r) { return r.populations[k].goodness_negative; });
        one["spike_rate"] = series([k](const EpochReport& r) { return r.populations[k].spike_rate; });
        populations[py::str(run.populations[k])] = one;
    }
    for (const RunSummary::Split& split : run.evaluations) {
        evaluations[py::str(split.name)] =
            py::dict(py::arg("error") = split.error, py::arg("n_samples") = split.n_samples);
    }
    return py::dict(py::arg("title") = run.title, py::arg("status") = run.status,
                    py::arg("created") = run.created, py::arg("model") = run.model_toml,
                    py::arg("provenance") = provenance, py::arg("epochs") = epochs,
                    py::arg("populations") = populations, py::arg("evaluations") = evaluations);
}

/// What a kind of Error is in Python.
template <class Kind>
py::object& exception_of() {
    static py::object& type = *new py::object;  // never destroyed: the interpreter may end first
    return type;
}

template <class Kind>
void add_exception(py::module_& module, const char* name, py::handle base) {
    exception_of<Kind>() = py::exception<Kind>(module, name, base);
}

/// Raises what was thrown, if it is of that kind. Bytes of a path that are not UTF-8 come as in
/// os.fsdecode().
template <class Kind>
bool raised_as(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const Kind& error) {
        const std::string_view text = error.what();
        const auto decoded = py::reinterpret_steal<py::object>(
            PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
        PyErr_SetObject(exception_of<Kind>().ptr(), decoded.ptr());
        return true;
    } catch (...) {
        return false;
    }
}

template <class... Kinds>
void translate(const std::exception_ptr& thrown) {
    if (!(raised_as<Kinds>(thrown) || ...)) std::rethrow_exception(thrown);
}

void register_errors(py::module_& module) {
    add_exception<Error>(module, "Error", PyExc_RuntimeError);
    const py::handle error = exception_of<Error>();
    add_exception<ModelError>(module, "ModelError", error);
    add_exception<FileError>(module, "FileError", error);
    add_exception<DataError>(module, "DataError", error);
    add_exception<UsageError>(module, "UsageError", error);
    add_exception<RunError>(module, "RunError", error);
    py::register_exception_translator([](std::exception_ptr thrown) {
        translate<ModelError, FileError, DataError, UsageError, RunError, Error>(thrown);
    });
}

}  // namespace
}  // namespace snnff::python

PYBIND11_MODULE(_snnff, module) {
    using namespace snnff;
    using namespace snnff::python;
    module.attr("__version__") = SNNFF_VERSION;
    register_errors(module);

    keep_streams();
    use_kernels_of_environment();

    py::class_<Model>(module, "Model")
        .def(py::init(&model_at), Exact(), py::arg("path"), py::arg("overrides") = py::dict(),
             py::arg("add") = py::dict())
        .def_static(
            "from_text",
            [](const std::string& text, const fs::path& folder, const py::dict& given, const py::dict& add) {
                return Model(read_model_text(text, "model", folder, overrides_of(given, add)), "model",
                             folder);
            },
            Exact(), py::arg("text"), py::arg("folder") = ".", py::arg("overrides") = py::dict(),
            py::arg("add") = py::dict())
        .def_readonly("title", &Model::title)
        .def_readonly("seed", &Model::seed)
        .def_readonly("toml", &Model::toml);
    add_network(module);
    module.def("train", &train_model, Exact(), py::arg("model"), py::arg("output") = py::none(),
               py::arg("callback") = py::none(), py::kw_only(), py::arg("overrides") = py::dict(),
               py::arg("threads") = 0, py::arg("force") = false, py::arg("add") = py::dict());
    module.def("load", &load, Exact(), py::arg("run"));
    module.def("read", &read_file, Exact(), py::arg("run"));
}
