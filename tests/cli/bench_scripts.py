"""The benchmarks' scripts, as far as they go without peers and without time: rows, tables, models, what they say
where programs are missing."""
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from support import SIM

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"
sys.path.insert(0, str(BENCH))
import ours  # noqa: E402  (the folder comes first)
import pairs  # noqa: E402
import report  # noqa: E402
import timing  # noqa: E402


class Rows(unittest.TestCase):
    def test_the_ratio_is_the_median_over_pairs_not_of_medians(self):
        # a machine that slows down for a round does so for both sides
        row = report.measured("update", [(1.0, 8.0, 5.0), (10.0, 60.0, 20.0), (2.0, 14.0, 8.0)], mark=7.0,
                              floor_ms=0.5)
        self.assertEqual(row, {"workload": "update", "ours_ms": 2.0, "peer_ms": 14.0, "floor_ms": 0.5, "ratio": 7.0,
                               "mark": 7.0, "met": True, "fastest_peer_ms": 8.0, "fastest_ratio": 4.0})

    def test_a_ratio_below_its_mark_does_not_meet_it(self):
        self.assertFalse(report.measured("update", [(1.0, 6.9)], mark=7.0)["met"])

    def test_a_row_that_was_not_measured_has_the_same_keys(self):
        self.assertEqual(report.not_measured("a", 7.0).keys(), report.measured("a", [(1.0, 1.0)], 7.0).keys())
        self.assertEqual(json.loads(json.dumps(report.not_measured("a", 7.0)))["met"], None)

    def test_table(self):
        rows = [report.measured("update-relu", [(2.5, 20.0, 5.0)], 7.0),
                report.measured("predict", [(1510.4, 3020.8)], 30.0),
                report.not_measured("simulate-lif", 3.0)]
        self.assertEqual(report.table(rows), "\n".join([
            "workload      ours ms  peer ms  peer/ours  mark  met           fastest peer ms  fastest/ours",
            "update-relu       2.5       20          8     7  yes                         5             2",
            "predict          1510     3021          2    30  no                          -             -",
            "simulate-lif        -        -          -     3  not measured                -             -",
        ]))


class Contests(unittest.TestCase):
    def test_each_side_goes_its_fastest_way_in_turns(self):
        calls = []

        def way(name, ms):
            return timing.Way(name, lambda _: calls.append(name) or ms, lambda: ms)
        ours, peer = [way("ours 1", 3.0), way("ours 2", 2.0)], [way("peer 1", 8.0), way("peer 2", 9.0)]
        self.assertEqual(timing.rounds_of(timing.Contest(ours, peer, []), 2), [[2.0, 8.0], [2.0, 8.0]])
        self.assertEqual(calls, ["ours 2", "peer 1"] * 2)
        self.assertEqual(timing.rounds_of(timing.Contest(ours, peer, [way("fastest", 4.0)]), 1), [[2.0, 8.0, 4.0]])


def script(name):
    """A script of tools/bench as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(BENCH / name))
    spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for it
    loader.exec_module(module)
    return module


class Scale(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scale = script("scale")

    def test_every_row_is_a_valid_model_of_the_size_it_says(self):
        sizes = {"steps": "time.steps", "batch": "plan.batch_size", "width": "population.hidden1.size"}
        for study in self.scale.studies():
            for value, network in study.rows.items():
                with self.subTest(study=study.name, value=value), tempfile.TemporaryDirectory() as folder:
                    model = Path(folder, "model.toml")
                    model.write_text(network.model(), encoding="utf-8")
                    done = subprocess.run([SIM, "run", model, "--dry-run", "--json"], capture_output=True, text=True,
                                          check=False, timeout=60)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    if study.name in sizes:
                        key = sizes[study.name].rsplit(".", 1)[1]
                        self.assertIn(f"{key} = {value}\n", json.loads(done.stdout)["model"])

    def test_growth_is_the_exponent_from_row_to_row(self):
        study = self.scale.Study("steps", "steps", {1: 2.0, 10: 2.0, 1000: 200.0})
        self.scale.run = lambda _, seconds: {"update_ms": 0, "epoch_s": seconds, "image_us": 0, "memory_mb": 50}
        self.scale.measure("", study, 1)
        self.assertEqual([row["grows"] for row in study.results], [None, 0.0, 1.0])
        self.assertEqual([row["times_first"] for row in study.results], [1.0, 1.0, 100.0])
        self.assertIn("1000", self.scale.table(study).splitlines()[-1])


class Simulator(unittest.TestCase):
    def test_it_learns_from_what_the_peers_are_given(self):
        # labels over the first ten of 784 inputs, normalisation l2 = x / |x|, one update: its loss is before it
        random = np.random.default_rng(3)
        images = random.uniform(0.0, 1.0, (20, 784)).astype(np.float32)
        images[0, 300] = 1.0  # the largest value, which labels are written with
        labels, wrong = np.arange(20) % 10, (np.arange(20) + 3) % 10
        weight = random.uniform(-0.2, 0.2, (500, 784)).astype(np.float32)
        second = random.uniform(-0.05, 0.05, (500, 500)).astype(np.float32)
        losses, learnt = ours.Simulator(SIM, "tutorial-relu.toml").learn(
            images, labels.astype(np.int32), wrong.astype(np.int32),
            {"hidden1": {"weight": weight}, "hidden2": {"weight": second}},
            {"plan.epochs": 1, "learning.loss": '{ kind = "softplus", theta = 0.05 }'})

        def goodness(of):
            x = images.astype(np.float64)
            x[:, :10] = 0.0
            x[np.arange(20), of] = 1.0
            x /= np.linalg.norm(x, axis=1, keepdims=True)
            return np.mean(np.square(np.maximum(x @ weight.astype(np.float64).T, 0.0)), axis=1)
        expected = np.mean(np.logaddexp(0.0, np.concatenate((0.05 - goodness(labels), goodness(wrong) - 0.05))))
        self.assertAlmostEqual(losses["hidden1"][0] / expected, 1.0, delta=1e-6)
        self.assertEqual(learnt["hidden1"]["weight"].shape, weight.shape)
        self.assertGreater(np.max(np.abs(learnt["hidden1"]["weight"] - weight)), 0.02)  # Adam's first step: the rate


class Against(unittest.TestCase):
    """Two programs that answer as snnff-bench does, with times that are given."""

    ANSWERS = """#!{python}
import json, os, sys
names, turns, folder = json.loads({names!r}), json.loads({turns!r}), {folder!r}
if sys.argv[1:] != ["serve"]:
    sys.exit(2)
for line in sys.stdin:
    verb, *words = line.split()
    if verb == "names" and names is not None:
        answer = names
    elif verb == "list":
        answer = [{{"name": name}} for name in turns]
    elif verb == "threads":
        answer = {{"threads": int(words[0])}}
    elif verb == "time" and words[0] in turns:
        # one after the other of the times given, process by process
        count = os.path.join(folder, words[0])
        n = os.path.getsize(count) if os.path.exists(count) else 0
        times = turns[words[0]]
        ms = times[(n - 1) % len(times)] if n else times[0]
        with open(count, "a") as out:
            out.write(".")
        answer = {{"error": "broken"}} if ms is None else {{"ms": 2*ms, "shortest_ms": ms, "n": 3}}
    else:
        answer = {{"error": 'no workload "' + (words or [verb])[0] + '"'}}
    print(json.dumps(answer), flush=True)
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def program(self, name, turns, names=None):
        folder = Path(self.folder.name, name)
        folder.mkdir()
        path = folder / "snnff-bench"
        path.write_text(self.ANSWERS.format(python=sys.executable, names=json.dumps(names), turns=json.dumps(turns),
                                            folder=str(folder)), encoding="utf-8")
        path.chmod(0o755)
        return path

    def run_against(self, old, new, *options):
        return subprocess.run([BENCH / "run", "--against", old, "--bench", new, "--pairs", "8", "--seconds", "1e-6",
                               *options], capture_output=True, text=True, check=False, timeout=60)

    def rows(self, old, new, *options):
        done = self.run_against(old, new, "--json", *options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_what_is_beyond_noise_is_told_and_fails_nothing(self):
        # the old program is asked once more than the new one, to see how long its workload takes
        old = self.program("old", {"same": [4.0], "slow": [4.0], "fast": [4.0], "little": [4.0], "noisy": [4.0]})
        new = self.program("new", {"same": [4.0], "slow": [5.0], "fast": [3.0], "little": [4.06],
                                   "noisy": [3.0, 4.8, 4.4, 5.2]})
        told = self.rows(old, new)
        rows = {row["workload"]: row for row in told["workloads"]}
        self.assertEqual({name: (row["ratio"], row["beyond_noise"]) for name, row in rows.items() if name != "noisy"},
                         {"same": (1.0, None), "slow": (1.25, "slower"), "fast": (0.75, "faster"),
                          "little": (1.015, None)})
        self.assertEqual((rows["slow"]["old_ms"], rows["slow"]["new_ms"], rows["slow"]["n_pairs"]), (4.0, 5.0, 8))
        self.assertGreater(rows["noisy"]["ratio"], 1.05)
        self.assertLess(rows["noisy"]["middle_half"][0], rows["noisy"]["middle_half"][1])
        self.assertIsNone(rows["noisy"]["beyond_noise"])  # a quarter of the pairs has the new one faster
        self.assertGreater(rows["same"]["new_peak_mb"], 1.0)

    def test_the_report(self):
        old = self.program("old", {"slow": [4.0], "kept": [2.0], "dropped": [1.0]})
        new = self.program("new", {"kept": [2.0], "slow": [5.0], "added": [1.0]}, ["kept", "slow", "added"])
        done = self.run_against(old, new)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        first = next(i for i, line in enumerate(lines) if line.startswith("workload"))
        self.assertEqual(lines[first].split()[:9],
                         ["workload", "old", "ms", "new", "ms", "new/old", "middle", "half", "beyond"])
        self.assertEqual(lines[first + 1].split()[:8], ["kept", "2.000", "2.000", "1.000", "1.000", "to", "1.000", "-"])
        self.assertEqual(lines[first + 2].split()[:8],
                         ["slow", "4.000", "5.000", "1.250", "1.250", "to", "1.250", "slower"])
        self.assertIn(f"skipped, as {old} does not have them: added", lines)
        self.assertIn(f"skipped, as {new} does not have them: dropped", lines)
        self.assertTrue(lines[-1].startswith("beyond noise: slow slower (1.250)"), lines[-1])
        told = self.rows(old, new, "--only", "kept", "dropped")
        self.assertEqual([row["workload"] for row in told["workloads"]], ["kept"])
        self.assertEqual((told["not_in_old"], told["not_in_new"]), ([], ["dropped"]))

    def test_the_interval_is_that_of_the_sign_test(self):
        # the third smallest and the third largest of 15: 1 - 2·(1 + 15 + 105)/2^15 = 99.26 %
        self.assertEqual([pairs.ranks(n) for n in (8, 10, 11, 15, 20, 30)], [0, 0, 0, 2, 3, 7])

    def test_a_workload_that_fails_fails_the_comparison(self):
        old, new = self.program("old", {"one": [4.0]}), self.program("new", {"one": [None]})
        done = self.run_against(old, new)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(new), done.stderr)
        self.assertIn("broken", done.stderr)

    def test_what_is_no_benchmark_is_refused_with_what_would_do(self):
        new = self.program("new", {"one": [4.0]})
        endless = Path(self.folder.name, "endless")
        endless.write_text("#!/bin/sh\nexec yes\n", encoding="utf-8")
        endless.chmod(0o755)
        for old, words in ((SIM, "does not answer as snnff-bench does"), (endless, "does not answer"),
                           ("nowhere/snnff-bench", "tools/bench/run --build"), (self.folder.name, "no program"),
                           (__file__, "no program")):
            done = self.run_against(old, new)
            self.assertEqual((done.returncode, done.stdout), (4, ""), old)
            self.assertIn(str(old), done.stderr)
            self.assertIn(words, done.stderr)

    def test_options_that_make_no_sense(self):
        bench = self.program("one", {"one": [4.0]})
        for options, words in ((["--only", "two"], "no workload \"two\"; there are one"),
                               (["--pairs", "7"], "--pairs 7 are too few"), (["--seconds", "0"], "--seconds 0.0"),
                               (["--seconds", "nan"], "--seconds nan"), (["--threads", "-1"], "--threads -1")):
            done = self.run_against(bench, bench, *options)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertIn(words, done.stderr)

    def test_help_says_what_can_be_compared(self):
        for options in (["--against", "--help"], ["--against", "nowhere", "-h"]):
            done = subprocess.run([BENCH / "run", *options], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("snnff-sim has no workloads", done.stdout)


class Program(unittest.TestCase):
    def test_a_missing_program_is_named_with_how_to_build_it(self):
        for name, option, program in (("peers", "--bench", "snnff-bench"), ("scale", "--sim", "snnff-sim")):
            done = subprocess.run([sys.executable, BENCH / name, option, f"nowhere/{program}"], capture_output=True,
                                  text=True, check=False, timeout=60)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(f"nowhere/{program}", done.stderr)
            self.assertIn("tools/bench/run --build", done.stderr)

    def test_the_study_of_threads_needs_the_benchmarks_too(self):
        done = subprocess.run([sys.executable, BENCH / "scale", "--sim", SIM, "--bench", "nowhere/snnff-bench", "--only",
                               "depth", "threads"], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
        self.assertIn("nowhere/snnff-bench is not there", done.stderr)


if __name__ == "__main__":
    unittest.main()
