"""Losses that are not finite, populations that are dead, saturated or tell nothing apart: named with population and
epoch, kept in the run file, and handled as learning.on_divergence says."""
import unittest

import h5py
import numpy as np

from support import BACKPROP, SMALL, CliTest

NOT_FINITE, DEAD, SATURATED, COLLAPSED = 1, 2, 4, 8
N_EPOCHS = 3

# One sample of 400 is too large for float32 once it is weighted.
SPIKED = """
seed = 1
[data]
kind = "hdf5"
train = "train.h5"
[overlay]
n_labels = 4
where = "appended"
value = 1.0
[time]
steps = 4
[plan]
epochs = 3
batch_size = 50
[population.hidden1]
neuron = "relu"
size = 30
normalisation = "none"
[population.hidden2]
neuron = "relu"
size = 30
"""


class Divergence(CliTest):
    def run_model(self, text, *assignments, code=0):
        self.write("model.toml", text)
        sets = [word for assignment in assignments for word in ("--set", assignment)]
        done = self.sim("run", "model.toml", "-o", "run.h5", "--force", "--quiet", *sets)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def trouble(self, population="hidden1"):
        with h5py.File(self.folder / "run.h5") as run:
            return list(run[f"training/{population}/trouble"][:])

    def write_data(self):
        x = np.random.default_rng(1).random((400, 20), dtype=np.float32)
        label = x[:, :4].argmax(1).astype("int32")
        x[7] = 3e38
        with h5py.File(self.folder / "train.h5", "w") as data:
            data["x"], data["y"] = x, label

    def test_a_loss_that_is_not_finite_ends_a_run(self):
        self.write_data()
        for on_divergence in ("auto", "stop"):
            said = self.run_model(SPIKED, f"learning.on_divergence={on_divergence}", code=1)
            for words in ("epoch 0", "batch ", 'population "hidden1"', "not finite", "learning.rate"):
                self.assertIn(words, said)

    def test_skip_leaves_the_update_out_and_says_so(self):
        self.write_data()
        said = self.run_model(SPIKED, "learning.on_divergence=skip")
        for name in ("hidden1", "hidden2"):
            self.assertEqual(said.count(f'population "{name}": in 1 of its updates the loss was not finite'), 1, said)
            self.assertEqual(self.trouble(name), [NOT_FINITE] * N_EPOCHS)
        with h5py.File(self.folder / "run.h5") as run:
            self.assertTrue(np.isfinite(run["populations/hidden1/weight"][:]).all())
            loss = run["training/hidden1/loss"][:]
            self.assertTrue(np.isfinite(loss).all(), loss)
            self.assertLess(loss[-1], loss[0])
        self.assertIn("trouble: hidden1 not_finite in 3 of 3 epochs, 0 to 2", self.good("info", "run.h5"))

    def test_skip_ends_a_run_whose_weights_are_lost(self):
        said = self.run_model(SMALL, "learning.on_divergence=skip", "learning.rate=1e38", "learning.optimizer=sgd",
                              code=1)
        self.assertIn("neither are the weights", said)

    def test_warn_makes_the_update_all_the_same(self):
        self.write_data()
        said = self.run_model(SPIKED, "learning.on_divergence=warn")
        self.assertIn('warning: run.h5: epoch 0, population "hidden1"', said)
        with h5py.File(self.folder / "run.h5") as run:
            self.assertFalse(np.isfinite(run["populations/hidden1/weight"][:]).all())

    def test_dead_populations(self):
        for text, name in ((SMALL, "hidden1"), (BACKPROP, "hidden")):
            silent = f"population.{name}.threshold=1000.0"
            said = self.run_model(text, silent)
            self.assertEqual(said.count(f'epoch 0, population "{name}": dead'), 1, said)
            self.assertEqual(set(self.trouble(name)), {DEAD})
            (self.folder / "run.h5").unlink()
            said = self.run_model(text, silent, "learning.on_divergence=stop", code=1)
            self.assertIn(f'epoch 0, population "{name}": dead', said)
            self.assertIn("threshold", said)
            with h5py.File(self.folder / "run.h5") as run:  # the epoch is told of, the run is not complete
                self.assertEqual(len(run["training/epoch"]), 1)
                self.assertEqual(run.attrs["status"], "interrupted")

    def test_saturated_populations(self):
        always = ("population.hidden1.threshold=1e-6", "population.hidden1.init={kind='normal_fan_in', gain=0, "
                  "bias='uniform'}", "learning.rate=1e-9", "population.hidden1.measure=membrane_mean")
        self.assertIn("saturated: 1 spikes per unit and step", self.run_model(SMALL, *always))
        self.assertEqual(self.trouble(), [SATURATED | COLLAPSED] * 2)  # without weights there is one answer to all
        # A unit that rests two steps out of three cannot fire more often.
        self.run_model(SMALL, *always, "population.hidden1.refractory_steps=1")
        self.assertEqual(self.trouble()[0] & SATURATED, SATURATED)

    def test_goodness_that_collapses(self):
        said = self.run_model(SMALL, "overlay.value=1e-30")
        self.assertIn('population "hidden1": goodness has collapsed', said)
        self.assertEqual(self.trouble()[0], COLLAPSED)

    def test_a_sound_run_says_nothing(self):
        for text, name in ((SMALL, "hidden1"), (SMALL, "hidden2"), (BACKPROP, "hidden")):
            self.assertEqual(self.run_model(text, "plan.epochs=6"), "")
            self.assertEqual(set(self.trouble(name)), {0})


if __name__ == "__main__":
    unittest.main()
