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

from support import SIM

BENCH = Path(__file__).resolve().parents[2] / "tools" / "bench"
sys.path.insert(0, str(BENCH))
import report  # noqa: E402  (the folder comes first)
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
