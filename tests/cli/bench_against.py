"""The benchmark program beside itself, and what its workloads are: spiking, the same each time, measured in memory."""
import json
import os
import subprocess
import tempfile
import unittest
from array import array
from pathlib import Path

from support import ROOT

RUN = ROOT / "tools" / "bench" / "run"
BENCH = os.environ["SNNFF_BENCH_PROGRAM"]
WEIGHTS_MB = 784 * 500 * 4e-6


def answers(*commands):
    """What the program answers, a command after the other."""
    done = subprocess.run([BENCH, "serve"], input="\n".join(commands) + "\n", capture_output=True, text=True,
                          check=True, timeout=100)
    return [json.loads(line) for line in done.stdout.splitlines()]


class AgainstItself(unittest.TestCase):
    def test_the_report_has_a_row_with_times_ratio_spread_and_memory(self):
        done = subprocess.run([RUN, "--against", BENCH, "--bench", BENCH, "--only", "update-relu-784-500", "--pairs",
                               "8", "--seconds", "0.01", "--threads", "1", "--json"], capture_output=True, text=True,
                              check=False, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = json.loads(done.stdout)
        self.assertEqual((told["not_in_old"], told["not_in_new"]), ([], []))
        [row] = told["workloads"]
        self.assertEqual((row["workload"], row["n_pairs"]), ("update-relu-784-500", 8))
        self.assertGreater(min(row["old_ms"], row["new_ms"]), 0.0)
        low, high = row["middle_half"]
        self.assertTrue(0.0 < low <= row["ratio"] <= high, row)
        self.assertIn(row["beyond_noise"], (None, "slower", "faster"))
        for side in ("old", "new"):  # weights and two moments of Adam at least
            self.assertGreater(row[f"{side}_peak_mb"], 3 * WEIGHTS_MB)
        self.assertIn(row["peak_beyond_noise"], (None, "more", "less"))


class Workloads(unittest.TestCase):
    NEW = ["update-backprop-lif-784-500-10", "update-train-chain-3", "update-dropout", "classifier"]

    def test_each_is_listed_once(self):
        [names] = answers("names")
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(self.NEW), set(names))

    def test_built_anew_they_are_the_same_and_learn(self):
        for name in self.NEW:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                files = answers(*(f"dump {name} {folder}/{i}" for i in (1, 2)))
                self.assertEqual(files[0], files[1])
                for file in files[0]["files"]:
                    self.assertEqual(Path(folder, "1", file).read_bytes(), Path(folder, "2", file).read_bytes())
                losses = array("f", Path(folder, "1", "loss.f32").read_bytes())
                self.assertEqual(len(set(losses)), 3, losses)

    def test_populations_spike_neither_seldom_nor_all_the_time(self):
        for name, n_populations in zip(self.NEW, (2, 3, 2)):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                answers(f"dump {name} {folder}")
                rates = array("f", Path(folder, "rate.f32").read_bytes())
                self.assertEqual(len(rates), n_populations)
                self.assertTrue(all(0.02 < rate < 0.4 for rate in rates), rates)

    def test_memory_is_that_of_a_process_with_one_workload(self):
        peaks = {}
        for name in ("update-relu-784-500", "classifier"):
            done = subprocess.run([BENCH, "--threads", "1", "memory", name], capture_output=True, text=True,
                                  check=True, timeout=100)
            peaks[name] = 1e-6 * json.loads(done.stdout)["peak_bytes"]
        self.assertGreater(peaks["update-relu-784-500"], 3 * WEIGHTS_MB)
        # 5,000 samples of 2,048 features more
        self.assertGreater(peaks["classifier"], 5000 * 2048 * 4e-6)
        self.assertGreater(peaks["classifier"] - peaks["update-relu-784-500"], 20.0)


if __name__ == "__main__":
    unittest.main()
