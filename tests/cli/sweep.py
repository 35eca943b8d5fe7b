"""snnff-sim sweep: the grid, its names and its table; going on after a stop; what fails, and what is refused."""
import json
import signal
import statistics
import subprocess
import time
import tomllib
import unittest

import h5py
import support

TINY = ["--set", "plan.epochs=1", "--set", "data.n_train=100", "--set", "data.n_test=50"]


class SweepTest(support.CliTest):
    def sweep(self, *arguments, **options):
        return self.sim("sweep", self.model, "-o", "grid", *TINY, *arguments, **options)

    def runs(self, *arguments):
        """The grid as JSON; it has to succeed."""
        return self.good_json("sweep", self.model, "-o", "grid", *TINY, "--json", *arguments)["runs"]

    def names(self):
        return sorted(p.name for p in (self.folder / "grid").iterdir())

    def stamps(self):
        return {p.name: p.stat().st_mtime_ns for p in (self.folder / "grid").iterdir()}


class Grid(SweepTest):
    def test_two_by_two_makes_four_runs_and_a_row_each(self):
        done = self.sweep("--over", "learning.goodness=mean_square,sum_square", "--over", "time.steps=1,3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.names(), [f"learning.goodness-{g}--time.steps-{n}.h5"
                                        for g in ("mean_square", "sum_square") for n in (1, 3)])
        table, overlaps = done.stdout.split("\n\n")
        header, _, *rows = table.splitlines()
        for column in ["learning.goodness", "time.steps", "train error", "test error", "spike rate, hidden1",
                       "training time"]:
            self.assertIn(column, header)
        for column in ["validation error", "spike rate, hidden2", "remark"]:  # no run has any
            self.assertNotIn(column, header)
        self.assertEqual([row.split()[:2] for row in rows],
                         [[g, n] for g in ("mean_square", "sum_square") for n in ("1", "3")])
        # 100 samples and a few percent of difference
        self.assertRegex(overlaps, r"(?m)^test error: the 95 % intervals of .* overlap")
        self.assertIn("[3/4] learning.goodness = sum_square, time.steps = 1\n", done.stderr)
        self.assertIn("4 of 4 complete", done.stderr)

    def test_a_cell_is_the_run_that_set_would_make(self):
        runs = self.runs("--over", "time.steps=1,3", "--set", "data.n_validation=40")
        alone = self.good_json("run", self.model, *TINY, "--set", "time.steps=3", "--set", "data.n_validation=40",
                               "-o", "alone.h5", "--json")
        self.assertEqual(runs[1]["settings"], {"time.steps": "3"})
        for figure in ["train_error_percent", "validation_error_percent", "test_error_percent", "spike_rate", "steps"]:
            self.assertEqual(runs[1][figure], alone[figure])
        self.assertIn("The models are the same.", self.good("compare", "alone.h5", runs[1]["run_file"]))
        table = self.sweep("--over", "time.steps=1,3", "--set", "data.n_validation=40").stdout
        self.assertIn("validation error", table)

    def test_commas_inside_of_braces_brackets_and_quotes_part_nothing(self):
        runs = self.runs("--over", 'learning.loss={kind="swish",alpha=20},"softplus", symba', "--over",
                         "population.hidden2.size=2", "--over", "population.hidden2.beta=[0.5,0.9]",
                         "--set", "population.hidden2.neuron=lif", "--over", 'title="a, b"')
        models = [tomllib.loads(self.good("info", run["run_file"], "--model")) for run in runs]
        self.assertEqual([m["learning"]["loss"]["kind"] for m in models], ["swish", "softplus", "symba"])
        self.assertEqual(models[0]["learning"]["loss"]["alpha"], 20)
        for model in models:
            self.assertEqual(model["title"], "a, b")
            self.assertEqual([round(beta, 6) for beta in model["population"]["hidden2"]["beta"]], [0.5, 0.9])

    def test_without_a_folder_it_is_called_after_the_model(self):
        self.good("sweep", self.model, *TINY, "-q", "--over", "learning.goodness=mean_abs")
        self.assertTrue((self.folder / "small-sweep" / "learning.goodness-mean_abs.h5").is_file())


class Names(SweepTest):
    def test_names_are_portable_short_and_different(self):
        long = "x"*300
        self.runs("--over", f'title="a/b","a:b","../{long}1","../{long}2",".","ä"')
        names = self.names()
        self.assertEqual(len(names), 6)
        for name in names:
            self.assertRegex(name, r"\A[A-Za-z0-9][A-Za-z0-9._-]*\.h5\Z")
            self.assertLessEqual(len(name), 123)
        self.assertEqual(sum(name.startswith("title-a-b-") for name in names), 2)
        self.assertEqual(self.files(), sorted([*names, "small.toml"]))  # none outside of the folder

    def test_a_name_does_not_depend_on_the_rest_of_the_grid(self):
        self.runs("--over", 'learning.loss={kind="swish",alpha=20}')
        before = self.stamps()
        again = self.runs("--over", 'learning.loss=symba,{kind="swish",alpha=20}')
        self.assertEqual([run["found"] for run in again], [False, True])
        self.assertEqual(self.stamps() | before, self.stamps())


class Seeds(SweepTest):
    OVER = ["--over", "time.steps=1,3", "--seeds", "1,2,5"]

    def test_a_row_per_setting_has_mean_and_standard_deviation(self):
        runs = self.runs(*self.OVER)
        self.assertEqual([(run["settings"]["time.steps"], run["seed"]) for run in runs],
                         [(n, seed) for n in ("1", "3") for seed in (1, 2, 5)])
        self.assertIn("time.steps-3--seed-5.h5", self.names())
        table = self.sweep(*self.OVER).stdout
        rows = table.split("\n\n")[0].splitlines()[2:]
        self.assertEqual(len(rows), 2)
        for row, part in zip(rows, (runs[:3], runs[3:])):
            for figure in ["train_error_percent", "test_error_percent"]:
                errors = [run[figure] for run in part]
                # digits follow the interval of so few samples; see terminal.py for the interval itself
                self.assertRegex(row, rf"{statistics.mean(errors):.1f} ± {statistics.stdev(errors):.1f} % |"
                                      rf"{statistics.mean(errors):.0f} ± {statistics.stdev(errors):.0f} % ")
        summary = self.good_json("sweep", self.model, "-o", "grid", *TINY, "--json", *self.OVER)["over_seeds"]
        errors = [run["test_error_percent"] for run in runs[3:]]
        self.assertAlmostEqual(summary[1]["test_error_percent"]["mean"], statistics.mean(errors))
        self.assertAlmostEqual(summary[1]["test_error_percent"]["sd"], statistics.stdev(errors))
        self.assertEqual(summary[1]["test_error_percent"]["n"], 3)

    def test_seeds_alone_make_one_row(self):
        done = self.sweep("--seeds", "4,5")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = done.stdout.split("\n\n")[0].splitlines()[2:]
        self.assertEqual([row.split()[0] for row in rows], ["small"])
        self.assertEqual(self.names(), ["seed-4.h5", "seed-5.h5"])
        self.assertEqual(self.good_json("info", "grid/seed-5.h5", "--json")["seed"], 5)


class Resume(SweepTest):
    OVER = ["--over", "time.steps=1,3"]

    def test_complete_runs_are_skipped_and_said_so(self):
        first = self.sweep(*self.OVER)
        before = self.stamps()
        (self.folder / "grid" / "time.steps-3.h5").unlink()
        second = self.sweep(*self.OVER)
        self.assertEqual(second.returncode, 0, second.stderr)
        self.assertIn("[1/2] time.steps = 1: done already, skipped\n[2/2] time.steps = 3\n", second.stderr)
        self.assertEqual(self.stamps()["time.steps-1.h5"], before["time.steps-1.h5"])
        errors = [[line.split()[:4] for line in done.stdout.split("\n\n")[0].splitlines()[2:]] for done in (first, second)]
        self.assertEqual(*errors)

    def test_force_runs_everything_again(self):
        self.sweep(*self.OVER)
        before = self.stamps()
        self.assertEqual(self.sweep(*self.OVER, "--force").returncode, 0)
        for name, stamp in self.stamps().items():
            self.assertGreater(stamp, before[name])

    def test_a_run_of_another_model_is_not_taken_for_done_and_not_replaced(self):
        self.sweep(*self.OVER)
        before = self.stamps()
        self.refused(2, "sweep", self.model, "-o", "grid", *TINY, *self.OVER, "--set", "learning.rate=0.25",
                     says=["time.steps-1.h5", "learning.rate = 0.001", "0.25", "--force"])
        self.assertEqual(self.stamps(), before)
        self.write("grid/time.steps-1.h5", "precious")
        self.refused(2, "sweep", self.model, "-o", "grid", *TINY, *self.OVER, says=["time.steps-1.h5", "--force"])
        self.assertEqual((self.folder / "grid" / "time.steps-1.h5").read_text(), "precious")
        done = self.sweep(*self.OVER, "--set", "learning.rate=0.25", "--force")
        self.assertEqual(done.returncode, 0, done.stderr)

    def second_cell(self):
        """When the files of the cell without an end were written."""
        return {p.name: p.stat().st_mtime_ns for p in self.folder.glob("grid/plan.epochs-1000000*")}

    def start(self, *over):
        """Starts a sweep whose second cell has no end, and waits until that one trains, also where its file is left
        of an earlier call."""
        before = self.second_cell()
        process = subprocess.Popen([support.SIM, "sweep", str(self.model), "-o", "grid", *TINY, *over],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        until = time.monotonic() + 30
        while self.second_cell() == before and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)
        return process

    def test_ctrl_c_keeps_what_is_done_and_the_next_call_goes_on(self):
        over = ["--over", "plan.epochs=1,1000000,2"]
        for first in ["time", "again"]:
            process = self.start(*over)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130, stderr)
            self.assertIn("1 of 3 complete", stderr)
            self.assertEqual("done already" in stderr, first == "again")
            rows = stdout.split("\n\n")[0].splitlines()[2:]
            self.assertTrue(rows[1].endswith("interrupted") and rows[2].endswith("not run"), stdout)
            # What was cut holds nothing that the next call needs.
            self.assertEqual(self.names(), ["plan.epochs-1.h5", "plan.epochs-1000000.h5"])
            status = [self.good_json("info", f"grid/{name}", "--json")["status"] for name in self.names()]
            self.assertEqual(status, ["complete", "interrupted"])

    def test_what_a_killed_sweep_left_of_a_file_that_it_was_making_is_replaced(self):
        self.sweep(*self.OVER)
        cell, names = self.folder / "grid" / "time.steps-1.h5", self.names()
        whole = cell.read_bytes()
        # What was found after SIGKILL at each write: nothing, its length in zeros, a superblock without what it points
        # to, a root without anything, one with our marks alone.
        lefts = [b"", bytes(7168), whole[:96] + bytes(7168 - 96)]
        for creator in (None, "snnff-sim 1.0"):
            with h5py.File(self.folder / "left.h5", "w") as left:
                if creator:
                    left.attrs["creator"] = creator
            lefts.append((self.folder / "left.h5").read_bytes())
        for content in lefts:
            for beside in (False, True):  # also in the file that is to take an interrupted one's place
                cell.write_bytes(content)
                if beside:
                    with h5py.File(cell.with_suffix(".h5"), "w") as run:
                        run.attrs["creator"] = "snnff-sim 1.0"
                    (self.folder / "grid" / "time.steps-1.unfinished.h5").write_bytes(content)
                done = self.sweep(*self.OVER)
                self.assertEqual(done.returncode, 0, f"{content[:8]}: {done.stderr}")
                self.assertIn("2 of 2 complete", done.stderr)
                self.assertEqual(self.names(), names)
                self.assertEqual(self.good_json("info", cell, "--json")["status"], "complete")

    def test_a_cell_that_is_done_anew_and_stopped_leaves_the_old_one_alone(self):
        self.sweep(*self.OVER)
        names = self.names()
        before = {path: path.read_bytes() for path in (self.folder / "grid").iterdir()}
        process = support.CliTest.start(self, "sweep", self.model, "-o", "grid", *TINY[2:], *self.OVER, "--force",
                                        "--set", "plan.epochs=10000000")
        while process.poll() is None and self.names() == names:
            time.sleep(0.001)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143, process.stderr.read())
        self.assertEqual({path: path.read_bytes() for path in (self.folder / "grid").iterdir()}, before)

    def test_what_was_not_its_own_stays(self):
        self.sweep(*self.OVER)
        cell = self.folder / "grid" / "time.steps-1.h5"
        damaged = bytearray(cell.read_bytes())
        damaged[damaged.index(b"OHDR") + 8] ^= 1  # of the root
        with h5py.File(self.folder / "other.h5", "w") as other:
            other["mine"] = [1.0, 2.0]
        with h5py.File(self.folder / "marked.h5", "w") as other:
            other.attrs["creator"] = "another program"
        for content in (bytes(damaged), *((self.folder / n).read_bytes() for n in ("other.h5", "marked.h5"))):
            cell.write_bytes(content)
            self.refused(2, "sweep", self.model, "-o", "grid", *TINY, *self.OVER, says=["time.steps-1.h5", "--force"])
            self.assertEqual(cell.read_bytes(), content)
        # What stands where an interrupted run's successor once was.
        cell.unlink()
        self.write("grid/time.steps-1.unfinished.h5", "notes")
        self.assertEqual(self.sweep(*self.OVER).returncode, 0)
        self.assertEqual((self.folder / "grid" / "time.steps-1.unfinished.h5").read_text(), "notes")


class Failures(SweepTest):
    # A learning rate at which the goodness overflows: the run fails in the middle.
    OVER = ["--set", 'population.hidden1={neuron="relu",size=20}', "--over", "learning.rate=0.001,3e38,0.002"]

    def test_a_failed_cell_is_told_and_the_others_go_on(self):
        done = self.sweep(*self.OVER)
        self.assertEqual(done.returncode, 1, done.stderr)
        header, _, *rows = done.stdout.splitlines()
        self.assertTrue(header.endswith("remark"), header)
        self.assertRegex(rows[1], r"\A3e38 +- .*failed: .*epoch")
        self.assertNotIn("failed", rows[0] + rows[2])
        self.assertEqual(self.names(), ["learning.rate-0.001.h5", "learning.rate-0.002.h5"])
        self.assertIn("2 of 3 complete, 1 failed", done.stderr)
        # It is tried again, and the others are not.
        again = self.sweep(*self.OVER)
        self.assertEqual((again.returncode, again.stdout), (1, done.stdout))
        self.assertEqual(again.stderr.count("skipped"), 2)

    def test_figures_over_seeds_leave_failed_runs_out_and_name_them(self):
        done = self.sweep("--over", "data.n_train=100,100000", "--seeds", "1,2", "--json")
        self.assertEqual(done.returncode, 1)
        runs = json.loads(done.stdout)["runs"]
        self.assertEqual([run["status"] for run in runs], ["complete"]*2 + ["failed"]*2)
        self.assertIn("100000", runs[2]["message"])
        rows = self.sweep("--over", "data.n_train=100,100000", "--seeds", "1,2").stdout.split("\n\n")[0].splitlines()[2:]
        self.assertRegex(rows[1], "seed 1, 2 failed: .*100000")


class Refusals(SweepTest):
    def bad(self, code, *arguments, says):
        before = self.files()
        self.refused(code, "sweep", self.model, "-o", "grid", *arguments, says=says)
        self.assertEqual(self.files(), before)
        self.assertFalse((self.folder / "grid").exists())

    def test_a_typo_anywhere_in_the_grid_is_3_before_any_work(self):
        self.bad(3, "--over", "time.steps=1,5,0", says=["--over time.steps=0", "out of range"])
        self.bad(3, "--over", "time.stps=1,5", says=["--over time.stps=1", '"steps"'])
        self.bad(3, "--over", "learning.goodness=mean_square,sum_sqare", says='"sum_square"')
        self.bad(3, "--over", "time.steps=1", "--set", "plan.epochs=0", says="plan.epochs")
        self.bad(3, "--over", "learning.loss={kind=},symba", says="--over learning.loss={kind=}")

    def test_wrong_calls_answer_2(self):
        self.bad(2, says=["--over", "--seeds"])
        self.bad(2, "--over", "time.steps", says="KEY=VALUE")
        self.bad(2, "--over", "time.steps=", says="empty")
        self.bad(2, "--over", "time.steps=1,,2", says="empty")
        self.bad(2, "--over", "time.steps=1,5,1", says="twice")
        self.bad(2, "--over", "time.steps=1", "--over", "time.steps=2", says="twice")
        self.bad(2, "--over", "seed=1,2", "--seeds", "3", says="--seeds")
        self.bad(2, "--seeds", "3,3", says="twice")
        self.bad(2, "--seeds", "one", says="--seeds")
        self.bad(2, "--over", "learning.loss={kind=\"swish\"", says='"}" is missing')
        self.bad(2, "--over", "population.hidden1.beta=[0.5},1", says='"}" closes nothing')
        self.bad(2, "--over", 'title="a,b', says="stays open")
        self.bad(2, "--over", 'learning.loss=symba,"symba"', says="would both be called")
        values = ",".join(map(str, range(1, 102)))
        self.bad(2, "--over", f"time.steps={values}", "--over", f"plan.epochs={values}", says="10000 cells")

    def test_files_in_the_way(self):
        self.refused(4, "sweep", "missing.toml", "--seeds", "1", says="missing.toml")
        self.refused(2, "sweep", self.model, "-o", self.model, "--seeds", "1", says="is no folder")
        self.refused(4, "sweep", self.model, "-o", "/proc/nowhere", "--seeds", "1", says="/proc/nowhere")


if __name__ == "__main__":
    unittest.main()
