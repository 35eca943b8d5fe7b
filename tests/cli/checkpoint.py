"""A run that was cut goes on as if it had not been: killed, stopped, out of time; checkpoints that are cut, of another
run, of other data."""
import hashlib
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import h5py
import numpy as np

from cut_runs import LONG, CutRunTest
from support import BACKPROP, ROOT, SIM

# Rankings, drop-outs, moved images, a head, the best weights kept: everything that has state of its own.
RICH = LONG.replace('kind = "uniform_wrong"', 'kind = "hard"\npower = 4.0\nevery_n_epochs = 3').replace(
    "n_test = 100", "n_test = 100\nn_validation = 50\nshift_pixels = 1").replace(
    "batch_size = 50", 'batch_size = 50\nkeep = "best"').replace(
    "epochs = 600", "epochs = 60") + """
[evaluation]
every_n_epochs = 4
[readout]
kind = "softmax"
epochs = 2
[prediction]
by = "both"
"""
RICH = RICH.replace("[learning]", "[learning]\ndropout = 0.1")
BY_LAYER = LONG.replace("[plan]", '[plan]\norder = "layer_by_layer"\nepisodes = 2').replace("epochs = 600", "epochs = 30")
MODELS = {"long": LONG, "rich": RICH, "by layer": BY_LAYER, "back-propagation": BACKPROP.replace("epochs = 4", "epochs = 80")}


class Checkpoint(CutRunTest):
    def test_killed_at_any_moment_it_ends_with_the_same_bits(self):
        rng = random.Random(int(os.environ.get("SNNFF_KILL_SEED", "3")))
        n_kills = int(os.environ.get("SNNFF_KILLS", "3"))  # of each model; 50 make the 200 of a release
        for name, text in MODELS.items():
            self.write("long.toml", text)
            started = time.monotonic()
            self.good("run", "long.toml", "-o", "whole.h5", "--force", "-q")
            seconds = time.monotonic() - started
            for kill in range(n_kills):
                with self.subTest(model=name, kill=kill):
                    for left in self.folder.glob("cut.h5*"):
                        left.unlink()
                    self.killed_and_resumed(rng, seconds)
                    self.expect_same()
                    self.assertEqual([f for f in self.files() if f.startswith("cut")], ["cut.h5"])

    def killed_and_resumed(self, rng, seconds):
        """Kills a run, goes on with it, perhaps kills that; its file can be read all the time."""
        code, _ = self.cut(rng.uniform(0, seconds))
        while code != 0 and self.newest_checkpoint():
            self.expect_all_that_was_flushed()
            if rng.random() < 0.5:
                code, _ = self.cut(rng.uniform(0, seconds), verb=("resume", "cut.h5"))
            else:
                self.good("resume", "cut.h5", "-q")
                code = 0

    def newest_checkpoint(self):
        """The one before, where the kill came between two renames; None for a run that is complete."""
        paths = (self.folder / "cut.h5.ckpt", self.folder / "cut.h5.ckpt.previous")
        return next((path for path in paths if path.exists()), None)

    def expect_all_that_was_flushed(self):
        """h5py opens the file without repair and reads every data set; what the checkpoint counts on is there."""
        with h5py.File(self.newest_checkpoint()) as checkpoint, h5py.File(self.folder / "cut.h5") as file:
            self.assertIn(file.attrs["status"], ("running", "interrupted", "complete"))
            sizes = {}
            file.visititems(lambda name, item: sizes.update({name: len(item[()])})
                            if isinstance(item, h5py.Dataset) and item.shape else None)
            counts = checkpoint["state/run/run_file"]
            self.assertGreaterEqual(sizes["training/epoch"], counts["n_epochs"][0])
            for name, n in counts.items():
                kind, _, population = name.partition("_")
                series = {"frames": "report/{}/data", "spikes": "spikes/{}/node_ids"}.get(kind, "").format(population)
                self.assertGreaterEqual(sizes.get(series, n[0]), n[0], name)

    def test_signals_save_and_say_how_to_go_on(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        for how, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGUSR1, 138),
                          (signal.SIGXCPU, 152)):
            for left in self.folder.glob("cut.h5*"):
                left.unlink()
            found, said = self.cut(0.05, how, every="5m")
            self.assertEqual(found, code, said)
            self.assertIn("snnff-sim resume cut.h5", said)
            with h5py.File(self.folder / "cut.h5") as file:
                self.assertEqual(file.attrs["status"], "interrupted")
            self.good("resume", "cut.h5", "-q")
            self.expect_same()

    def test_what_batch_systems_send_again_or_after_their_warning_ends_nothing_at_once(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        for first, then in ((signal.SIGXCPU, signal.SIGXCPU), (signal.SIGHUP, signal.SIGHUP),
                            (signal.SIGUSR1, signal.SIGTERM)):
            self.remove("cut.h5")
            process = self.start("run", "long.toml", "-o", "cut.h5", "-q", "--checkpoint-every", "0.02s")
            while process.poll() is None and not (self.folder / "cut.h5.ckpt").exists():
                time.sleep(0.001)
            process.send_signal(first)
            process.send_signal(then)
            self.assertIn(process.wait(timeout=60), (128 + first, 128 + then))
            with h5py.File(self.folder / "cut.h5") as file:
                self.assertEqual(file.attrs["status"], "interrupted", "closed, not left as it was")
            self.good("resume", "cut.h5", "-q")
            self.expect_same()

    def test_processor_time_that_runs_out_is_seen_before_the_end(self):
        """As `ulimit -t 2` has it: soft and hard limit are the same, and the kernel kills at the second."""
        done = self.sim("run", "long.toml", "-o", "cut.h5", "-q", "--set", "plan.epochs=1000000",
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (2, 2)))
        self.assertEqual(done.returncode, 128 + signal.SIGXCPU, done.stderr)
        self.assertIn("snnff-sim resume cut.h5", done.stderr)
        with h5py.File(self.folder / "cut.h5") as file:
            self.assertEqual(file.attrs["status"], "interrupted")

    def test_a_signal_that_was_ignored_stays_ignored(self):
        for how in (signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU, signal.SIGTERM):
            self.remove("cut.h5")
            process = subprocess.Popen([SIM, "run", "long.toml", "-o", "cut.h5", "--checkpoint-every", "0.02s"],
                                       cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                       preexec_fn=lambda signal_=how: signal.signal(signal_, signal.SIG_IGN))
            while process.poll() is None and not (self.folder / "cut.h5.ckpt").exists():
                time.sleep(0.001)
            process.send_signal(how)
            said = process.communicate(timeout=60)[1]
            self.assertEqual(process.returncode, 0, said)
            self.assertNotIn("stopping", said)

    def test_max_time(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        done = self.sim("run", "long.toml", "-o", "cut.h5", "--max-time", "0.05s")
        self.assertEqual(done.returncode, 124, done.stderr)
        self.assertIn("snnff-sim resume cut.h5", done.stderr)
        self.assertIn("cut.h5.ckpt", self.files())
        # Short parts show that each begins where the one before it ended; later ones grow, so
        # that a slow program ends, too.
        seconds, n_batches, n_parts = 0.001, 0, 1
        while done.returncode == 124:
            with h5py.File(self.folder / "cut.h5.ckpt") as checkpoint:
                before, n_batches = n_batches, checkpoint["state/run/n_batches"][0]
            self.assertGreaterEqual(n_batches, before)
            done = self.sim("resume", "cut.h5", "--max-time", f"{seconds:.4f}s")
            n_parts += 1
            seconds = 0.001 if n_parts < 6 else min(max(0.1, 1.2 * seconds), 10.0)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.expect_same()

    def test_who_watches_may_change(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        for began, goes_on in ((("-q",), ()), ((), ("-q",)), (("-q",), ("--live",)), (("--live",), ("-q",))):
            with self.subTest(began=began, goes_on=goes_on):
                self.remove("cut.h5")
                done = self.sim("run", "long.toml", "-o", "cut.h5", "--max-time", "0.05s", *began)
                self.assertEqual(done.returncode, 124, done.stderr)
                self.good("resume", "cut.h5", *goes_on)
                self.expect_same()

    def test_a_flipped_bit_is_noticed_before_anything_is_believed(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        self.interrupted()
        newest = self.folder / "cut.h5.ckpt"
        kept = {name: (self.folder / name).read_bytes() for name in ("cut.h5", "cut.h5.ckpt", "cut.h5.ckpt.previous")}
        rng = random.Random(5)
        size = len(kept["cut.h5.ckpt"])
        for at in [0, size - 1, size - 40, *(rng.randrange(size) for _ in range(9))]:
            for name, content in kept.items():
                self.write(name, content)
            damaged = bytearray(kept["cut.h5.ckpt"])
            damaged[at] ^= 1 << rng.randrange(8)
            self.write("cut.h5.ckpt", bytes(damaged))
            done = self.sim("resume", "cut.h5", "-q")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("cut.h5.ckpt: is damaged", done.stderr)
            self.assertIn("going on from the checkpoint before", done.stderr)
            self.expect_same()
        for name, content in kept.items():
            self.write(name, content if name == "cut.h5" else content[:99] + bytes([content[99] ^ 4]) + content[100:])
        self.refused(4, "resume", "cut.h5", says=["no checkpoint can be read", "is damaged"])
        self.assertEqual((self.folder / "cut.h5").read_bytes(), kept["cut.h5"])
        self.assertFalse(newest.with_suffix(".new").exists())

    def test_what_a_checkpoint_says_is_held_to_what_is_possible(self):
        """Its last line is the SHA-256 of what stands before it, so that a file that was altered on purpose passes."""
        self.interrupted()
        path, most = self.folder / "cut.h5.ckpt", 2**62
        whole = path.read_bytes()
        line = re.compile(rb"\nSHA-256 of the bytes before this line: ([0-9a-f]{64})\n$")
        found = line.search(whole)
        self.assertEqual(hashlib.sha256(whole[:found.start()]).hexdigest().encode(), found.group(1))
        for name, value in (("stage", -1), ("stage", 2), ("epoch_of_stage", most), ("batch", 5), ("batch", -most),
                            ("epoch", 601), ("n_batches", -1), ("negative_label", 10), ("negative_label", -1)):
            with h5py.File(path, "r") as file:
                at = file["state/run"][name].id.get_offset()
            content = whole[:at] + value.to_bytes(8, "little", signed=True) + whole[at + 8:found.start()]
            self.write(path.name, content + b"\nSHA-256 of the bytes before this line: "
                       + hashlib.sha256(content).hexdigest().encode() + b"\n")
            with self.subTest(name=name, value=value):
                self.refused(5, "resume", "cut.h5", "-q", says=["checkpoint"])
        # One of an earlier version has no such line, and says so by its format.
        self.write(path.name, whole[:found.start()])
        with h5py.File(path, "r+") as file:
            file.attrs["format_version"] = np.uint32(4)
        done = self.sim("resume", "cut.h5", "-q")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("read unchecked", done.stderr)

    def test_what_is_there_stays_until_the_new_run_is_complete(self):
        self.good("run", "long.toml", "-o", "cut.h5", "-q", "--set", "plan.epochs=3")
        old = (self.folder / "cut.h5").read_bytes()
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        for how in (("--max-time", "0.05s"), ("--max-time", "0.05s", "--live")):
            done = self.sim("run", "long.toml", "-o", "cut.h5", "--force", "-q", *how)
            self.assertEqual(done.returncode, 124, done.stderr)
            self.assertIn("snnff-sim resume cut.unfinished.h5", done.stderr)
            self.assertEqual((self.folder / "cut.h5").read_bytes(), old)
        # A run that ends by itself leaves the old one, too.
        self.assertEqual(self.sim("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--set", "learning.rate=3e38",
                                  "--set", "learning.on_divergence=stop").returncode, 1)
        self.assertEqual((self.folder / "cut.h5").read_bytes(), old)
        process = self.start("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--checkpoint-every", "0.02s")
        while process.poll() is None and not (self.folder / "cut.unfinished.h5.ckpt").exists():
            time.sleep(0.001)
        process.kill()
        process.wait()
        self.assertEqual((self.folder / "cut.h5").read_bytes(), old)
        self.good("resume", "cut.unfinished.h5", "-q")
        self.expect_same()
        self.assertEqual([f for f in self.files() if f.startswith("cut")], ["cut.h5"])

    def test_a_file_of_the_users_own_is_not_taken_for_an_unfinished_run(self):
        self.good("run", "long.toml", "-o", "cut.h5", "-q", "--set", "plan.epochs=3")
        for content in (b"my notes", (self.folder / "cut.h5").read_bytes()):
            self.write("cut.unfinished.h5", content)
            self.refused(2, "run", "long.toml", "-o", "cut.h5", "--force", says=["cut.unfinished.h5", "move it"])
            self.assertEqual((self.folder / "cut.unfinished.h5").read_bytes(), content)

    def test_a_checkpoint_that_was_cut_short_gives_way_to_the_one_before(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        self.interrupted()
        newest = self.folder / "cut.h5.ckpt"
        whole = newest.read_bytes()
        self.assertIn("cut.h5.ckpt.previous", self.files())
        for length in (len(whole) // 2, 100, 0):
            shutil.copy(self.folder / "cut.h5", self.folder / "again.h5")
            shutil.copy(self.folder / "cut.h5.ckpt.previous", self.folder / "again.h5.ckpt.previous")
            self.write("again.h5.ckpt", whole[:length])
            done = self.sim("resume", "again.h5", "-q")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("checkpoint before", done.stderr)
            self.expect_same(cut="again.h5")
            os.remove(self.folder / "again.h5")
        self.write("cut.h5.ckpt", whole[:50])
        self.write("cut.h5.ckpt.previous", b"")
        self.refused(4, "resume", "cut.h5", says=["no checkpoint can be read", "cut.h5.ckpt.previous"])

    def test_a_run_file_whose_index_is_damaged_is_read_by_the_one_in_the_checkpoint(self):
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        self.interrupted()
        path = self.folder / "cut.h5"
        content = path.read_bytes()
        damaged = content
        for mark in (b"\x89HDF", b"OHDR", b"OCHK", b"TREE", b"FRHP", b"BTHD", b"GCOL"):
            damaged = damaged.replace(mark, bytes(4))
        self.write("cut.h5", damaged)
        done = self.sim("resume", "cut.h5", "-q")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("index that its checkpoint has", done.stderr)
        self.expect_same()

    def test_a_run_file_that_lost_more_than_its_index_is_refused(self):
        self.interrupted()
        path = self.folder / "cut.h5"
        content = path.read_bytes()
        for what in (content[:len(content) // 2], bytes(len(content)), b"precious"):
            path.write_bytes(what)
            self.refused(4, "resume", "cut.h5", says=["cut.h5: the run that its checkpoint belongs to is not there"])
            self.assertEqual(path.read_bytes(), what)
        path.write_bytes(content)
        self.good("resume", "cut.h5", "-q")

    def test_a_checkpoint_of_another_run_is_refused(self):
        self.interrupted()
        for left in ("cut.h5.ckpt", "cut.h5.ckpt.previous"):
            os.rename(self.folder / left, self.folder / left.replace("cut", "other"))
        self.good("run", "long.toml", "-o", "other.h5.x", "-q", "--set", "learning.rate=0.5", "--set", "plan.epochs=1")
        os.rename(self.folder / "other.h5.x", self.folder / "other.h5")
        self.refused(5, "resume", "other.h5", says=["another run", "learning.rate", "plan.epochs"])
        with h5py.File(self.folder / "other.h5.ckpt", "r+") as checkpoint:
            checkpoint.attrs["format_version"] = 99
        os.remove(self.folder / "other.h5.ckpt.previous")
        self.refused(4, "resume", "other.h5", says=["format 99", "this program knows"])

    def test_changed_data_are_refused(self):
        shutil.copytree(ROOT / "data/mnist-sample", self.folder / "data")
        self.write("long.toml", LONG.replace(f"{ROOT}/data/mnist-sample", str(self.folder / "data")))
        self.interrupted()
        for name in ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
            (self.folder / "data" / name).write_bytes((self.folder / "data" / name).read_bytes() + b"\0" * 0)
        import gzip
        path = self.folder / "data" / "train-labels-idx1-ubyte.gz"
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
        self.refused(5, "resume", "cut.h5", says=["train-labels-idx1-ubyte.gz (train) changed"])
        self.assertIn("cut.h5.ckpt", self.files())

    def test_nothing_to_resume(self):
        self.good("run", "long.toml", "-o", "done.h5", "-q", "--set", "plan.epochs=1")
        self.assertEqual([f for f in self.files() if "ckpt" in f], [])
        self.refused(4, "resume", "done.h5", says=["done.h5: is complete (1 epoch)", "nothing to go on with"])
        self.refused(4, "resume", "nowhere.h5", says=["nowhere.h5: is not there", "not begun", "snnff-sim run"])
        self.refused(4, "resume", "long.toml", says=["is a model", "snnff-sim run long.toml"])
        done = self.sim("run", "long.toml", "-o", "bare.h5", "-q", "--checkpoint-every", "0.02s", "--max-time", "0.1s")
        self.assertEqual(done.returncode, 124, done.stderr)
        self.refused(4, "resume", "bare.h5.ckpt", says=["is a checkpoint", "snnff-sim resume bare.h5\n"])
        for left in self.folder.glob("bare.h5.ckpt*"):
            left.unlink()
        self.refused(4, "resume", "bare.h5", says=["no checkpoint", "was cut before its first", "--force begins it again"])

    def test_run_offers_to_resume_what_was_interrupted(self):
        self.interrupted()
        with h5py.File(self.folder / "cut.h5") as file:
            n = len(file["training/epoch"])
        self.refused(2, "run", "long.toml", "-o", "cut.h5",
                     says=[f"a run that was interrupted after {n} epoch", "snnff-sim resume cut.h5", "--force"])
        self.good("resume", "cut.h5", "-q")
        self.assertNotIn("resume", self.refused(2, "run", "long.toml", "-o", "cut.h5", says="exists already; --force"))

    def test_intervals_that_are_none(self):
        for text in ("5", "m", "-5m", "0 epochs", "1.5 epochs", "5 parsecs", "nan s"):
            self.refused(2, "run", "long.toml", f"--checkpoint-every={text}", says=["--checkpoint-every", "5m"])
        self.refused(2, "run", "long.toml", "--max-time=soon", says=["--max-time", "2h"])


if __name__ == "__main__":
    unittest.main()
