"""Groups of units that stand for classes, through every verb: what is in the run file, that one look predicts, that runs
are the same bits however they came about, and that plots and exports take them."""
import json
import re
import subprocess
import unittest

import h5py
import numpy as np
import support

GROUPS = f"""
title = "small, groups for classes"
seed = 3
[data]
folder = "{support.ROOT}/data/mnist-sample"
n_train = 300
n_validation = 100
n_test = 100
[time]
steps = 5
[learning]
goodness = {{ kind = "class_groups", power = 1 }}
loss = {{ kind = "class_softmax", alpha = 20.0 }}
rate = 0.003
[population.hidden1]
neuron = "lif"
size = 60
[population.hidden2]
neuron = "relu"
size = 43
normalisation = "group"
[plan]
epochs = 6
batch_size = 50
[evaluation]
every_n_epochs = 2
[recording]
variables = ["membrane", "spikes"]
samples = [0, 3]
n_neurons = 5
"""


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


class ClassGroups(support.CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.write("groups.toml", GROUPS)

    def run_of(self, name="a.h5", *more):
        self.good("run", "groups.toml", "-q", "-o", name, *more)
        return h5py.File(self.folder / name)

    def test_the_run_file_tells_of_classes(self):
        with self.run_of("a.h5", "--set", "plan.epochs=12") as run:
            for split in ("train", "validation", "test"):
                place = run[f"evaluation/{split}"]
                p = np.exp(place["goodness"][:].astype(float))  # of two populations: a product of probabilities
                self.assertTrue((p.sum(axis=1) <= 1 + 1e-6).all())
                self.assertIn("log softmax", place["goodness"].attrs["long_name"])
                self.assertTrue((place["prediction"][:] == place["goodness"][:].argmax(axis=1)).all())
                for name in ("hidden1", "hidden2"):
                    mean = place[name]["mean_goodness"][:]
                    self.assertEqual(mean.shape, (10, 10))
                    own, others = np.trace(mean) / 10, (mean.sum() - np.trace(mean)) / 90
                    self.assertGreater(own, others)
                    self.assertLess(place[name].attrs["error"], 60)
            training = run["training/hidden1"]
            self.assertTrue((training["goodness_positive"][-3:] > training["goodness_negative"][-3:]).all())
            self.assertEqual(training["goodness_positive"].attrs["long_name"],
                             "mean goodness of the samples' own classes")
            self.assertLess(run["evaluation/test"].attrs["error"], 50)
            # One presentation: every input once for the first population, every spike once for the second.
            self.assertEqual(list(run["evaluation/test"].attrs["multiply_accumulates"]), [784 * 60, 0])

    def test_evidence_is_that_of_the_weights_in_the_file(self):
        with self.run_of("a.h5", "--set", "population.hidden1.neuron=relu", "--set", "recording.variables=[]") as run:
            x, n = self.images(), 100
            weight = [run[f"populations/hidden{k}/weight"][:].astype(float) for k in (1, 2)]
            bias = [run[f"populations/hidden{k}/bias"][:].astype(float) for k in (1, 2)]
            group = [np.arange(size) * 10 // size for size in (60, 43)]
            x = x / (np.sqrt((x**2).mean(axis=1, keepdims=True)) + 1e-6)
            total = np.zeros((n, 10))
            for k in range(2):
                r = np.maximum(x @ weight[k].T + bias[k], 0)
                g = np.stack([r[:, group[k] == c].mean(axis=1) for c in range(10)], axis=1)
                evidence = log_softmax(20 * g)
                total += evidence
                place = run[f"evaluation/test/hidden{k + 1}"]
                label = run["evaluation/test/label"][:]
                self.assertAlmostEqual(place.attrs["error"], 100 * (evidence.argmax(axis=1) != label).mean())
                for c in range(10):
                    # single precision, and a group of little variance enlarges its roundings
                    np.testing.assert_allclose(place["mean_goodness"][c], g[label == c].mean(axis=0), rtol=1e-4)
                parts = [r[:, group[k] == c] for c in range(10)]
                x = np.concatenate([(part - part.mean(axis=1, keepdims=True))
                                    / np.sqrt(part.var(axis=1, keepdims=True) + 1e-5) for part in parts], axis=1)
            np.testing.assert_allclose(run["evaluation/test/goodness"][:], total, rtol=1e-4, atol=1e-3)

    def images(self):
        import gzip
        with gzip.open(support.ROOT / "data/mnist-sample/t10k-images-idx3-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, 784 * 100, 16).reshape(100, 784) / 255

    def test_same_bits_for_any_threads_cut_and_gone_on_with_and_reproduced(self):
        self.run_of("a.h5", "--threads", "1").close()
        self.run_of("b.h5", "--threads", "3").close()
        digests = [self.good_json("info", name, "--json")["digest"] for name in ("a.h5", "b.h5")]
        self.assertEqual(digests[0], digests[1])
        longer = ["--set", "plan.epochs=40", "--set", "readout.kind=softmax", "--set", "prediction.by=both"]
        self.good("run", "groups.toml", "-q", "-o", "whole.h5", *longer)
        done = self.sim("run", "groups.toml", "-q", "-o", "cut.h5", "--max-time", "0.02s", *longer)
        self.assertEqual(done.returncode, 124, done.stderr)
        self.sim("resume", "cut.h5", "-q", "--max-time", "0.1s")
        if (self.folder / "cut.h5.ckpt").exists():
            self.good("resume", "cut.h5", "-q")
        self.assertEqual(self.good_json("info", "cut.h5", "--json")["digest"],
                         self.good_json("info", "whole.h5", "--json")["digest"])
        self.assertRegex(self.good("reproduce", "-q", "a.h5", "--threads", "2"), r"same bits: \d+ arrays")

    def test_other_verbs_take_it(self):
        self.run_of().close()
        said = self.good_json("eval", "a.h5", "--json")
        with h5py.File(self.folder / "a.h5") as run:
            self.assertEqual(said["error_percent"], run["evaluation/test"].attrs["error"])
            for name in ("hidden1", "hidden2"):
                self.assertEqual(said["error_percent_per_population"][name],
                                 run[f"evaluation/test/{name}"].attrs["error"])
        self.assertIn("by hidden1 alone: ", self.good("eval", "a.h5"))
        self.assertIn("test, by hidden2 alone: error ", self.good("info", "a.h5"))
        table = self.good("compare", "a.h5")
        self.assertIn("test error, hidden1 alone", table)
        self.good("trace", "a.h5", "-o", "traces.h5", "--samples", "0,3")
        with h5py.File(self.folder / "traces.h5") as traces, h5py.File(self.folder / "a.h5") as run:
            self.assertEqual(set(traces["report/hidden1/phase"][:]), {2})  # neutral: as it is
            steps = run["report/hidden1/data"].shape[0]
            np.testing.assert_array_equal(traces["report/hidden1/data"][:steps, :5], run["report/hidden1/data"][:])
        self.good("export", "a.h5", "--format", "csv", "-o", "tables")
        self.assertIn("goodness_positive", "".join(path.read_text() for path in self.folder.glob("tables/*.csv")))
        self.good("export", "a.h5", "--format", "nir", "-o", "net.nir")
        cells = self.good("sweep", "groups.toml", "-q", "--seeds", "1,2", "--over", "learning.loss.alpha=5,50", "-o", "swept")
        self.assertIn("alpha", cells)

    def test_spike_trains_encodings_and_a_classifier(self):
        for more in (["--set", "encoding.kind=poisson"],
                     ["--set", "population.hidden1.output=spikes", "--set", "population.hidden2.normalisation=none"],
                     ["--set", "readout.kind=softmax", "--set", "prediction.by=both"],
                     ["--set", "readout.kind=softmax", "--set", "prediction.by=head"],
                     ["--set", "prediction.layers=after_first", "--set", "plan.order=layer_by_layer"],
                     ["--set", "plan.order=per_batch", "--set", "plan.updates_per_batch=2"]):
            with self.subTest(more), self.run_of("a.h5", "--force", *more) as run:
                self.assertLess(run["evaluation/test"].attrs["error"], 85)

    def test_report_and_figures(self):
        self.run_of().close()
        for tool, page in ((["report", "a.h5", "-o", "report.html"], "report.html"),
                           (["plot", "a.h5", "--figures", "classes", "-o", "."], "classes.png")):
            done = subprocess.run([support.ROOT / "tools" / tool[0], *tool[1:]], cwd=self.folder, capture_output=True,
                                  text=True, check=False, timeout=100)
            if re.search("is missing; apt-get", done.stderr):
                self.skipTest(done.stderr.strip())
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            content = (self.folder / page).read_bytes()
            self.assertGreater(len(content), 1000)
            if page.endswith("html"):
                text = content.decode()
                self.assertIn("Goodness of each class", text)
                self.assertIn("test error, hidden1 alone", text)

    def test_a_plan_is_told_before_it_is_run(self):
        self.good("run", "groups.toml", "--dry-run")
        said = self.sim("validate", "groups.toml")
        self.assertEqual(said.returncode, 0)
        self.assertIn("\"hidden2\": its 43 units form 10 groups, 7 of 4 and 3 of 5; population.hidden2.size = 40 would",
                      said.stderr)
        self.assertNotIn("hidden1", said.stderr)
        model = self.good("new", "lif", "--groups")
        self.write("new.toml", model)
        self.assertIn("good", self.good("validate", self.write("new.toml", model.replace(
            'folder = "data', f'folder = "{support.ROOT}/data'))))
        for key in ("learning.goodness.power", "learning.loss.alpha", "population.NAME.normalisation"):
            self.assertIn(key.split(".")[-1], self.good("explain", key))
        schema = json.dumps(json.loads(self.good("explain", "--schema")))
        for kind in ("class_groups", "class_softmax", '"group"'):
            self.assertIn(kind, schema)


if __name__ == "__main__":
    unittest.main()
