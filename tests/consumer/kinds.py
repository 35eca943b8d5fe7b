"""A program with kinds of its own does all that snnff-sim does, and gives PyTorch's numbers.

The golden files were made with snnTorch's Synaptic and PyTorch's autograd; their `reference` attribute names the
versions.

usage: kinds.py MY_SIM CAPPED_SIM SNNFF_SIM
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np

MY_SIM, CAPPED_SIM, SNNFF_SIM = sys.argv[1:4]
HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"

RATE = """
[data]
kind = "hdf5"
train = "data.h5"
test = "data.h5"
[overlay]
where = "first"
[time]
steps = {steps}
[negatives]
kind = "given"
[learning]
rate = {lr}
goodness = "{goodness}"
loss = {{ kind = "{loss}", theta = {threshold} }}
optimizer = "{optimizer}"
[plan]
epochs = {epochs}
batch_size = 0
[population.layer0]
neuron = "synaptic"
alpha = {synapse_alpha}
beta = {beta}
threshold = {v_threshold}
size = {units}
normalisation = "{normalise}"
measure = "rate"
init = {{ kind = "file", path = "init.h5" }}
"""


def relative(found, expected):
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


class Kinds(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def sim(self, program, *arguments, code=0):
        done = subprocess.run([program, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def train(self):
        """Writes the golden case as a model, runs it and returns what is expected."""
        golden = h5py.File(GOLDEN / "synaptic_rate.h5")
        self.addCleanup(golden.close)
        spec, epochs = json.loads(golden.attrs["spec"]), int(golden.attrs["epochs"])
        with h5py.File(self.folder / "data.h5", "w") as data:
            data["x"], data["y"] = golden["input/images"][:], golden["input/labels"][:]
            data["y_negative"] = golden["input/negative_labels"][:]
        with h5py.File(self.folder / "init.h5", "w") as init:
            for name, values in golden["init/layer0"].items():
                init[f"populations/layer0/{name}"] = values[:]
        text = RATE.format(**spec, epochs=epochs, units=spec["sizes"][1])
        (self.folder / "model.toml").write_text(
            text.replace('where = "first"', f'where = "first"\nn_labels = {spec["n_labels"]}')
        )
        self.sim(MY_SIM, "run", "model.toml", "-q", "-o", "run.h5")
        return golden["expected/layer0"]

    def test_learns_as_pytorch_does(self):
        expected = self.train()
        with h5py.File(self.folder / "run.h5") as run:
            loss = run["training/layer0/loss"][:]
            self.assertLess(np.max(np.abs(loss / expected["loss"][:] - 1.0)), 1e-3)
            self.assertLess(abs(loss[0] / expected["loss"][0] - 1.0), 1e-5)
            for name in ("weight", "bias"):
                found = run[f"populations/layer0/{name}"][:]
                self.assertLess(relative(found, expected[f"final_{name}"][:]), 1e-3, name)

    def test_steps_as_snntorch_does(self):
        """Through the verb trace: an input per unit, weights of one, and a current that varies."""
        with h5py.File(GOLDEN / "synaptic_dynamics.h5") as golden:
            current = golden["current"][:]  # [step, sample, unit]
            decays = {name: golden[name][:] for name in ("alpha", "beta")}
            expected = {name: golden[f"subtract_delayed/{name}"][:] for name in ("membrane", "spikes")}
        n_steps, n_samples, n_units = current.shape
        for name, values in (("constant", current[0]), ("series", np.moveaxis(current, 0, 1))):
            with h5py.File(self.folder / f"{name}.h5", "w") as data:
                data["x"], data["y"] = values, np.zeros(n_samples, dtype="i4")
        with h5py.File(self.folder / "init.h5", "w") as init:
            init["populations/a/weight"] = np.eye(n_units, dtype="f")
            init["populations/a/bias"] = np.zeros(n_units, dtype="f")
        numbers = "\n".join(f"{name} = {[float(value) for value in values]}" for name, values in decays.items())
        (self.folder / "steps.toml").write_text(f"""
data = {{ kind = "hdf5", train = "constant.h5", test = "constant.h5" }}
time.steps = {n_steps}
overlay = {{ kind = "none", n_labels = {n_units} }}
learning = {{ rule = "backprop", rate = 1e-30 }}
plan.epochs = 1
[population.a]
neuron = "synaptic"
size = {n_units}
{numbers}
init = {{ kind = "file", path = "init.h5" }}
""")
        self.sim(MY_SIM, "run", "steps.toml", "-q", "-o", "steps.h5")
        self.sim(MY_SIM, "trace", "steps.h5", "--data", "series.h5", "--samples", f"0:{n_samples}", "-o", "traces.h5")
        with h5py.File(self.folder / "traces.h5") as traces:
            for report, name in (("a", "membrane"), ("a_spikes", "spikes")):
                found = traces[f"report/{report}/data"][:].reshape(n_samples, n_steps, n_units)
                off = np.max(np.abs(np.moveaxis(found, 1, 0) - expected[name]))
                self.assertLess(off, 1e-5 * max(1.0, np.max(np.abs(expected[name]))), name)
        said = self.sim(MY_SIM, "validate", "steps.toml", "--set", 'data.train="series.h5"', code=3)
        self.assertIn('population.a.neuron = "synaptic" has slopes under a constant current only', said)
        self.assertIn("encoding.kind", said)
        # Under a constant current, too, where back-propagation would go through the train that it sends.
        (self.folder / "train.toml").write_text(f"""{(self.folder / "steps.toml").read_text()}output = "spikes"
[population.b]
neuron = "lif"
size = {n_units}
output = "rate"
""")
        said = self.sim(MY_SIM, "validate", "train.toml", code=3)
        self.assertIn('population.a.neuron = "synaptic" has slopes under a constant current only', said)
        self.assertIn('another output than "spikes"', said)

    def test_is_known_to_every_verb(self):
        self.train()
        self.assertIn("decay of the synaptic current per step", self.sim(MY_SIM, "explain", "population.*.alpha"))
        self.assertIn('"synaptic"', self.sim(MY_SIM, "explain", "--schema"))
        self.assertIn("synaptic", self.sim(MY_SIM, "info", "run.h5"))
        self.assertIn("same bits", self.sim(MY_SIM, "reproduce", "run.h5"))
        self.sim(MY_SIM, "trace", "run.h5", "-o", "traces.h5")
        self.sim(MY_SIM, "validate", "model.toml")
        (self.folder / "typing.toml").write_text((self.folder / "model.toml").read_text().replace("alpha", "alhpa"))
        self.assertIn('did you mean "alpha"', self.sim(MY_SIM, "validate", "typing.toml", code=3))

    def test_the_stock_program_says_what_it_does_not_know(self):
        self.train()
        facts = json.loads(self.sim(SNNFF_SIM, "info", "run.h5", "--json"))["provenance"]
        self.assertEqual(facts["kinds_added"], "neuron synaptic, goodness plain_square, projection convolution, surrogate quick, loss telling, "
                         "encoding spike_at, dataset grid")
        said = self.sim(SNNFF_SIM, "eval", "run.h5", code=3)
        self.assertIn("synaptic", said)
        self.assertIn("kinds_added", said)

    def test_a_goodness_is_its_twin_but_for_the_order_of_sums(self):
        self.train()
        model = (self.folder / "model.toml").read_text()
        (self.folder / "plain.toml").write_text(model.replace('goodness = "mean_square"', 'goodness = "plain_square"'))
        self.sim(MY_SIM, "run", "plain.toml", "-q", "--set", "plan.epochs=3")
        self.sim(MY_SIM, "run", "model.toml", "-q", "--set", "plan.epochs=3", "-o", "twin.h5")
        with h5py.File(self.folder / "plain.h5") as plain, h5py.File(self.folder / "twin.h5") as twin:
            for name in ("training/layer0/loss", "populations/layer0/weight", "training/layer0/goodness_positive"):
                self.assertLess(relative(plain[name][:], twin[name][:]), 1e-6, name)

    def same_bits(self, one, other, what):
        with h5py.File(self.folder / one) as a, h5py.File(self.folder / other) as b:
            self.assertEqual(a.attrs["digest"], b.attrs["digest"], what)

    def spikes(self, rule="forward_forward", keys="", keys_above=""):
        """LIF units that learn from labelled columns of a grid, for twins that differ in a word."""
        learns = {
            "forward_forward": """
overlay = { n_labels = 3, where = "appended", value = 1.0 }
learning.loss = { kind = "softplus", theta = 0.3 }""",
            "backprop": """
overlay = { kind = "none", n_labels = 3 }
learning.rule = "backprop\"""",
        }[rule]
        unit = """
neuron = "lif"
threshold = 0.3
surrogate = { kind = "fast_sigmoid", k = 4.0 }"""
        return f"""
data = {{ kind = "grid", side = 12 }}
time.steps = 9
plan = {{ epochs = 3, batch_size = 50 }}{learns}
[population.a]{unit}
size = 40
{keys}
[population.b]{unit}
size = 3
{keys_above}
"""

    def test_a_surrogate_is_its_twin_bit_by_bit(self):
        alone = 'normalisation = "none"'
        for rule, *keys in (("forward_forward",), ("forward_forward", "refractory_steps = 2"),
                            ("forward_forward", 'measure = "membrane_mean"'),
                            ("forward_forward", 'output = "spikes"', alone),
                            ("backprop", 'output = "rate"'), ("backprop", 'output = "spikes"', alone)):
            with self.subTest(rule, keys=keys):
                text = self.spikes(rule, *keys)
                (self.folder / "built_in.toml").write_text(text)
                (self.folder / "outside.toml").write_text(text.replace("fast_sigmoid", "quick"))
                for model in ("built_in", "outside"):
                    self.sim(MY_SIM, "run", f"{model}.toml", "-q", "--force")
                with h5py.File(self.folder / "outside.h5") as run:
                    self.assertGreater(run["training/a/spike_rate"][0], 0.0)
                self.same_bits("built_in.h5", "outside.h5", keys)

    def test_a_loss_is_its_twin_bit_by_bit(self):
        (self.folder / "twin.toml").write_text(text := self.spikes())
        (self.folder / "telling.toml").write_text(text.replace('"softplus"', '"telling"'))
        for model in ("twin", "telling"):
            self.sim(MY_SIM, "run", f"{model}.toml", "-q")
        self.same_bits("twin.h5", "telling.h5", "loss")
        self.assertIn("where good and bad part", self.sim(MY_SIM, "explain", "learning.loss.theta"))

    def test_a_reader_reads_what_a_file_holds(self):
        (self.folder / "twin.toml").write_text(text := self.spikes())
        side = 12
        columns, rows = np.meshgrid(np.arange(side), np.arange(side))
        with h5py.File(self.folder / "grid_file.h5", "w") as data:
            data["x"] = np.stack([columns.ravel(), rows.ravel()], 1).astype("f4") / np.float32(side)
            data["y"] = 3 * columns.ravel() // side
        (self.folder / "file.toml").write_text(text.replace('kind = "grid", side = 12', 'kind = "hdf5", train = "grid_file.h5", '
                                                            'test = "grid_file.h5"'))
        for model in ("twin", "file"):
            self.sim(MY_SIM, "run", f"{model}.toml", "-q")
        self.same_bits("twin.h5", "file.h5", "reader")
        self.assertIn("points of a row", self.sim(MY_SIM, "explain", "data.side"))

    def test_an_encoding_gives_the_spikes_of_a_series(self):
        """Inputs that spike in the step that their value names, and such trains from a file."""
        times = np.random.default_rng(3).integers(0, 9, (60, 5)).astype("f4")
        trains = np.zeros((60, 9, 5), "f4")
        for sample, step_of in enumerate(times):
            trains[sample, step_of.astype(int), np.arange(5)] = 1.0
        for name, values in (("times", times), ("trains", trains)):
            with h5py.File(self.folder / f"{name}_data.h5", "w") as data:
                data["x"], data["y"] = values, np.arange(60) % 3
            text = self.spikes("backprop", 'normalisation = "none"').replace(
                'kind = "grid", side = 12', f'kind = "hdf5", train = "{name}_data.h5", test = "{name}_data.h5"')
            (self.folder / f"{name}.toml").write_text(('encoding.kind = "spike_at"\n' if name == "times" else "") + text)
            self.sim(MY_SIM, "run", f"{name}.toml", "-q")
        with h5py.File(self.folder / "times.h5") as a, h5py.File(self.folder / "trains.h5") as b:
            self.assertGreater(a["training/a/spike_rate"][0], 0.0)
            for array in ("training/b/loss", "populations/a/weight", "populations/b/weight"):
                self.assertEqual(a[array][:].tobytes(), b[array][:].tobytes(), array)

    def convolve(self, case):
        """Writes a golden case of convolutions as a model; returns the file and its keys."""
        golden = h5py.File(GOLDEN / f"{case}.h5")
        self.addCleanup(golden.close)
        spec, epochs = json.loads(golden.attrs["spec"]), int(golden.attrs["epochs"])
        images = golden["input/images"][:]
        with h5py.File(self.folder / "data.h5", "w") as data:
            data["x"], data["y"] = images.reshape(len(images), -1), golden["input/labels"][:]
        sides, populations = [images.shape[2]], ""
        with h5py.File(self.folder / "init.h5", "w") as init:
            for layer, pool in enumerate(spec["pools"]):
                weight = golden[f"init/layer{layer}/weight"][:]
                init[f"populations/layer{layer}/weight"] = weight.reshape(len(weight), -1)
                init[f"populations/layer{layer}/bias"] = golden[f"init/layer{layer}/bias"][:]
                populations += f"""
[population.layer{layer}]
size = {len(weight)}
neuron = "{spec["neuron"]}"
normalisation = "{"rms" if layer == 0 else spec["normalise"]}"
projection = {{ kind = "convolution", channels = {weight.shape[1]}, side = {sides[-1]}, pools = {str(pool == "max").lower()} }}
init = {{ kind = "file", path = "init.h5" }}
"""
                if spec["neuron"] == "lif":
                    populations += f'beta = {spec["beta"]}\nthreshold = {spec["v_threshold"]}\nmeasure = "rate"\n'
                sides.append(sides[-1] // 2 if pool == "max" else sides[-1])
        (self.folder / "conv.toml").write_text(f"""
data = {{ kind = "hdf5", train = "data.h5", test = "data.h5" }}
time.steps = {spec["steps"] if spec["neuron"] == "lif" else 1}
overlay = {{ kind = "none", n_labels = {spec["n_groups"]} }}
evaluation.every_n_epochs = 0
plan = {{ order = "layer_by_layer", epochs = {epochs}, batch_size = 0 }}
[learning]
rate = {spec["lr"]}
goodness = {{ kind = "class_groups", power = {spec["power"]} }}
loss = {{ kind = "class_softmax", alpha = {spec["alpha"]} }}
{populations}""")
        return golden, spec, epochs

    def test_a_convolution_is_pytorchs(self):
        for case in ("groups_conv_relu", "groups_conv_relu_mean", "groups_conv_lif"):
            with self.subTest(case):
                golden, spec, epochs = self.convolve(case)
                self.sim(MY_SIM, "run", "conv.toml", "-q", "--force")
                with h5py.File(self.folder / "conv.h5") as run:
                    for layer in range(2):
                        expected = golden[f"expected/layer{layer}"]
                        loss = run[f"training/layer{layer}/loss"][:][layer * epochs:][:epochs]
                        off = np.abs(loss / expected["loss"][:] - 1.0)
                        # In the last epoch of the second layer of LIF units one spike flips by rounding.
                        self.assertLess(np.max(off[:-1] if spec["neuron"] == "lif" else off), 1e-5)
                        self.assertLess(off[-1], 5e-3)
                        for name in ("weight", "bias"):
                            found = run[f"populations/layer{layer}/{name}"][:]
                            final = expected[f"final_{name}"][:].reshape(found.shape)
                            self.assertLess(relative(found, final), 1e-3, f"{name} {layer}")
                    evidence = run["evaluation/test/goodness"][:]
                    off = np.max(np.abs(evidence - golden["expected/log_probability"][:]))
                    self.assertLess(off, 1e-3)
                    self.assertEqual(run["evaluation/test/prediction"][:].tolist(),
                                     golden["expected/prediction"][:].tolist())

    def test_kinds_from_outside_have_the_same_bits_for_every_variant_of_the_kernels(self):
        """And for any number of threads; what comes of it on every machine is written here."""
        digests = {"groups_conv_relu": "68b7ea5f86504c6f2671dcfb011140fd72e751c546a63ac912c9fd271d7b77c8",
                   "groups_conv_relu_mean": "c1b74753e270b106a4d5ebd6c311c100b015b2ff271d21445a5bcbfa79dd9212",
                   "groups_conv_lif": "f9bdadf8a96471671a8045015f7a6e3db2a6be9a09c6fdae39cc8859b983c4ec",
                   "synaptic_rate": "44c2de5ad7e5caf410f8d764b52f3afb66bab9309ede086b7dca9df67d6a2897"}
        for case, expected in digests.items():
            if case == "synaptic_rate":
                self.train()
                model = "model.toml"
            else:
                self.convolve(case)
                model = "conv.toml"
            for kernels in ("avx512", "avx2", "baseline", "neon"):
                for threads in (1, 2, 3, 7):
                    done = subprocess.run([MY_SIM, "run", model, "-q", "-o", "bits.h5", "--force", "--threads", str(threads)],
                                          cwd=self.folder, capture_output=True, text=True,
                                          env={**os.environ, "SNNFF_KERNELS": kernels})
                    if done.returncode == 2 and "SNNFF_KERNELS" in done.stderr:
                        break  # not on this processor
                    self.assertEqual(done.returncode, 0, done.stderr)
                    with self.subTest(case, kernels=kernels, threads=threads), h5py.File(self.folder / "bits.h5") as run:
                        self.assertEqual(run.attrs["digest"], expected)

    def test_first_gradients_of_a_convolution(self):
        """A step of plain descent at rate 1 takes the gradient from the weights."""
        golden, spec, epochs = self.convolve("groups_conv_relu")
        self.sim(MY_SIM, "run", "conv.toml", "-q", "--set", "learning.optimizer=sgd", "--set", "learning.rate=1.0",
                 "--set", "learning.optimizer.momentum=0.0", "--set", "plan.epochs=1")
        with h5py.File(self.folder / "conv.h5") as run:
            for name in ("weight", "bias"):
                expected = golden[f"expected/layer0/first_{name}_gradient"][:]
                step = golden[f"init/layer0/{name}"][:].reshape(len(expected), -1) - \
                    run[f"populations/layer0/{name}"][:].reshape(len(expected), -1)
                self.assertLess(np.max(np.abs(step - expected.reshape(step.shape))), 1e-5 * np.max(np.abs(expected)) + 1e-7)

    def test_a_convolution_is_known_and_refused_by_its_keys(self):
        self.convolve("groups_conv_relu")
        self.sim(MY_SIM, "run", "conv.toml", "-q", "--threads", "1")
        self.sim(MY_SIM, "run", "conv.toml", "-q", "--threads", "3", "-o", "three.h5")
        self.assertIn("same bits", self.sim(MY_SIM, "reproduce", "conv.h5"))
        with h5py.File(self.folder / "conv.h5") as one, h5py.File(self.folder / "three.h5") as three:
            self.assertEqual(one.attrs["digest"], three.attrs["digest"])
        self.assertRegex(self.sim(MY_SIM, "eval", "conv.h5"), r"error +\d")
        self.assertIn("of a channel, in pixels", self.sim(MY_SIM, "explain", "population.*.projection.side"))
        self.assertIn('(projection = "convolution")', self.sim(MY_SIM, "explain", "convolution"))
        for keys, says in ((["population.layer0.projection.side=7"], "channels = 2 of side = 7 are not 72 inputs"),
                           (["population.layer1.size=7"], "7 are not a multiple of 3"),
                           (['recording.variables=["current"]'], "recording.variables"),
                           (["readout.kind=softmax"], "read-out")):
            options = [word for key in keys for word in ("--set", key)]
            self.assertIn(says, self.sim(MY_SIM, "validate", "conv.toml", *options, code=3))
        self.assertIn("projection", self.sim(MY_SIM, "trace", "conv.h5", "-o", "t.h5", code=3))
        self.assertIn("projection", self.sim(MY_SIM, "export", "conv.h5", "--format", "nir", "-o", "n.nir", code=3))

    def test_readmes_program(self):
        """It is the one that was built here, and a ceiling that is never reached makes it a ReLU, bit by bit."""
        self.assertIn(f"```cpp\n{(HERE / 'capped.cpp').read_text()}```", (HERE.parents[1] / "README.md").read_text())
        random = np.random.default_rng(1)
        with h5py.File(self.folder / "data.h5", "w") as data:
            data["x"], data["y"] = random.random((60, 20), dtype="f"), random.integers(0, 3, 60)
        (self.folder / "relu.toml").write_text("""
data = { kind = "hdf5", train = "data.h5", test = "data.h5" }
time.steps = 1
overlay = { n_labels = 3, where = "first" }
plan = { epochs = 3, batch_size = 10 }
[population.a]
neuron = "relu"
size = 24
[population.b]
neuron = "relu"
size = 9
""")
        self.sim(SNNFF_SIM, "run", "relu.toml", "-q")
        keys = 'neuron = "capped"\nceiling = 1e30'
        text = (self.folder / "relu.toml").read_text()
        (self.folder / "high.toml").write_text(text.replace('neuron = "relu"', keys))
        (self.folder / "low.toml").write_text(text.replace('neuron = "relu"', keys.replace("1e30", "0.05")))
        for name in ("high", "low"):
            self.sim(CAPPED_SIM, "run", f"{name}.toml", "-q")
        with h5py.File(self.folder / "relu.h5") as relu, h5py.File(self.folder / "high.h5") as high, \
                h5py.File(self.folder / "low.h5") as low:
            for array in ("populations/a/weight", "populations/b/weight", "training/b/loss", "evaluation/test/goodness"):
                self.assertEqual(relu[array][:].tobytes(), high[array][:].tobytes(), array)
            self.assertNotEqual(relu["populations/a/weight"][:].tobytes(), low["populations/a/weight"][:].tobytes())
        self.assertIn("the largest activation", self.sim(CAPPED_SIM, "explain", "capped"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
