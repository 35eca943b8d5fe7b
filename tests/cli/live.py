"""A run with --live is read while it grows, by HDF5's own means and by tools/watch; what it leaves is what any run
leaves, also where it was killed."""
import os
import pty
import re
import signal
import subprocess
import sys
import time
import unittest

import h5py
import numpy as np

from support import ROOT, SIM, SMALL, CliTest

LONG = SMALL.replace("epochs = 2", "epochs = 1500") + """
[recording]
variables = ["membrane", "spikes"]
samples = [1, 4]
every_n_epochs = 10
[evaluation]
every_n_epochs = 50
"""
WATCH = [sys.executable, str(ROOT / "tools" / "watch")]


def arrays(path):
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and item.shape is not None and not name.endswith("seconds") \
                and not name.startswith("provenance"):
            found[name] = item[()]
    with h5py.File(path) as run:
        run.visititems(take)
        found["attributes"] = {name: {k: str(v) for k, v in run[name].attrs.items() if k != "REFERENCE_LIST"
                                      and k != "DIMENSION_LIST"} for name in ("training", "spikes/hidden1")}
    found.pop("status", None)  # of live files alone
    return found


class Live(CliTest):
    def setUp(self):
        super().setUp()
        self.write("long.toml", LONG)

    def start(self, *arguments, name="run.h5"):
        process = subprocess.Popen([SIM, *arguments, "--quiet"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(lambda: (self.folder / name).exists() and self.n_epochs(name) > 0, process)
        return process

    def wait_for(self, holds, process, seconds=30):
        end = time.monotonic() + seconds
        while not holds():
            self.assertIsNone(process.poll(), "the run ended too early")
            self.assertLess(time.monotonic(), end, "nothing came")
            time.sleep(0.01)

    def n_epochs(self, name="run.h5"):
        try:
            with h5py.File(self.folder / name, swmr=True) as run:
                return len(run["training/epoch"])
        except (OSError, KeyError):
            return 0  # not yet live

    def assert_same(self, one, other):
        a, b = arrays(self.folder / one), arrays(self.folder / other)
        self.assertEqual(a.keys(), b.keys())
        self.assertEqual(a.pop("attributes"), b.pop("attributes"))
        for name in a:
            if np.issubdtype(np.asarray(a[name]).dtype, np.number):
                np.testing.assert_array_equal(a[name], b[name], name)

    def test_one_open_file_sees_the_run_grow(self):
        process = self.start("run", "long.toml", "-o", "run.h5", "--live")
        with h5py.File(self.folder / "run.h5", swmr=True) as run:
            self.assertEqual(run["status"][()], b"running")
            self.assertEqual(run["training"].attrs["n_epochs"], 1500)
            loss, membrane = run["training/hidden1/loss"], run["report/hidden1/data"]
            seen = []

            def grown():
                for dataset in (loss, membrane):
                    dataset.refresh()
                seen.append((len(loss), len(membrane)))
                if len(loss):
                    self.assertTrue(np.isfinite(loss[:]).all())
                return seen[-1][0] > seen[0][0] + 50 and seen[-1][1] > seen[0][1]
            self.wait_for(grown, process)
        self.assertEqual(process.wait(60), 0, process.stderr.read())

    def test_the_file_is_that_of_any_other_run(self):
        short = ("--quiet", "--set", "plan.epochs=30")
        self.good("run", "long.toml", "-o", "live.h5", "--live", *short)
        self.good("run", "long.toml", "-o", "plain.h5", *short)
        self.assert_same("live.h5", "plain.h5")
        with h5py.File(self.folder / "live.h5") as run:
            self.assertEqual((run.attrs["status"], run["status"][()]), ("complete", b"complete"))
        # Byte 11 of the superblock, version 3: the marks of a file that is being written (HDF5 File Format, II.A).
        self.assertEqual((self.folder / "live.h5").read_bytes()[8:12:3], bytes([3, 0]))

    def test_killed_while_it_closes_it_is_read_and_goes_on(self):
        shim, log = self.folder.parent / f"{self.folder.name}.so", self.folder.parent / f"{self.folder.name}.log"
        for path in (shim, log):
            self.addCleanup(path.unlink, missing_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", shim,
                        ROOT / "tests/faults/shim.c", "-ldl"], check=True)
        command = ("run", "long.toml", "-q", "--set", "plan.epochs=6", "-o")
        self.good(*command, "whole.h5")
        faults = {"LD_PRELOAD": str(shim), "FAULT_FOLDER": str(self.folder.resolve())}
        self.good(*command, "cut.h5", "--live", environment={**faults, "FAULT_LOG": str(log)})
        calls = [line.split(" ", 2) for line in log.read_text().splitlines()]
        last_save = max(int(number) for number, name, path in calls if (name, path) == ("rename", "cut.h5.ckpt"))
        ends = [number for number, name, path in calls if int(number) > last_save and path == "cut.h5"
                and name not in ("open", "close")]
        self.assertGreater(len(ends), 100)
        n_cut, step = 0, 1 if "SNNFF_KILLS" in os.environ else 9
        for number in ends[::step] + ends[-4:]:
            for left in self.folder.glob("cut.h5*"):
                left.unlink()
            done = self.sim(*command, "cut.h5", "--live",
                            environment={**faults, "FAULT_AT": number, "FAULT_KIND": "after"})
            if done.returncode == 0 or not (self.folder / "cut.h5.ckpt").exists():
                continue
            n_cut += 1
            self.good("info", "cut.h5")
            self.good("resume", "cut.h5", "-q")
            self.assert_same("cut.h5", "whole.h5")
        self.assertGreater(n_cut, 10)

    def test_killed_it_is_read_and_goes_on(self):
        longer = ("--set", "plan.epochs=4000")
        self.good("run", "long.toml", "-o", "whole.h5", "--quiet", *longer)
        for k in range(int(os.environ.get("SNNFF_KILLS", "3"))):
            name = f"cut{k}.h5"
            process = self.start("run", "long.toml", "-o", name, "--live", "--checkpoint-every", "0.05s", *longer,
                                 name=name)
            self.wait_for(lambda: (self.folder / f"{name}.ckpt").exists(), process)
            time.sleep(np.random.default_rng().uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(), -signal.SIGKILL)
            self.assertGreater(self.n_epochs(name), 0)
            self.assertIn("running", self.good("info", name))
            self.good("resume", name, "--live", "--quiet")
            self.assert_same(name, "whole.h5")

    def test_killed_and_damaged_it_is_read_or_refused_in_time(self):
        process = self.start("run", "long.toml", "-o", "cut.h5", "--live", "--checkpoint-every", "0.05s", "--set",
                             "plan.epochs=100000", name="cut.h5")
        self.wait_for(lambda: (self.folder / "cut.h5.ckpt").exists(), process)
        process.kill()
        process.wait()
        whole = (self.folder / "cut.h5").read_bytes()
        answer = self.good("info", "cut.h5", "--json")
        headers = [found.start() for found in re.finditer(b"OHDR|FRHP|FADB|EAHD|BTHD", whole)]
        self.assertGreater(len(headers), 50)
        damaged = {f"cut at {part}/8": whole[:len(whole)*part//8] for part in (1, 4, 7)}
        for at in np.random.default_rng(5).choice(headers, 12, replace=False):
            flipped = bytearray(whole)
            flipped[at + 9] ^= 1
            damaged[f"a bit at {at}"] = bytes(flipped)
        for what, content in damaged.items():
            self.write("cut.h5", content)
            for verb in (("info", "cut.h5", "--json"), ("resume", "cut.h5", "-q", "--max-time", "0.1s")):
                begun = time.monotonic()
                done = self.sim(*verb)
                self.assertLess(time.monotonic() - begun, 10, f"{verb}: {what}")
                self.assertIn(done.returncode, (0, 4, 5, 124), f"{verb}: {what}: {done.stderr}")
                if verb[0] == "info" and done.returncode == 0:
                    self.assertEqual(done.stdout, answer, what)
            for left in ("cut.h5.new", "cut.h5.cut"):
                (self.folder / left).unlink(missing_ok=True)

    def test_nobody_writes_over_it(self):
        process = self.start("run", "long.toml", "-o", "run.h5", "--live")
        self.refused(4, "run", "small.toml", "-o", "run.h5", "--force", "--quiet", says=["run.h5", "another process"])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 143)
        self.assertIn("interrupted", self.good("info", "run.h5"))
        self.good("resume", "run.h5", "--quiet")

    def watch(self, *arguments, **options):
        return subprocess.run([*WATCH, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              check=False, **options)

    def test_watch_shows_curves(self):
        for live in (["--live"], []):
            process = self.start("run", "long.toml", "-o", "run.h5", *live) if live else subprocess.Popen(
                [SIM, "run", "long.toml", "-o", "run.h5", "--quiet", "--force"], cwd=self.folder,
                stdout=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            done = self.watch("run.h5", "--every", "0.2", "-o", "curves.png")
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stdout.splitlines()
            self.assertIn("complete, epoch 1500 of 1500", lines[-1])
            self.assertEqual((self.folder / "curves.png").read_bytes()[:4], b"\x89PNG")
            process.wait()
        once = self.watch("run.h5", "--once", env={**os.environ, "COLUMNS": "60", "LINES": "30"})
        text = once.stdout.splitlines()
        self.assertTrue(any(line.startswith("loss   hidden1 -") for line in text), once.stdout)
        self.assertTrue(any(line.startswith("error (%)   train") for line in text), once.stdout)
        self.assertTrue(any("\u2801" <= sign <= "\u28ff" for sign in once.stdout), "no curve")
        self.assertLess(max(map(len, text)), 60)

    def test_watch_redraws_a_terminal(self):
        self.good("run", "long.toml", "-o", "run.h5", "--quiet", "--set", "plan.epochs=100")
        ours, theirs = pty.openpty()
        with subprocess.Popen([*WATCH, "run.h5"], cwd=self.folder, stdout=theirs, env={
                **os.environ, "COLUMNS": "70", "LINES": "20", "TERM": "xterm"}) as process:
            self.assertEqual(process.wait(30), 0)
        os.close(theirs)
        shown = os.read(ours, 1 << 16).decode()
        os.close(ours)
        self.assertTrue(shown.startswith("\033[H"), shown[:20])
        self.assertLessEqual(shown.count("\n"), 20)

    def test_watch_says_what_is_wrong(self):
        (self.folder / "text.h5").write_text("no run")
        for arguments, code, word in ((["none.h5"], 4, "none.h5"), (["text.h5"], 4, "text.h5"),
                                      (["run.h5", "--figures", "lost"], 2, "goodness"),
                                      (["run.h5", "--every", "0"], 2, "--every")):
            done = self.watch(*arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
