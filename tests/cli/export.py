"""What other programs get: NIR graphs that mean the same and come back the same, tables, SONATA's part."""
import csv
import unittest

import h5py
import numpy

from support import BACKPROP, CliTest

RECORDED = ["--set", 'recording.variables=["membrane", "spikes", "current"]', "--set", "recording.samples=[3, 8]",
            "--set", "recording.n_neurons=20"]


class Nir(CliTest):
    def exported(self, *settings):
        """Trains, exports; the run and the graph, open."""
        self.good("run", self.model, "-q", "-o", "run.h5", *RECORDED, *settings)
        self.good("export", "run.h5", "--format", "nir", "-o", "net.nir")
        files = [h5py.File(self.folder / name, "r") for name in ("run.h5", "net.nir")]
        for file in files:
            self.addCleanup(file.close)
        return files

    def test_layout(self):
        run, nir = self.exported()
        self.assertEqual(sorted(nir), ["node", "version"])
        self.assertRegex(nir["version"][()].decode(), r"^\d+\.\d+")
        graph = nir["node"]
        self.assertEqual(graph["type"][()], b"NIRGraph")
        edges = [(a.decode(), b.decode()) for a, b in graph["edges"][()]]
        # hidden2 has ReLU units, for which NIR has no node
        self.assertEqual(edges, [("input", "hidden1_weights"), ("hidden1_weights", "hidden1"),
                                 ("hidden1", "hidden2_weights"), ("hidden2_weights", "output")])
        nodes = graph["nodes"]
        self.assertEqual(sorted(nodes), sorted({name for edge in edges for name in edge}))
        types = {name: node["type"][()].decode() for name, node in nodes.items()}
        self.assertEqual(types, {"input": "Input", "hidden1_weights": "Affine", "hidden1": "LIF",
                                 "hidden2_weights": "Affine", "output": "Output"})
        self.assertEqual((list(nodes["input/shape"]), list(nodes["output/shape"])), ([784], [10]))
        for name in ("hidden1", "hidden2"):
            for parameter in ("weight", "bias"):
                self.assertTrue(numpy.array_equal(nodes[f"{name}_weights/{parameter}"],
                                                  run[f"populations/{name}/{parameter}"]))
        for parameter in ("tau", "r", "v_leak", "v_threshold", "v_reset"):
            self.assertEqual(nodes[f"hidden1/{parameter}"].shape, (20,))
        self.assertEqual(len(nir.attrs) + len(graph.attrs), 0, "everything is a data set")

    def test_the_graph_means_the_dynamics_that_ran(self):
        # dv/dt = (v_leak - v + r I)/tau, stepped as NIR's readers do, against the membranes that were recorded
        run, nir = self.exported("--set", "population.hidden1.reset=none", "--set",
                                 "population.hidden1.beta=0.87", "--set", "time.steps=12")
        node = {name: values[()] for name, values in nir["node/nodes/hidden1"].items() if name != "type"}
        report = run["report/hidden1"]
        current, membrane = run["report/hidden1_current/data"][:], report["data"][:]
        dt = nir["node/metadata/dt"][0]
        v = numpy.zeros(20)
        for frame, step in enumerate(report["step"][:]):
            v = numpy.zeros(20) if step == 0 else v
            v = v + dt / node["tau"] * (node["v_leak"] - v + node["r"] * current[frame])
            numpy.testing.assert_allclose(membrane[frame], v, rtol=1e-4, atol=1e-5)
        self.assertEqual(nir["node/metadata/dt_ms"][0], 1.0)

    def test_what_nir_cannot_say_is_said(self):
        self.good("run", self.model, "-q", "-o", "run.h5")
        done = self.sim("export", "run.h5", "--format", "nir", "-o", "net.nir")
        for words in ("hidden2: NIR has no node for the activation \"relu\"", "hidden1: the reset", "rms", "goodness"):
            self.assertIn(words, done.stderr)
        with h5py.File(self.folder / "net.nir") as nir:
            metadata = nir["node/metadata"]
            self.assertIn("relu", metadata["not_in_nir"][()].decode())
            self.assertEqual(metadata["hidden1/reset"][()], b'"subtract"')
            self.assertEqual(metadata["hidden2/neuron"][()], b"relu")

    def test_names_of_populations_that_are_those_of_something_else_are_kept_apart(self):
        recorded = ["membrane", "spikes", "current"]
        for names in (["h", "h_spikes", "h_spikes_"], ["h_current", "h"], ["h", "h_weights", "h_weights_"],
                      ["title", "title_"], ["dt", "dt_ms"], ["steps", "creator"], ["not_in_nir", "input", "output"]):
            with self.subTest(names=names):
                model = self.model.read_text().partition("[population.hidden1]")[0] + "[plan]\nepochs = 1\n" + "".join(
                    f'[population.{name}]\nneuron = "lif"\nsize = {4 + i}\n' for i, name in enumerate(names))
                self.good("run", self.write("m.toml", model), "-q", "-o", "r.h5", "--force", "--set",
                          f"recording.variables={recorded}")
                for kind, output in (("nir", "g.nir"), ("sonata", "s.h5"), ("csv", "tables")):
                    self.good("export", "r.h5", "--format", kind, "-o", output, "--force")
                with h5py.File(self.folder / "r.h5") as run, h5py.File(self.folder / "g.nir") as nir:
                    of = [report.attrs["population"] for report in run["report"].values()]
                    self.assertEqual({name: of.count(name) for name in of}, dict.fromkeys(names, 3))
                    tables = [f"report_{name}.csv" for name in run["report"]] + [f"spikes_{name}.csv" for name in names]
                    self.assertEqual({path.name for path in (self.folder / "tables").iterdir()},
                                     {*tables, "training.csv"})
                    with h5py.File(self.folder / "s.h5") as sonata:
                        self.assertEqual(list(sonata["report"]), list(run["report"]))
                    leads_to = {end.decode(): start.decode() for start, end in nir["node/edges"][()]}
                    for i, name in enumerate(names):
                        # the membrane keeps the name, and so does the neurons' node; weights are found by their edge
                        self.assertEqual(run[f"report/{name}"].attrs["population"], name)
                        self.assertEqual(run[f"report/{name}/data"].attrs["long_name"], f"membrane potential of {name}")
                        self.assertEqual(nir[f"node/nodes/{name}/type"][()], b"LIF")
                        weight = nir[f"node/nodes/{leads_to[name]}/weight"][()]
                        self.assertTrue(numpy.array_equal(weight, run[f"populations/{name}/weight"]))
                        self.assertEqual(weight.shape[0], 4 + i)
                    self.assertEqual(nir["node/metadata/title"][()], b"small")
                    self.assertEqual(nir["node/metadata/steps"][()].tolist(), [4])
                    self.assertEqual(nir["node/metadata/dt_ms"][()].tolist(), [1.0])
                for path in (self.folder / "tables").iterdir():
                    path.unlink()

    def test_weights_come_back_bit_by_bit(self):
        run, _ = self.exported("--set", "population.hidden2.bias=false")
        still = ["--set", "learning.rate=1e-30", "--set", "plan.epochs=1", "--set", "population.hidden2.bias=false"]
        from_nir = [argument for name in ("hidden1", "hidden2") for argument in
                    ("--set", f'population.{name}.init={{ kind = "nir", path = "{self.folder}/net.nir", '
                              f'node = "{name if name == "hidden1" else name + "_weights"}" }}')]
        self.good("run", self.model, "-q", "-o", "again.h5", *still, *from_nir)
        with h5py.File(self.folder / "again.h5") as again:
            for name in ("hidden1", "hidden2"):
                for parameter in ("weight", "bias"):
                    if name == "hidden1" or parameter == "weight":
                        path = f"populations/{name}/{parameter}"
                        self.assertTrue(numpy.array_equal(run[path], again[path]), path)
            self.assertTrue(numpy.array_equal(run["evaluation/test/goodness"], again["evaluation/test/goodness"]))

    def test_graphs_that_do_not_fit_are_refused(self):
        self.exported()

        def init(words):
            return ["run", self.model, "-q", "-o", "other.h5", "--set", f"population.hidden1.init={{ kind = \"nir\", "
                    f"path = \"{self.folder}/{words} }}"]
        self.refused(5, *init('net.nir"'), "--set", "population.hidden1.beta=0.8",
                     says=["hidden1", "decay", "0.9", "beta = 0.9"])
        self.refused(5, *init('net.nir"'), "--set", "population.hidden1.threshold=2", says=["v_threshold", "is 1"])
        self.refused(5, *init('net.nir"'), "--set", "population.hidden1={ neuron = \"relu\", size = 20, init = "
                     f'{{ kind = "nir", path = "{self.folder}/net.nir" }} }}', says=["LIF", "relu"])
        self.refused(5, *init('net.nir"'), "--set", "population.hidden1.size=21", says=["[20]", "[21]"])
        self.refused(5, *init('net.nir", node = "nobody"'), says=["nobody", "hidden1_weights"])
        self.refused(5, *init('net.nir", node = "output"'), says=["Output", "Affine"])
        self.refused(5, *init('run.h5"'), says=["no NIR graph"])
        self.refused(4, *init('small.toml"'), says=["small.toml"])
        broken = self.write("broken.nir", (self.folder / "net.nir").read_bytes())
        with h5py.File(broken, "r+") as nir:
            nir["node/nodes/hidden1_weights/weight"][3, 5] = numpy.nan
        self.refused(5, *init('broken.nir"'), says=["weight", "finite"])

    def test_graphs_of_others_compute_what_nir_defines(self):
        # one to three layers, LIF and IF, against Euler's steps of the graph in float64
        for seed, kinds in ((1, ["LIF"]), (2, ["LIF", "IF"]), (3, ["IF", "LIF", "LIF"]), (4, ["LIF", "LIF"])):
            rng, dt, n_steps = numpy.random.default_rng(seed), 5e-4, 50
            layers, sizes = [], [4] + [5 + k for k in range(len(kinds))]
            for k, kind in enumerate(kinds):
                n = sizes[k + 1]
                layers.append({"type": kind, "weight": rng.normal(0.4, 0.5, (n, sizes[k])), "bias": rng.normal(0.2, 0.1, n),
                               "tau": rng.uniform(3e-3, 2e-2, n), "v_leak": rng.normal(0, 0.3, n) * (kind == "LIF"),
                               "r": rng.uniform(0.5, 3.0, n) * (1.0 if kind == "LIF" else 300.0),
                               "v_threshold": rng.uniform(0.2, 0.6, n), "v_reset": numpy.zeros(n)})
            x = rng.uniform(0, 1, (4, sizes[0])).astype("f4")
            self.write_graph("other.nir", layers)
            with h5py.File(self.folder / "x.h5", "w") as file:
                file["x"], file["y"] = x, numpy.array([0, 1, 0, 1])
            share = [dt / layer["tau"] if layer["type"] == "LIF" else numpy.zeros(len(layer["tau"])) for layer in layers]
            text = ('[data]\nkind = "hdf5"\ntrain = "x.h5"\n[time]\ndt_ms = 0.5\nsteps = 50\n[overlay]\nn_labels = 2\n'
                    '[learning]\nrule = "backprop"\nrate = 1e-30\n[plan]\nepochs = 1\n')
            for k, layer in enumerate(layers):
                text += (f'[population.p{k}]\nneuron = "lif"\nsize = {sizes[k + 1]}\nreset = "zero"\noutput = "spikes"\n'
                         f'beta = {[float(b) for b in 1 - share[k]]}\nthreshold = {layer["v_threshold"].tolist()}\n'
                         f'init = {{ kind = "nir", path = "other.nir", node = "p{k}" }}\n')
            text += '[population.o]\nneuron = "lif"\nsize = 2\n'
            self.good("run", self.write("other.toml", text), "-q", "-o", "other.h5", "--force")
            self.good("trace", "other.h5", "--split", "train", "--labels", "neutral", "--samples", "0", "-o", "other_traces.h5",
                      "--force")
            spikes = numpy.tile(x[0].astype(float), (n_steps, 1))
            with h5py.File(self.folder / "other_traces.h5") as traces:
                for k, layer in enumerate(layers):
                    v, out = numpy.zeros(sizes[k + 1]), []
                    for current in spikes @ layer["weight"].T + layer["bias"]:
                        change = layer["v_leak"] - v + layer["r"] * current
                        v = v + (share[k] * change if layer["type"] == "LIF" else dt * layer["r"] * current)
                        out.append(v > layer["v_threshold"])
                        v = numpy.where(out[-1], layer["v_reset"], v)
                    spikes = numpy.array(out, float)
                    group, found = traces[f"spikes/p{k}"], numpy.zeros_like(spikes)
                    found[numpy.rint(group["timestamps"][:] / 0.5).astype(int), group["node_ids"][:]] = 1
                    self.assertGreater(spikes.sum(), 0)
                    self.assertTrue(numpy.array_equal(found, spikes), (seed, k))

    def write_graph(self, name, layers, more_edges=()):
        text = h5py.string_dtype()
        with h5py.File(self.folder / name, "w") as file:
            file.create_dataset("version", data="1.0.8", dtype=text)
            graph = file.create_group("node")
            graph.create_dataset("type", data="NIRGraph", dtype=text)
            row = ["input"] + [n for k in range(len(layers)) for n in (f"w{k}", f"p{k}")] + ["output"]
            edges = [list(edge) for edge in zip(row, row[1:])] + [list(edge) for edge in more_edges]
            graph.create_dataset("edges", data=numpy.array(edges, object), dtype=text)
            for k, layer in enumerate(layers):
                for node, keys in ((f"w{k}", ("weight", "bias")), (f"p{k}", ("tau", "r", "v_leak", "v_threshold", "v_reset"))):
                    group = graph.create_group(f"nodes/{node}")
                    group.create_dataset("type", data="Affine" if node[0] == "w" else layer["type"], dtype=text)
                    for key in keys:
                        group[key] = layer[key]

    def test_graphs_of_another_kind_are_refused_by_name(self):
        def layer(**other):
            one = numpy.ones(20)
            return {"type": "LIF", "weight": numpy.ones((20, 784)), "bias": 0 * one, "tau": 1e-2 * one, "r": 10 * one,
                    "v_leak": 0 * one, "v_threshold": one, "v_reset": 0 * one, **other}
        take = ["run", self.model, "-q", "-o", "other.h5", "--set", f'population.hidden1.init={{ kind = "nir", '
                f'path = "{self.folder}/g.nir", node = "p0" }}']
        for graph, edges, says in ((layer(), [("p0", "w0")], ["w0", "input, p0"]),
                                   (layer(), [("p0", "p0")], ["p0", "w0, p0"]),
                                   (layer(v_reset=numpy.full(20, 0.5)), [], ["p0", "v_threshold - v_reset", "0.5"]),
                                   (layer(v_reset=numpy.full(20, 1.5)), [], ["p0", "v_reset", "1.5", "every step"]),
                                   (layer(type="CubaLIF"), [], ["p0", "CubaLIF"]),
                                   (layer(type="LI"), [], ["p0", '"LI"']),
                                   (layer(tau=numpy.zeros(20)), [], ["p0", "tau"])):
            self.write_graph("g.nir", [graph], edges)
            self.refused(5, *take, says=says)

    def test_back_propagated_spikes(self):
        self.good("run", self.write("backprop.toml", BACKPROP), "-q", "-o", "run.h5")
        self.good("export", "run.h5", "--format", "nir", "-o", "net.nir")
        with h5py.File(self.folder / "net.nir") as nir:
            self.assertEqual(len(nir["node/edges"]), 5)

    def test_a_step_that_is_none_is_refused(self):
        for dt in ("0", "-1", "nan", "inf", "1e300", "1e-300", "1ms"):
            said = self.refused(2, "export", "run.h5", "--format", "nir", "-o", "n.nir", "--dt", dt, says=f"--dt: {dt} is not")
            self.assertLess(len(said), 120)

    def test_a_run_without_weights_has_no_graph(self):
        self.exported()
        self.good("trace", "run.h5", "-o", "traces.h5")
        self.refused(5, "export", "traces.h5", "--format", "nir", "-o", "other.nir", says="no trained weights")
        self.assertNotIn("other.nir", self.files())
        self.refused(2, "export", "run.h5", "--format", "nir", "-o", "net.nir", says="exists")
        self.good("export", "run.h5", "--format", "nir", "-o", "net.nir", "--force")


class Tables(CliTest):
    def setUp(self):
        super().setUp()
        self.good("run", self.model, "-q", "-o", "run.h5", *RECORDED)
        self.run_file = h5py.File(self.folder / "run.h5", "r")
        self.addCleanup(self.run_file.close)

    def table(self, name):
        with open(self.folder / "tables" / name, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {key: [row[key] for row in rows] for key in rows[0]}

    def test_csv_holds_the_numbers_exactly(self):
        self.good("export", "run.h5", "--format", "csv", "-o", "tables")
        training = self.table("training.csv")
        self.assertEqual(training["epoch"], ["0", "1"])
        self.assertEqual(training["train_error"], ["", ""], "what was not measured is empty")
        for key, series in (("hidden1.loss", "hidden1/loss"), ("hidden2.weight_norm", "hidden2/weight_norm")):
            found = numpy.array(training[key], "float32")
            self.assertTrue(numpy.array_equal(found, self.run_file["training"][series]), key)
        report, frames = self.run_file["report/hidden1"], self.table("report_hidden1.csv")
        self.assertEqual(len(frames["step"]), len(report["data"]))
        for column, unit in enumerate(report["mapping/node_ids"]):
            self.assertTrue(numpy.array_equal(numpy.array(frames[f"unit_{unit}"], "float32"), report["data"][:, column]))
        for index in ("sample", "step", "label", "phase", "epoch"):
            self.assertTrue(numpy.array_equal(numpy.array(frames[index], int), report[index]), index)
        spikes = self.table("spikes_hidden1.csv")
        self.assertTrue(numpy.array_equal(numpy.array(spikes["unit"], int), self.run_file["spikes/hidden1/node_ids"]))
        self.assertTrue(numpy.array_equal(numpy.array(spikes["time_ms"], float),
                                          self.run_file["spikes/hidden1/timestamps"]))
        self.refused(2, "export", "run.h5", "--format", "csv", "-o", "tables", says=["training.csv", "exists"])
        self.good("export", "run.h5", "--format", "csv", "-o", "tables", "--force")
        self.refused(4, "export", "run.h5", "--format", "csv", "-o", "run.h5/tables", says="no folder")

    def test_sonata_alone(self):
        self.good("export", "run.h5", "--format", "sonata", "-o", "sonata.h5")
        with h5py.File(self.folder / "sonata.h5") as sonata:
            self.assertEqual(sorted(sonata), ["report", "spikes"])
            for name in ("magic", "version"):
                self.assertTrue(numpy.array_equal(sonata.attrs[name], self.run_file.attrs[name]), name)
            for name, report in self.run_file["report"].items():
                copy = sonata["report"][name]
                self.assertTrue(numpy.array_equal(copy["data"], report["data"]))
                self.assertTrue(numpy.array_equal(copy["mapping/index_pointers"], report["mapping/index_pointers"]))
                self.assertEqual(dict(copy["data"].attrs)["units"], "1")
                self.assertEqual(copy["data"].dims[1][0], copy["neuron"], "axes lie in the same file")
            self.assertTrue(numpy.array_equal(sonata["spikes/hidden1/node_ids"],
                                              self.run_file["spikes/hidden1/node_ids"]))
        self.good("run", self.model, "-q", "-o", "silent.h5")
        self.refused(5, "export", "silent.h5", "--format", "sonata", "-o", "none.h5", says="nothing was recorded")
        self.assertNotIn("none.h5", self.files())


if __name__ == "__main__":
    unittest.main()
