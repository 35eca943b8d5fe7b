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

    def test_back_propagated_spikes(self):
        self.good("run", self.write("backprop.toml", BACKPROP), "-q", "-o", "run.h5")
        self.good("export", "run.h5", "--format", "nir", "-o", "net.nir")
        with h5py.File(self.folder / "net.nir") as nir:
            self.assertEqual(len(nir["node/edges"]), 5)

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
