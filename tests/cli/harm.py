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
    """For a process of root that is to be refused like any other: takes CAP_DAC_OVERRIDE from what it starts."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(24, 1, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
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


if __name__ == "__main__":
    unittest.main()
