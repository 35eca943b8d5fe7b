// First goodness, first gradients and outputs of every golden Forward-Forward case, against PyTorch
// autograd and snnTorch (versions in each file's `reference` attribute). Losses over all epochs, final
// weights and predictions are checked through the command line by through_cli.py.
#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "data/presentations.hpp"
#include "engine/batch.hpp"
#include "engine/update.hpp"
#include "golden/golden_file.hpp"
#include "snnff/model_spec.hpp"
#include "snnff/trace.hpp"
#include "snnff/training.hpp"

using namespace snnff;
namespace fs = std::filesystem;

namespace {

void write(hid_t file, const std::string& name, const std::vector<float>& values,
           std::vector<hsize_t> shape) {
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set =
        H5Dcreate2(file, name.c_str(), H5T_NATIVE_FLOAT, space, links, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(links);
}

void write_labels(hid_t file, const char* name, const std::vector<float>& labels) {
    const std::vector<int> values(labels.begin(), labels.end());
    const hsize_t n = values.size();
    REQUIRE(H5LTmake_dataset_int(file, name, 1, &n, values.data()) >= 0);
}

/// Turns a case into data, initial weights and a model, and builds it.
Experiment build_case(const Golden& golden, const fs::path& folder) {
    fs::create_directories(folder);
    const hid_t data = H5Fcreate((folder / "data.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    write(data, "x", golden.floats("input/images"), golden.shape("input/images"));
    write_labels(data, "y", golden.floats("input/labels"));
    write_labels(data, "y_negative", golden.floats("input/negative_labels"));
    H5Fclose(data);
    const hid_t init = H5Fcreate((folder / "init.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const nlohmann::json& spec = golden.spec;
    const bool lif = spec["neuron"] == "lif", per_input = spec["threshold"] == "fan_in";
    std::string loss = fmt::format("{{ kind = \"{}\"", spec["loss"].get<std::string>());
    if (spec["loss"] == "softplus") {
        loss += fmt::format(", theta = {}, theta_per = \"{}\" }}",
                            per_input ? 1.0 : spec["threshold"].get<double>(), per_input ? "input" : "none");
    } else {
        loss += fmt::format(", alpha = {} }}", spec["alpha"].get<double>());
    }
    std::string model = fmt::format(
        "[data]\nkind = \"hdf5\"\ntrain = \"data.h5\"\ntest = \"data.h5\"\n"
        "[overlay]\nwhere = \"first\"\n[time]\nsteps = {}\n"
        "[negatives]\nkind = \"given\"\n[learning]\ngoodness = \"{}\"\nloss = {}\n[plan]\nbatch_size = 0\n",
        spec["steps"].get<int>(), spec["goodness"].get<std::string>(), loss);
    for (int layer = 0; layer < 2; ++layer) {
        const std::string name = fmt::format("layer{}", layer), from = "init/" + name;
        const auto shape = golden.shape(from + "/weight");
        write(init, "populations/" + name + "/weight", golden.floats(from + "/weight"), shape);
        if (golden.has(from + "/bias")) {
            write(init, "populations/" + name + "/bias", golden.floats(from + "/bias"), {shape[0]});
        }
        model += fmt::format(
            "[population.{}]\nneuron = \"{}\"\nsize = {}\nbias = {}\nnormalisation = \"{}\"\n"
            "init = {{ kind = \"file\", path = \"init.h5\" }}\n",
            name, spec["neuron"].get<std::string>(), shape[0], spec["bias"].get<bool>(),
            spec["normalise"].get<std::string>());
        if (lif) {
            model += fmt::format(
                "beta = {}\nthreshold = {}\nreset = \"{}\"\nsurrogate = \"{}\"\nmeasure = \"{}\"\noutput = "
                "\"{}\"\n",
                spec["beta"].get<double>(), spec["v_threshold"].get<double>(),
                spec["reset"].get<std::string>(), spec["surrogate"].get<std::string>(),
                spec["goodness_on"].get<std::string>(), spec["output"].get<std::string>());
        }
    }
    H5Fclose(init);
    return build(read_model_text(model, "golden", folder, {}));
}

std::vector<std::vector<double>> slopes(const ModelSpec& model, const Population& population,
                                        const Activity& activity) {
    const std::size_t n = activity.goodness[0].size();
    std::vector<std::vector<double>> slope(2, std::vector<double>(n));
    model.learning.loss->evaluate(population.shape(), {activity.goodness}, 1, {}, {slope});
    return slope;
}

void first_update(const Golden& golden, const Experiment& experiment, Batch& batch, std::size_t k) {
    const Network& network = experiment.network;
    const Population& population = network.populations[k];
    const std::string expected = fmt::format("expected/layer{}/", k);
    Matrix gradient(population.n_units(), population.n_inputs());
    std::vector<double> bias(population.n_units());
    Activity& activity = batch.activity(k);
    const auto take = [&](const Gradient& found) {
        Panels panels(population.n_units(), population.n_inputs());
        found.weights({0, panels.n_panels(), 0, panels.cols()}, panels.memory().data());
        gradient = panels.matrix();
        std::copy_n(found.bias().begin(), bias.size(), bias.begin());
    };
    const Section section{section_of(network, k).first, k};
    std::vector<ForwardRequest> requests(section.size());
    requests.back() = {.goodness = experiment.model.learning.goodness.get(), .signal = true};
    SectionPass::Memory memory;
    SectionPass pass = batch.pass(section, memory);
    pass.request(requests);
    REQUIRE(pass.wave_end(0) == batch.n_samples());
    pass.forward({0, batch.n_samples()});
    const auto slope = slopes(experiment.model, population, activity);
    if (pass.walks_back(k)) {
        pass.backward(k, slope);
        take(pass.finish(k));
    } else {
        ConstantGradient::Memory of_gradient;
        take(ConstantGradient(population, batch.drive(k).variants, activity.signal, slope, of_gradient));
    }
    for (const auto& [variant, name] : {std::pair{0, "positive"}, std::pair{1, "negative"}}) {
        const auto& goodness = activity.goodness[static_cast<std::size_t>(variant)];
        check_close(name, std::vector<float>(goodness.begin(), goodness.end()),
                    golden.floats(expected + "first_goodness_" + name), 1e-5);
    }
    check_close("weight gradient", gradient.values(), golden.floats(expected + "first_weight_gradient"),
                1e-5);
    if (golden.has(expected + "first_bias_gradient")) {
        check_close("bias gradient", std::vector<float>(bias.begin(), bias.end()),
                    golden.floats(expected + "first_bias_gradient"), 1e-5);
    }
}

void check_membrane(const Golden& golden, Experiment& experiment, std::size_t k) {
    const std::string expected = fmt::format("expected/layer{}/first_", k);
    if (!golden.has(expected + "membrane_positive")) return;
    const auto shape = golden.shape(expected + "membrane_positive");  // step, sample, unit
    std::vector<float> membrane(shape[0] * shape[1] * shape[2]), spikes(membrane.size());
    Tracer tracer(experiment.network, experiment.model, experiment.train);
    for (std::uint32_t sample = 0; sample < shape[1]; ++sample) {
        tracer.present(
            sample, experiment.train.label[sample],
            [&](std::size_t population, std::int64_t step, const StepView& view) {
                if (population != k) return;
                const std::size_t at = (static_cast<std::size_t>(step) * shape[1] + sample) * shape[2];
                std::copy_n(view.membrane.data(), shape[2],
                            membrane.begin() + static_cast<std::ptrdiff_t>(at));
                std::copy_n(view.emitted.data(), shape[2], spikes.begin() + static_cast<std::ptrdiff_t>(at));
            });
    }
    check_close("membrane", membrane, golden.floats(expected + "membrane_positive"), 1e-5);
    if (golden.spec["steps"] != 1) CHECK(spikes == golden.floats(expected + "spikes_positive"));
}

}  // namespace

TEST_CASE("goodness, gradients and membranes before the first update are PyTorch's") {
    std::vector<fs::path> cases;
    for (const auto& entry : fs::directory_iterator(SNNFF_TESTS "/golden")) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() == ".h5" &&
            (name.rfind("lif_", 0) == 0 || name.rfind("relu_", 0) == 0) && name != "lif_dynamics.h5") {
            cases.push_back(entry.path());
        }
    }
    REQUIRE(cases.size() == 14);
    for (const fs::path& path : cases) {
        const fs::path folder = fs::temp_directory_path() / ("snnff_" + path.stem().string());
        DYNAMIC_SECTION(path.stem().string()) {
            const Golden golden(path);
            Experiment experiment = build_case(golden, folder);
            Presentations presentations(experiment.model.data, experiment.model.plan, experiment.model.seed,
                                        experiment.network.time, experiment.train,
                                        experiment.network.populations[0].below().normalisation);
            presentations.begin_epoch(0, {});
            Batch batch(experiment.network);
            Matrix images;
            batch.present(0, presentations.variants(presentations.samples(0), images),
                          experiment.train.size());
            check_membrane(golden, experiment, 0);
            first_update(golden, experiment, batch, 0);

            // the second population starts from what the first answers once it has learnt
            Population& first = experiment.network.populations[0];
            first.below().weight.copy_in(golden.floats("expected/layer0/final_weight"));
            if (golden.has("expected/layer0/final_bias")) {
                std::ranges::copy(golden.floats("expected/layer0/final_bias"), first.bias.begin());
            }
            if (first.output != Reading::spikes) {
                const ForwardRequest output{.output = true};
                batch.forward({0, 0}, {&output, 1});
                check_close("output positive", batch.activity(0).output[0].values(),
                            golden.floats("expected/layer0/output_positive"), 1e-5);
                check_close("output negative", batch.activity(0).output[1].values(),
                            golden.floats("expected/layer0/output_negative"), 1e-5);
                batch.ascend({0, 0});
            }
            check_membrane(golden, experiment, 1);
            first_update(golden, experiment, batch, 1);
        }
        fs::remove_all(folder);
    }
}
