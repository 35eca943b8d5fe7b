"""What tests of runs that are cut share: a run that is long enough, ways to cut it, and what has to come of it."""
import signal
import time

import h5py
import numpy

from support import SMALL, CliTest

# Enough epochs for half a second, so that there is a middle.
LONG = SMALL.replace("epochs = 2", "epochs = 600") + """
[recording]
variables = ["membrane", "spikes"]
samples = [1, 4]
every_n_epochs = 10
"""


class CutRunTest(CliTest):
    def setUp(self):
        super().setUp()
        self.model = self.write("long.toml", LONG)

    def remove(self, run):
        """A run with all that stands beside it."""
        for left in self.folder.glob(run + "*"):
            left.unlink()

    def cut(self, after, how=signal.SIGKILL, verb=("run", "long.toml", "-o", "cut.h5"), every="0.02s"):
        """Starts a run and stops it `after` seconds, but not before it can be taken up; returns the exit code and
        what it said."""
        process = self.start(*verb, "--checkpoint-every", every)
        began = time.monotonic()
        while process.poll() is None and (time.monotonic() - began < after
                                          or not (self.folder / "cut.h5.ckpt").exists()):
            time.sleep(0.001)
        if process.poll() is None:
            process.send_signal(how)
        return process.wait(timeout=60), process.stderr.read()

    def expect_same(self, whole="whole.h5", cut="cut.h5"):
        with h5py.File(self.folder / whole) as expected, h5py.File(self.folder / cut) as found:
            names = []
            expected.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            for name in names:
                if name.endswith("seconds") or name.startswith("provenance") or expected[name].dtype.kind not in "iuf":
                    continue
                self.assertIn(name, found)
                self.assertTrue(numpy.array_equal(expected[name][()], found[name][()],
                                                  equal_nan=expected[name].dtype.kind == "f"), name)
            self.assertEqual(found.attrs["status"], "complete")
            self.assertEqual(dict(expected["training"].attrs).get("kept_epoch"),
                             dict(found["training"].attrs).get("kept_epoch"))

    def interrupted(self):
        """A run that was stopped early on, its checkpoints by epochs, but not before an epoch is done and there are
        two."""
        for seconds in (0.05, 0.2, 0.8, 3.2, 12.8):
            self.remove("cut.h5")
            done = self.sim("run", "long.toml", "-o", "cut.h5", "--checkpoint-every", "10 epochs",
                            "--max-time", f"{seconds}s")
            self.assertEqual(done.returncode, 124, done.stderr)
            with h5py.File(self.folder / "cut.h5") as file:
                n_epochs = file["training/epoch"].size
            if n_epochs > 0 and "cut.h5.ckpt.previous" in self.files():
                break
        self.assertIn("cut.h5.ckpt", self.files())
