"""What the world does to a run while it goes on: the disk fills up, folders close or go away, files are in use, the clock
jumps. Each ends in one line that says what is wrong and what would do, with the code the README has, and nothing that
was saved is lost: once it is put right, resume ends with the bits of a run that nothing happened to.

usage: SNNFF_SIM=path/to/snnff-sim harm.py; parts that need root, a mount or faketime are skipped without
"""
import ctypes
import fcntl
import os
import resource
import shutil
import subprocess
import time
import unittest

import h5py

from cut_runs import CutRunTest
from support import SIM

SAVED = ("--checkpoint-every", "40 epochs", "-q")


def limited_to(n_bytes):
    """For a process in which no file may grow past this."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def heed_permissions():
    """For a process of root that is to be refused like any other: takes two rights from what it starts."""
    for right in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        if os.geteuid() == 0 and ctypes.CDLL(None).prctl(24, right, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
            raise OSError("no right to give up a right")


def mount(*arguments):
    return shutil.which("mount") and subprocess.run(["mount", *map(str, arguments)], capture_output=True,
                                                    check=False).returncode == 0


class Harm(CutRunTest):
    def setUp(self):
        super().setUp()
        self.good("run", "long.toml", "-o", "whole.h5", "-q")

    def mounted(self, *arguments):
        """A folder for a file system of its own; skips the test where that is not allowed."""
        place = self.folder / "place"
        place.mkdir()
        if not mount("-t", "tmpfs", *arguments, "tmpfs", place):
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        return place

    def fails(self, done, *says):
        """One line with the place, the reason and what to do."""
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for words in says:
            self.assertIn(words, done.stderr)

    def goes_on(self, run, said):
        """What the message says would do does; where nothing was saved, nothing is left in the way."""
        if "snnff-sim resume" not in said:
            self.assertEqual(self.files_of(run), [], said)
            return False
        with h5py.File(self.folder / run) as file:
            file.visititems(lambda name, item: item[()] if isinstance(item, h5py.Dataset) and item.shape else None)
        self.good("resume", run, "-q")
        self.expect_same(cut=run)
        self.assertEqual(self.files_of(run), [self.folder / run])
        return True

    def files_of(self, run):
        return sorted((self.folder / run).parent.glob(f"{(self.folder / run).name}*"))

    def test_a_full_disk(self):
        place = self.mounted("-o", "size=8m")
        n_all = (self.folder / "whole.h5").stat().st_size
        where = set()
        n_gone_on = 0
        for eighth in range(1, 17):
            ballast = place / "ballast"
            ballast.write_bytes(bytes(8 * 2**20 - eighth * n_all // 8))
            done = self.sim("run", "long.toml", "-o", "place/cut.h5", *SAVED)
            ballast.unlink()
            if done.returncode != 0:
                self.fails(done, "place/cut.h5", "No space left on device")
                where.add(".ckpt" in done.stderr.partition("No space")[0])
                n_gone_on += self.goes_on("place/cut.h5", done.stderr)
            for left in place.iterdir():
                left.unlink()
        self.assertEqual(where, {False, True}, "the run file as well as checkpoints met the end of the disk")
        self.assertGreater(n_gone_on, 3)

    def test_a_file_that_may_not_grow(self):
        """To nothing, to its first epoch, to where the network and evaluations of the end would be."""
        n_all = (self.folder / "whole.h5").stat().st_size
        gone_on = []
        for n_bytes in (500, 5000, n_all // 2, n_all - 60000, n_all - 30000, n_all - 15000, n_all - 5000, n_all - 2500):
            done = self.sim("run", "long.toml", "-o", "cut.h5", *SAVED, preexec_fn=limited_to(n_bytes))
            self.fails(done, "cut.h5", "File too large")
            gone_on.append(self.goes_on("cut.h5", done.stderr))
            for left in self.files_of("cut.h5"):
                left.unlink()
        self.assertEqual(gone_on[:2] + gone_on[3:], [False]*2 + [True]*5)

    def test_a_full_disk_while_a_run_is_taken_up(self):
        self.interrupted()
        before = {f: (self.folder / f).read_bytes() for f in self.files() if f.startswith("cut.h5")}
        for n_bytes in (1000, len(before["cut.h5"]) // 2):  # less than what has to be taken over
            done = self.sim("resume", "cut.h5", "-q", preexec_fn=limited_to(n_bytes))
            self.fails(done, "cut.h5", "File too large")
            self.assertTrue({f: (self.folder / f).read_bytes() for f in before} == before, n_bytes)
        self.goes_on("cut.h5", "snnff-sim resume")

    def test_other_files_on_a_full_disk(self):
        for verb in (("export", "whole.h5", "--format", "nir"), ("export", "whole.h5", "--format", "sonata"),
                     ("trace", "whole.h5")):
            done = self.sim(*verb, "-o", "out", preexec_fn=limited_to(20000))
            # What its time constants belong to is said before.
            done.stderr = "".join(l for l in done.stderr.splitlines(True) if not l.startswith("time constants belong"))
            self.fails(done, "out", "File too large")
            self.assertEqual(self.files_of("out"), [])

    def test_a_folder_that_is_read_only(self):
        place = self.mounted("-o", "size=8m")
        done = self.sim("run", "long.toml", "-o", "place/cut.h5", "-q", "--max-time", "0.05s")
        self.assertEqual(done.returncode, 124, done.stderr)
        self.assertTrue(mount("-o", "remount,ro", place))
        self.refused(4, "resume", "place/cut.h5", says=["place/cut.h5", "Read-only file system"])
        self.refused(4, "run", "long.toml", "-o", "place/new.h5", says=["place/new.h5", "Read-only file system"])
        self.assertTrue(mount("-o", "remount,rw", place))
        self.goes_on("place/cut.h5", "snnff-sim resume")

    def test_a_folder_that_may_not_be_written_any_more(self):
        folder = self.folder / "closed"
        folder.mkdir()
        process = subprocess.Popen([SIM, "run", "long.toml", "-o", "closed/cut.h5", "--checkpoint-every", "0.02s", "-q"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=heed_permissions)
        while process.poll() is None and not (folder / "cut.h5.ckpt.previous").exists():
            time.sleep(0.001)
        folder.chmod(0o555)
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 4, said)
        for words in ("closed/cut.h5.ckpt", "Permission denied", "snnff-sim resume closed/cut.h5"):
            self.assertIn(words, said)
        self.refused(4, "resume", "closed/cut.h5", says=["closed", "Permission denied"], preexec_fn=heed_permissions)
        folder.chmod(0o755)
        self.goes_on("closed/cut.h5", said)

    def test_a_folder_that_is_removed(self):
        for every in ("0.02s", "off"):
            folder = self.folder / "gone"
            folder.mkdir()
            process = self.start("run", "long.toml", "-o", "gone/cut.h5", "-q", "--checkpoint-every", every)
            while process.poll() is None and not (folder / "cut.h5.ckpt").exists() and (
                    every != "off" or not (folder / "cut.h5").exists()):
                time.sleep(0.001)
            for _ in range(1000):
                shutil.rmtree(folder, ignore_errors=True)
                if not folder.exists():
                    break
            self.assertEqual(process.wait(timeout=60), 4)
            said = process.stderr.read()
            self.assertIn("gone/cut.h5", said)
            self.assertNotIn("resume", said)
            self.assertFalse(folder.exists())

    def test_a_run_file_that_is_in_use(self):
        self.interrupted()
        with open(self.folder / "cut.h5", "rb") as reader:  # as HDF5's readers lock what they open
            fcntl.flock(reader, fcntl.LOCK_SH)
            self.refused(4, "resume", "cut.h5", says=["cut.h5: another process is using it", "close it there"])
            self.refused(4, "run", "long.toml", "-o", "cut.h5", "--force", says=["cut.h5: another process is using it"])
        with open(self.folder / "cut.h5", "rb") as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            self.refused(4, "resume", "cut.h5", says=["cut.h5: is being written by another process"])
            self.refused(4, "info", "cut.h5", says=["cut.h5: is being written by another process"])
        self.goes_on("cut.h5", "snnff-sim resume")

    @unittest.skipUnless(shutil.which("faketime"), "no faketime")
    def test_a_clock_that_goes_backwards(self):
        """Intervals are measured by a clock that cannot: checkpoints come and --max-time ends, whatever the date is."""
        clock = self.write("clock", "+0")
        library = subprocess.run(["faketime", "-m", "now", "env"], capture_output=True, text=True, check=True).stdout
        preload = next(line.partition("=")[2] for line in library.splitlines() if line.startswith("LD_PRELOAD="))
        environment = {**os.environ, "LD_PRELOAD": preload, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        process = subprocess.Popen([SIM, "run", "long.toml", "-o", "cut.h5", "--checkpoint-every", "0.05s", "--max-time",
                                    "20s", "-q"], cwd=self.folder, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not (self.folder / "cut.h5.ckpt").exists():
            time.sleep(0.001)
        self.assertIsNone(process.poll())
        self.write("clock", "-3d")
        before = os.stat(self.folder / "cut.h5.ckpt").st_ino
        while process.poll() is None and os.stat(self.folder / "cut.h5.ckpt").st_ino == before:
            time.sleep(0.001)
        self.assertIsNone(process.poll(), "no checkpoint after the clock was set back")
        self.write("clock", "+30d")
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, said)
        self.expect_same()
        with h5py.File(self.folder / "cut.h5") as file:
            self.assertTrue((file["training/seconds"][:] >= 0).all())
            self.assertLess(file["training/seconds"][:].sum(), 60)


def flipped(path, place, bit=3):
    """Flips a bit of a data set's first value, where it lies in the file."""
    with h5py.File(path) as file:
        dataset = file[place]
        at = dataset.id.get_chunk_info(0).byte_offset if dataset.chunks else dataset.id.get_offset()
        at += min(1, dataset.dtype.itemsize - 1)
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)


class Stopped(CutRunTest):
    """Runs that are stopped, and what stands where they left it."""
    def setUp(self):
        super().setUp()
        self.good("run", "long.toml", "-o", "whole.h5", "-q")
        self.good("run", "long.toml", "-o", "cut.h5", "-q", "--set", "plan.epochs=3")

    def begin_anew(self, *more, seconds=0.05):
        done = self.sim("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--max-time", f"{seconds}s", *more)
        self.assertEqual(done.returncode, 124, done.stderr)
        self.assertIn("cut.unfinished.h5.ckpt", self.files())
        return done.stderr

    def test_only_the_file_that_force_met_is_replaced(self):
        self.begin_anew()
        before = {p.name: p.read_bytes() for p in self.folder.glob("cut.unfinished*")}
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["x"] = [1.0]
        self.good("run", "long.toml", "-o", "other.h5", "-q", "--set", "plan.epochs=2")
        self.assertEqual(self.sim("run", "long.toml", "-o", "stopped.h5", "-q", "--max-time", "0.05s").returncode, 124)
        for name in ("data.h5", "other.h5", "stopped.h5", "long.toml"):
            (self.folder / "cut.h5").unlink()
            for end in ("", ".ckpt"):
                if (self.folder / (name + end)).exists():
                    shutil.copy(self.folder / (name + end), self.folder / ("cut.h5" + end))
            for left, content in before.items():
                self.write(left, content)
            done = self.sim("resume", "cut.unfinished.h5", "-q")
            with self.subTest(name):
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("cut.h5 is another file", done.stderr)
                self.assertIn("keeps the name cut.unfinished.h5", done.stderr)
                self.assertTrue((self.folder / "cut.h5").read_bytes() == (self.folder / name).read_bytes())
                self.assertEqual((self.folder / "cut.h5.ckpt").exists(), name == "stopped.h5")
                self.expect_same(cut="cut.unfinished.h5")
                # It is complete, and no attempt that the next may take away.
                self.refused(2, "run", "long.toml", "-o", "cut.h5", "--force", says=["cut.unfinished.h5", "is a complete run"])
            self.remove("cut.h5.ckpt")
            (self.folder / "cut.unfinished.h5").unlink()

    def test_checkpoints_that_outlived_the_moment_of_taking_the_place(self):
        self.begin_anew()
        before = {p.name: p.read_bytes() for p in self.folder.glob("cut.unfinished*.ckpt*")}
        self.good("resume", "cut.unfinished.h5", "-q")
        complete = (self.folder / "cut.h5").read_bytes()
        for ends in ((".ckpt", ".ckpt.previous"), (".ckpt.previous",)):
            for end in ends:  # as where a process was killed before it took them away
                self.write("cut.unfinished.h5" + end, before["cut.unfinished.h5.ckpt"])
            self.refused(4, "resume", "cut.unfinished.h5", says=["is complete and took the place of", "cut.h5"])
            self.assertEqual([name for name in self.files() if name.startswith("cut")], ["cut.h5"])
            self.assertTrue((self.folder / "cut.h5").read_bytes() == complete)

    def test_a_name_that_is_free_is_taken_and_a_link_is_not(self):
        self.begin_anew()
        before = {p.name: p.read_bytes() for p in self.folder.glob("cut.*")}
        (self.folder / "cut.h5").rename(self.folder / "moved.h5")
        (self.folder / "cut.h5").symlink_to("moved.h5")
        self.assertEqual(self.sim("resume", "cut.unfinished.h5", "-q").returncode, 0)
        self.assertTrue((self.folder / "cut.h5").is_symlink())
        (self.folder / "cut.h5").unlink()
        for name, content in before.items():
            if name != "cut.h5":
                self.write(name, content)
        self.good("resume", "cut.unfinished.h5", "-q")
        self.expect_same()
        self.assertEqual([name for name in self.files() if name.startswith("cut")], ["cut.h5"])

    def test_a_second_attempt_leaves_the_first_until_it_has_come_as_far(self):
        self.begin_anew()
        first = {p.name: p.read_bytes() for p in self.folder.glob("cut.unfinished*")}
        endless = ("--set", "plan.epochs=10000000")
        # Killed, or stopped by what is wrong with it, before its first checkpoint: the first attempt is as it was.
        process = self.start("run", "long.toml", "-o", "cut.h5", "--force", "-q", *endless)
        while process.poll() is None and not (self.folder / "cut.unfinished.h5.new").exists():
            time.sleep(0.001)
        time.sleep(0.1)
        process.kill()
        process.wait()
        said = process.stderr.read()
        self.assertIn("cut.unfinished.h5 is there, and is a run that was interrupted after", said)
        self.assertIn("snnff-sim resume cut.unfinished.h5 goes on with it", said)
        self.assertTrue({name: (self.folder / name).read_bytes() for name in first} == first)
        done = self.sim("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--set", "learning.rate=3e38", "--set",
                        "learning.on_divergence=stop")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue({name: (self.folder / name).read_bytes() for name in first} == first)
        process = self.start("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--checkpoint-every", "off", *endless)
        while process.poll() is None and not (self.folder / "cut.unfinished.h5.new").exists():
            time.sleep(0.001)
        time.sleep(0.2)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143)
        self.assertIn("nothing of it is kept", process.stderr.read())
        self.assertTrue({p.name: p.read_bytes() for p in self.folder.glob("cut.unfinished*")} == first)
        # Then the second has its place.
        self.begin_anew("--set", "learning.rate=0.5", "--set", "plan.epochs=10000000", seconds=1)
        self.assertIn("rate = 0.5", self.good("info", "cut.unfinished.h5", "--model"))
        for name, content in first.items():
            self.write(name, content)
        self.good("resume", "cut.unfinished.h5", "-q")
        self.expect_same()

    def test_what_a_stopped_run_holds_is_held_to_its_checkpoint(self):
        """Also where no checksum guards it: of a killed run, chunks that are not full."""
        for how in ("stopped", "killed"):
            self.remove("cut.h5")
            if how == "stopped":
                self.interrupted()
            else:
                process = self.start("run", "long.toml", "-o", "cut.h5", "-q", "--checkpoint-every", "100 epochs")
                previous, seen = self.folder / "cut.h5.ckpt.previous", set()
                # The first one is from before the first epoch.
                while process.poll() is None and len(seen) < 2:
                    if previous.exists():
                        seen.add(previous.stat().st_mtime_ns)
                    time.sleep(0.001)
                process.kill()
                self.assertEqual(process.wait(), -9)
            kept = {p.name: p.read_bytes() for p in self.folder.glob("cut.h5*")}
            with h5py.File(self.folder / "cut.h5") as file:
                self.assertGreater(file["training/hidden1/loss"].size, 0)
            for place in ("training/hidden1/loss", "training/epoch", "training/hidden2/trouble"):
                flipped(self.folder / "cut.h5", place)
                damaged = (self.folder / "cut.h5").read_bytes()
                with self.subTest(how=how, place=place):
                    said = self.sim("resume", "cut.h5", "-q")
                    self.assertEqual(said.returncode, 5, said.stderr)
                    self.assertIn("cut.h5: is damaged: ", said.stderr)
                    self.assertIn("/training", said.stderr)
                    self.assertTrue((self.folder / "cut.h5").read_bytes() == damaged)
                for name, content in kept.items():
                    self.write(name, content)
            self.good("resume", "cut.h5", "-q")
            self.expect_same()

    def test_a_checkpoint_whose_run_is_not_there_gives_way_to_the_one_before(self):
        self.interrupted()
        before = {p.name: p.read_bytes() for p in self.folder.glob("cut.h5*")}
        done = self.sim("resume", "cut.h5", "-q", "--max-time", "0.02s")
        self.assertEqual(done.returncode, 124, done.stderr)
        # As where the run that it took over was lost: its checkpoint stands beside the file from before.
        self.write("cut.h5", before["cut.h5"])
        self.write("cut.h5.ckpt.previous", before["cut.h5.ckpt"])
        done = self.sim("resume", "cut.h5", "-q")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("going on from the checkpoint before", done.stderr)
        self.expect_same()

    def test_a_folder_that_cannot_be_brought_to_disk_costs_nothing(self):
        """A folder of mode 333 cannot be opened, for an ordinary user."""
        self.interrupted()
        self.folder.chmod(0o333)
        self.addCleanup(self.folder.chmod, 0o700)
        try:
            done = subprocess.run([SIM, "resume", "cut.h5", "-q"], cwd=self.folder, capture_output=True, text=True, check=False,
                                  timeout=60, preexec_fn=heed_permissions)
        except subprocess.SubprocessError:
            self.skipTest("no right to give up a right")
        self.folder.chmod(0o700)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("Permission denied", done.stderr)
        self.good("resume", "cut.h5", "-q")
        self.expect_same()

    def test_a_pipe_for_a_checkpoint_is_named(self):
        os.mkfifo(self.folder / "whole.h5.ckpt")
        for verb in (("resume", "whole.h5"), ("run", "long.toml", "-o", "whole.h5", "--force")):
            self.refused(2, *verb, says=["whole.h5.ckpt: is a pipe"])

    def test_a_name_that_a_run_will_take_is_in_use(self):
        process = self.start("run", "long.toml", "-o", "cut.h5", "--force", "-q", "--set", "plan.epochs=10000000")
        while process.poll() is None and not (self.folder / "cut.unfinished.h5").exists():
            time.sleep(0.001)
        time.sleep(0.1)
        old = (self.folder / "cut.h5").read_bytes()
        verbs = (("trace", "whole.h5"), ("export", "whole.h5", "--format", "nir"), ("export", "whole.h5", "--format", "sonata"))
        for output in ("cut.h5", "cut.unfinished.h5.ckpt", "cut.unfinished.h5.ckpt.previous", "cut.unfinished.h5.new"):
            for verb in verbs:
                self.refused(4, *verb, "-o", output, "--force", says=[f"{output}: another process is making a run"])
        self.assertTrue((self.folder / "cut.h5").read_bytes() == old)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143)
        self.assertTrue((self.folder / "cut.h5").read_bytes() == old)
        # What it left is needed to go on with it.
        for verb in verbs:
            self.refused(2, *verb, "-o", "cut.unfinished.h5.ckpt", "--force",
                         says=["is of the run cut.unfinished.h5", "-o names another"])
        self.good("trace", "whole.h5", "-o", "cut.h5", "--force")


if __name__ == "__main__":
    unittest.main()
