"""The comparison with peers, as far as it goes without them: rows, table, what it says where programs are missing."""
import json
import subprocess
import sys
import unittest
from pathlib import Path

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


class Program(unittest.TestCase):
    def test_a_missing_program_is_named_with_how_to_build_it(self):
        done = subprocess.run([sys.executable, BENCH / "peers", "--bench", "nowhere/snnff-bench"], capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("nowhere/snnff-bench", done.stderr)
        self.assertIn("tools/bench/run --build", done.stderr)


if __name__ == "__main__":
    unittest.main()
