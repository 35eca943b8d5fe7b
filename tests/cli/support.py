"""What the tests of the command line share: the program, a small model, a folder of one's own."""
import json
import os
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIM = os.environ.get("SNNFF_SIM", str(ROOT / "build" / "release" / "snnff-sim"))

# What tests say that need a browser, Octave or npm, where tools/test --core leaves those out; else nothing.
LEFT_OUT = "left out by tools/test --core" if os.environ.get("SNNFF_TEST_CORE") else None

# A job that a script started in the background passes on that Ctrl-C is ignored, which the program respects.
signal.signal(signal.SIGINT, signal.default_int_handler)

def say_skipped(result, test, reason, add=unittest.TextTestResult.addSkip):
    """A line that tools/test collects: unittest prints "s" and ctest nothing."""
    add(result, test, reason)
    print(f"skipped: {test.id().removeprefix('__main__.')}: {reason}", flush=True)


unittest.TextTestResult.addSkip = say_skipped

SMALL = f"""
title = "small"
seed = 3
[data]
folder = "{ROOT}/data/mnist-sample"
n_train = 200
n_test = 100
[time]
steps = 4
[negatives]
kind = "uniform_wrong"
[population.hidden1]
neuron = "lif"
size = 20
beta = 0.9
measure = "rate"
output = "rate"
normalisation = "rms"
[population.hidden2]
neuron = "relu"
size = 10
[learning]
loss = {{ kind = "swish", alpha = 20.0 }}
[plan]
epochs = 2
batch_size = 50
"""

BACKPROP = f"""
title = "small, back-propagation"
seed = 3
[data]
folder = "{ROOT}/data/mnist-sample"
n_train = 400
n_validation = 50
n_test = 100
[time]
steps = 5
[learning]
rule = "backprop"
rate = 0.005
[population.hidden]
size = 30
output = "spikes"
[population.output]
size = 10
output = "count"
[plan]
epochs = 4
batch_size = 50
[evaluation]
every_n_epochs = 1
[recording]
variables = ["membrane", "spikes"]
samples = [0, 3]
n_neurons = 5
"""


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.model = self.write("small.toml", SMALL)

    def write(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def files(self):
        return sorted(p.name for p in self.folder.rglob("*") if p.is_file())

    def sim(self, *arguments, environment=None, **options):
        """Runs the program without a terminal, in the test's folder."""
        return subprocess.run([SIM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              check=False, timeout=60, env={**os.environ, **(environment or {})}, **options)

    def start(self, *arguments):
        """The program while it runs, its stderr to be read; it ends with the test at the latest."""
        process = subprocess.Popen([SIM, *map(str, arguments)], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def good(self, *arguments, **options):
        """Runs what must succeed; returns its stdout."""
        done = self.sim(*arguments, **options)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done.stdout

    def good_json(self, *arguments, **options):
        return json.loads(self.good(*arguments, **options))

    def refused(self, code, *arguments, says=(), **options):
        """Runs what must be refused: the exit code, nothing on stdout, one line that says why."""
        done = self.sim(*arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stderr or done.stdout}")
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("snnff-sim: "), done.stderr)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(str(word), done.stderr)
        return done.stderr
