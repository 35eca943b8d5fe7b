"""Under `ulimit -v`, as batch systems set it, a command does its work or ends in one line that says what is missing: it
never hangs, crashes or leaves half a file, on one thread or many, and it can be stopped.

usage: SNNFF_SIM=path/to/snnff-sim tight_memory.py
"""
import resource
import signal
import subprocess
import time
import unittest

import h5py

from support import ROOT, SIM, CliTest

QUICKSTART = ROOT / "models" / "quickstart-lif.toml"


def limited(mebibytes):
    size = mebibytes << 20
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


def least():
    """MiB with which the system loads the program and its libraries: 32 on Debian 12, 38 on Debian 13. With less it is
    the loader that fails, in its own words."""
    return next(limit for limit in range(16, 128, 2) if subprocess.run(
        [SIM, "version"], preexec_fn=limited(limit), capture_output=True, check=False).returncode == 0)


def no_less_than_least(*limits):
    first = least()
    return sorted({max(limit, first) for limit in limits})


class TightMemory(CliTest):
    def ends(self, mebibytes, *arguments):
        """Whether a command succeeds under a limit; otherwise it says in a line that memory is what it lacks."""
        done = self.sim(*arguments, preexec_fn=limited(mebibytes))
        if done.returncode == 0:
            return True
        where = f"{arguments} with {mebibytes} MiB: {done.returncode}, {done.stderr}"
        self.assertIn(done.returncode, (1, 3), where)
        self.assertEqual(done.stderr.count("\n"), 1, where)
        self.assertRegex(done.stderr, "^snnff-sim: .*(memory ran out|would take about|threads cannot be started)", where)
        self.assertEqual(done.stdout, "")
        return False

    def test_a_run_ends_whole_or_in_a_line(self):
        for threads, enough in ((1, 128), (2, 160), (16, 256)):
            for limit in no_less_than_least(40, 44, 48, 56, 64, 80, 96, 128, 160, 192, 256, 1024):
                well = self.ends(limit, "run", QUICKSTART, "-q", "-o", "run.h5", "--set", "plan.epochs=1", "--threads",
                                 threads, "--checkpoint-every", "1 epochs")
                if limit >= enough:
                    self.assertTrue(well, f"{limit} MiB do not suffice for {threads} threads")
                if (self.folder / "run.h5").exists():
                    with h5py.File(self.folder / "run.h5") as file:
                        self.assertEqual(file.attrs["status"], "complete" if well else "interrupted")
                        self.assertEqual(len(file["training/epoch"]), 1)
                    (self.folder / "run.h5").unlink()
                if not well:  # a run that had an epoch may be resumed
                    for path in self.folder.glob("run.h5.ckpt*"):
                        path.unlink()
                self.assertEqual(self.files(), ["small.toml"])

    def test_other_commands_too(self):
        self.good("run", QUICKSTART, "-q", "-o", "run.h5", "--set", "plan.epochs=1")
        limits = no_less_than_least(36, 44, 52, 60, 76, 128)
        for arguments in (("info", "run.h5"), ("eval", "run.h5"), ("compare", "run.h5", "run.h5"),
                          ("validate", QUICKSTART), ("trace", "run.h5", "-o", "traces.h5", "--force")):
            ended_well = [self.ends(limit, *arguments) for limit in limits]
            self.assertEqual(ended_well, sorted(ended_well), arguments)
            self.assertEqual(ended_well[0], False, arguments)
            self.assertEqual(ended_well[-1], True, arguments)

    def test_it_can_be_stopped(self):
        process = subprocess.Popen([SIM, "run", QUICKSTART, "-q", "-o", "run.h5", "--set", "plan.epochs=100000"],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   preexec_fn=limited(293))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 20
        while not (self.folder / "run.h5.ckpt").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=20), 143)

    def test_too_few_files_are_told_before_any_work(self):
        """Or they are enough: a verb that writes says so at once, or ends well, whatever the number."""
        def files(n):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        self.good("run", self.model, "-q", "-o", "run.h5")
        commands = (("run", self.model, "-q", "-o", "a.h5"), ("run", self.model, "-q", "--live", "-o", "b.h5"),
                    ("sweep", self.model, "-q", "--over", "time.steps=1", "-o", "s"), ("trace", "run.h5", "-o", "t.h5"),
                    ("reproduce", "run.h5", "-q"), ("export", "run.h5", "--format", "csv", "-o", "c"),
                    ("export", "run.h5", "--format", "nir", "-o", "n.nir"))
        for command in commands:
            before = self.files()
            for n in range(5, 13):
                done = self.sim(*command, preexec_fn=files(n))
                if done.returncode == 0:
                    break
                self.assertEqual(done.returncode, 4, f"{n}, {command}: {done.stderr}")
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertRegex(done.stderr, rf"8 files have to be open at once, and \d can be .*ulimit -n \d+ would do, here it is {n}")
                self.assertEqual(self.files(), before, command)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
            self.assertLessEqual(n, 12)
        cut = self.sim("run", self.model, "-q", "-o", "cut.h5", "--checkpoint-every", "1 epochs", "--max-time", "0.001s",
                       "--set", "plan.epochs=100000")
        self.assertEqual(cut.returncode, 124, cut.stderr)
        bytes_ = (self.folder / "cut.h5").read_bytes()
        self.refused(4, "resume", "cut.h5", preexec_fn=files(7), says="8 files have to be open at once")
        self.assertEqual((self.folder / "cut.h5").read_bytes(), bytes_)

    def test_too_little_stack_is_told(self):
        for kib in (64, 128, 256, 1024):
            done = self.sim("run", self.model, "-q", "-o", f"{kib}.h5", preexec_fn=lambda kib=kib: resource.setrlimit(
                resource.RLIMIT_STACK, (kib << 10, kib << 10)))
            self.assertEqual(done.returncode, 1 if kib < 256 else 0, done.stderr)
            if kib < 256:
                self.assertEqual(done.stderr, f"snnff-sim: ulimit -s {kib} leaves too little stack; ulimit -s 256 would do\n")

    def test_no_room_for_threads(self):
        """Their stacks are as long as ulimit -s says."""
        done = self.sim("run", self.model, "-q", "-o", "run.h5", "--threads", "4", preexec_fn=lambda: (
            resource.setrlimit(resource.RLIMIT_STACK, (1 << 40, 1 << 40)), limited(4096)()))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("3 of 4 threads cannot be started", done.stderr)
        self.assertIn("--threads 1", done.stderr)
        self.assertEqual(self.files(), ["small.toml"])


if __name__ == "__main__":
    unittest.main()
