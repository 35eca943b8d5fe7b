"""Peak memory of a run is within 20 % of what --dry-run says, for models that take more than 200 MB for different
reasons; what does not fit is refused before it begins.

usage: SNNFF_SIM=path/to/snnff-sim memory.py
"""
import os
import resource
import struct
import subprocess
import unittest

import numpy as np

from support import SIM, CliTest

HEAD = """
seed = 1
[data]
folder = "data"
{data}
[learning]
rule = "{rule}"
{learning}
[plan]
epochs = 1
batch_size = {batch}
{plan}
"""


def write_idx(path, values):
    path.write_bytes(struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes())


class Memory(CliTest):
    def data(self, n_train, n_test=100):
        """Images of 28 x 28 pixels, one in seven of which is not black."""
        folder = self.folder / "data"
        folder.mkdir()
        random = np.random.default_rng(1)
        for split, n in (("train", n_train), ("t10k", n_test)):
            images = random.integers(0, 256, (n, 28, 28), dtype=np.uint8)
            images[random.integers(0, 7, images.shape, dtype=np.uint8) > 0] = 0
            write_idx(folder / f"{split}-images-idx3-ubyte", images)
            write_idx(folder / f"{split}-labels-idx1-ubyte", (np.arange(n) % 10).astype(np.uint8))

    def peak(self, *arguments):
        """The largest resident set of a run, in bytes."""
        with open(self.folder / "stderr", "wb") as stderr:
            process = subprocess.Popen([SIM, *map(str, arguments)], cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=stderr)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, (self.folder / "stderr").read_text(encoding="utf-8"))
        return usage.ru_maxrss*1024

    def as_estimated(self, populations, n_train, batch, data="", rule="forward_forward", plan="", learning="",
                     more=""):
        self.data(n_train)
        model = self.write("model.toml",
                           HEAD.format(data=data, rule=rule, batch=batch, plan=plan, learning=learning)
                           + populations + more)
        threads = ("--threads", 2)
        estimate = self.good_json("run", model, "--dry-run", "--json", *threads)["memory_bytes"]
        peak = self.peak("run", model, "-q", "-o", "run.h5", "--checkpoint-every", "1 epochs", *threads)
        if os.environ.get("SNNFF_SHOW"):
            print(f"{self.id()}: estimate {estimate/1e6:.0f} MB, peak {peak/1e6:.0f} MB, {estimate/peak:.2f}")
        self.assertGreater(peak, 200e6)
        self.assertLess(abs(estimate - peak), 0.2*peak, f"estimate {estimate/1e6:.0f} MB, peak {peak/1e6:.0f} MB")

    def test_what_does_not_fit_is_refused(self):
        self.data(2000)
        model = self.write("model.toml", HEAD.format(data="", rule="forward_forward", batch=2000, plan="",
                                                     learning="")
                           + lif(1000, 1000))
        arguments = ("run", model, "--threads", 2)
        estimate = self.good_json(*arguments, "--dry-run", "--json")["memory_bytes"]
        size = int(0.9*estimate)
        self.refused(3, *arguments, "-q", "-o", "run.h5",
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)),
                     says=["training would take about", "plan.batch_size"])
        self.assertFalse((self.folder / "run.h5").exists())

    def test_many_samples(self):
        self.as_estimated(lif(30), 64000, 1000)

    def test_wide_layers(self):
        self.as_estimated(lif(3000, 3000), 256, 128)

    def test_a_large_batch_with_several_negatives(self):
        self.as_estimated(lif(700, 400), 4000, 4000, more='[negatives]\nkind = "uniform_wrong"\nper_positive = 5\n')

    def test_spike_trains(self):
        self.as_estimated(lif(3000), 256, 256, more='[time]\nsteps = 25\n[encoding]\nkind = "poisson"\n'
                          '[negatives]\nkind = "uniform_wrong"\nper_positive = 6\n')

    def test_back_propagation_through_spike_trains(self):
        populations = '[population.h]\nsize = 4000\noutput = "spikes"\n[population.o]\nsize = 10\noutput = "count"\n'
        self.as_estimated(populations, 256, 128, rule="backprop", more="[time]\nsteps = 50\n")

    def test_back_propagation_through_rates(self):
        populations = "".join(f'[population.h{k}]\nsize = {size}\noutput = "rate"\n'
                              for k, size in enumerate((2000, 2000, 10)))
        self.as_estimated(populations, 4000, 2000, rule="backprop", more="[time]\nsteps = 5\n")

    def test_layers_that_rest(self):
        self.as_estimated(lif(1000, 500), 16000, 500, plan='order = "layer_by_layer"',
                          more='[negatives]\nkind = "uniform_wrong"\nredraw = "once"\n')

    def test_a_read_out_whose_features_are_kept(self):
        self.as_estimated(lif(1000, 1000), 12000, 500, more='[readout]\nkind = "softmax"\nepochs = 1\n'
                          '[prediction]\nby = "head"\n')

    def test_recordings(self):
        self.as_estimated(lif(3000, 2000), 300, 100, more='[time]\nsteps = 300\n[recording]\nsamples = [0, 1, 2, 3]\n'
                          'variables = ["membrane", "spikes", "current"]\nn_neurons = 3000\n')

    def test_recordings_of_spike_trains(self):
        populations = "".join(f'[population.h{k}]\nsize = {size}\noutput = "spikes"\nnormalisation = "none"\n'
                              for k, size in enumerate((3000, 2000)))
        self.as_estimated(populations, 64, 16, more='[time]\nsteps = 64\n[encoding]\nkind = "poisson"\n[recording]\n'
                          'samples = [0, 1]\nvariables = ["membrane", "current"]\nn_neurons = 1000\n')

    def test_separated_phases(self):
        self.as_estimated(lif(1500, 1000), 8000, 8000, plan='phases = "separated"\nphase_updates = 0',
                          learning='loss = "softplus"')

    def test_best_weights(self):
        self.as_estimated(lif(3000, 3000), 356, 128, data="n_validation = 100", plan='keep = "best"',
                          more="[evaluation]\nevery_n_epochs = 1\n")


def lif(*sizes):
    return "".join(f'[population.h{k}]\nneuron = "lif"\nsize = {size}\nmeasure = "rate"\noutput = "rate"\n'
                   'normalisation = "rms"\n' for k, size in enumerate(sizes))


if __name__ == "__main__":
    unittest.main()
