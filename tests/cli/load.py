"""Large runs: recordings of gigabytes at bounded memory, wide networks, very many epochs, many runs at once. ctest runs
them scaled down to seconds; SNNFF_LOAD=full runs them at full size, which takes some ten minutes, 4 GB of memory and
10 GB of disk, and prints what was measured.

usage: [SNNFF_LOAD=full] SNNFF_SIM=path/to/snnff-sim load.py
"""
import os
import sys
import time
import unittest

import h5py
import numpy

from support import SMALL, CliTest

FULL = os.environ.get("SNNFF_LOAD") == "full"
MIB = 2**20
# Readers of a file that is being written go without the lock that its writer holds.
os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"


def full_or(full, small):
    return full if FULL else small


def resident_bytes(process):
    """Of a running process; 0 where it has ended."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:")), 0)
    except FileNotFoundError:
        return 0


class Load(CliTest):
    def watch(self, process, look=lambda: None):
        """Memory of a run at every look at it, until it has ended well."""
        memory = []
        while process.poll() is None:
            memory.append(resident_bytes(process))
            look()
            time.sleep(0.02)
        self.assertEqual(process.returncode, 0, process.stderr.read())
        return [n for n in memory if n > 0]

    def tell(self, text):
        if FULL:
            print(f"{self.id().rpartition('.')[2]}: {text}", file=sys.stderr)

    def test_a_recording_larger_than_memory_streams_and_can_be_read_meanwhile(self):
        n_steps, n_neurons = full_or((10000, 10000), (1000, 1000))
        samples = list(range(full_or(8, 4)))
        self.write("wide.toml", f"""
{SMALL[:SMALL.index("[time]")]}
[time]
steps = {n_steps}
[population.hidden1]
size = {n_neurons}
[plan]
epochs = 1
batch_size = 20
[recording]
variables = ["membrane"]
samples = {samples}
n_neurons = {n_neurons}
phases = ["positive", "negative"]
""".replace("n_train = 200", "n_train = 20").replace("n_test = 100", "n_test = 10"))
        process = self.start("run", "wide.toml", "-o", "wide.h5", "-q", "--checkpoint-every", "off")
        sizes = [0]

        def look():
            # Every frame that the file says it has is there. Before its first flush there is nothing to open.
            if time.monotonic() < look.next:
                return
            look.next = time.monotonic() + full_or(2.0, 0.05)
            try:
                with h5py.File(self.folder / "wide.h5") as file:
                    data = file["report/hidden1/data"]
                    if len(data) > sizes[-1]:
                        sizes.append(len(data))
                        self.assertEqual(list(file["report/hidden1/step"][sizes[-1] - 3:sizes[-1]] % n_steps),
                                         [(sizes[-1] - k) % n_steps for k in (3, 2, 1)])
                        self.assertTrue(numpy.isfinite(data[sizes[-1] - 1]).all())
                        self.assertTrue(data[sizes[-1] - 1].any())
            except (FileNotFoundError, KeyError, OSError):
                self.assertEqual(len(sizes), 1, "a file that could be read can be read")

        look.next = 0.0
        began = time.monotonic()
        memory = self.watch(process, look)
        seconds = time.monotonic() - began
        n_bytes = (self.folder / "wide.h5").stat().st_size
        with h5py.File(self.folder / "wide.h5") as file:
            data = file["report/hidden1/data"]
            self.assertEqual(data.shape, (2 * len(samples) * n_steps, n_neurons))
        self.tell(f"{n_bytes / 1e9:.2f} GB in {seconds:.0f} s, most memory {max(memory) / 1e6:.0f} MB, "
                  f"read at {len(sizes) - 1} lengths while it grew")
        self.assertGreater(len(sizes), full_or(10, 1))
        self.assertLess(max(memory), full_or(1e9, 3e8))
        if FULL:
            self.assertGreater(n_bytes, 4e9)

    def test_a_wide_network_trains(self):
        width = full_or(8000, 800)
        population = 'neuron = "lif"\nbeta = 0.9\nmeasure = "rate"\noutput = "rate"\nnormalisation = "rms"\n'
        text = SMALL[:SMALL.index("[population")] + "".join(
            f"[population.hidden{k}]\nsize = {width}\n{population}" for k in (1, 2, 3)) + SMALL[SMALL.index("[learning]"):]
        self.write("wide.toml", text)
        began = time.monotonic()
        memory = self.watch(self.start("run", "wide.toml", "-o", "wide.h5", "-q"))
        seconds = time.monotonic() - began
        with h5py.File(self.folder / "wide.h5") as file:
            self.assertEqual(file.attrs["status"], "complete")
            for name in ("hidden1", "hidden2", "hidden3"):
                loss = file[f"training/{name}/loss"][:]
                self.assertTrue(numpy.isfinite(loss).all())
                self.assertLess(loss[-1], loss[0])
                self.assertEqual(file[f"populations/{name}/weight"].shape[0], width)
        self.tell(f"8 updates of {width}-{width}-{width}, evaluated and saved, in {seconds:.0f} s, most memory "
                  f"{max(memory) / 1e9:.2f} GB")

    def test_very_many_epochs_take_no_more_memory_than_many(self):
        n_epochs = full_or(10**6, 60000)
        text = SMALL.replace("epochs = 2", f"epochs = {n_epochs}").replace("n_train = 200", "n_train = 10").replace(
            "n_test = 100", "n_test = 10").replace("size = 20", "size = 2").replace("size = 10", "size = 2").replace(
            "steps = 4", "steps = 1").replace("batch_size = 50", "batch_size = 10")
        self.write("tiny.toml", text)
        began = time.monotonic()
        memory = self.watch(self.start("run", "tiny.toml", "-o", "tiny.h5", "-q", "--threads", "1", "--checkpoint-every",
                                       "30s"))
        seconds = time.monotonic() - began
        with h5py.File(self.folder / "tiny.h5") as file:
            self.assertEqual(len(file["training/epoch"]), n_epochs)
        n = len(memory)
        early, late = max(memory[n // 4:n // 2]), max(memory[n // 2:])  # with the table, which reads all epochs back
        self.tell(f"{n_epochs} epochs in {seconds:.0f} s, most memory {early / 1e6:.1f} MB in the second quarter, "
                  f"{late / 1e6:.1f} MB after it")
        # The index of the run file grows by a node for some hundred thousand epochs of each series.
        self.assertLess(late - early, 4 * MIB)

    def test_many_runs_at_once_in_one_folder(self):
        n_runs = full_or(50, 12)
        self.good("run", self.model, "-o", "alone.h5", "-q")
        processes = [self.start("run", "small.toml", "-o", f"run{k}.h5", "-q", "--threads", "1", "--seed", 3 + k % 2,
                                "--checkpoint-every", "0.02s") for k in range(n_runs)]
        for process in processes:
            process.wait(timeout=600)
            self.assertEqual(process.returncode, 0, process.stderr.read())
        with h5py.File(self.folder / "alone.h5") as alone:
            for k in range(n_runs):
                with h5py.File(self.folder / f"run{k}.h5") as run:
                    self.assertEqual(run.attrs["status"], "complete")
                    same = all(numpy.array_equal(alone[name][()], run[name][()]) for name in
                               ("populations/hidden1/weight", "populations/hidden2/weight", "training/hidden1/loss"))
                    self.assertEqual(same, k % 2 == 0)
        self.assertEqual(self.files(), sorted([f"run{k}.h5" for k in range(n_runs)] + ["alone.h5", "small.toml"]))
        self.tell(f"{n_runs} runs")


if __name__ == "__main__":
    unittest.main()
