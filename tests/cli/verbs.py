"""Every verb of snnff-sim as a user calls it: what it prints, where, and what it leaves behind."""
import json
import tomllib
import unittest

import h5py
import numpy as np
import support

VERBS = ["run", "resume", "eval", "trace", "export", "compare", "sweep", "reproduce", "info", "validate", "new", "explain"]


class Help(support.CliTest):
    def test_every_help_opens_with_examples_of_its_verb(self):
        for verb in VERBS:
            lines = self.good(verb, "--help").splitlines()
            self.assertEqual(lines[0], "Examples:")
            self.assertTrue(lines[1].startswith(f"  snnff-sim {verb}"), lines[1])

    def test_the_programs_help_lists_verbs_and_exit_codes(self):
        text = self.good("--help")
        self.assertTrue(text.startswith("Examples:\n"))
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb} +\w")
        codes = text.rstrip("\n").splitlines()[-1]
        for code in ["0 done", "1 failed", "2 usage", "3 model", "4 file", "5 data", "124 time", "128+N"]:
            self.assertIn(code, codes)

    def test_the_version_is_one_line(self):
        self.assertRegex(self.good("--version"), r"\Asnnff-sim \d+\.\d+\.\d+.*\n\Z")


class Backprop(support.CliTest):
    """Every verb with a model that learns by back-propagation."""

    def setUp(self):
        super().setUp()
        self.model = self.write("bp.toml", support.BACKPROP)

    def test_a_prediction_takes_one_presentation(self):
        result = self.good_json("run", self.model, "-q", "--json", "-o", "a.h5")
        self.assertEqual(result["multiply_accumulates_per_prediction"], 784*30)
        rate = result["populations"][0]["spike_rate"]
        self.assertTrue(0.0 < rate < 1.0)
        # as many accumulates as spikes of the hidden units, times the ten units that each reaches
        self.assertAlmostEqual(result["accumulates_per_prediction"], rate*30*5*10, places=6)
        self.assertLess(result["test_error_percent"], 60.0)
        self.assertIsNotNone(result["validation_error_percent"])
        self.assertIsNone(result["populations"][0]["final_loss"])
        self.assertGreater(result["populations"][1]["final_loss"], 0.0)

    def test_eval_info_and_the_kept_model_agree_with_the_run(self):
        run = self.good_json("run", self.model, "-q", "--json", "-o", "a.h5")
        evaluation = self.good_json("eval", "a.h5", "--json")
        self.assertEqual(evaluation["error_percent"], run["test_error_percent"])
        self.assertEqual(sum(map(sum, evaluation["confusion"])), 100)
        info = self.good_json("info", "a.h5", "--json")
        # two samples of five steps, once: there is no positive or negative version of them
        self.assertEqual(info["reports"]["hidden"], {"frames": 10, "neurons": 5})
        self.write("again.toml", info["model"])
        again = self.good_json("run", "again.toml", "-q", "--json", "-o", "b.h5", "--threads", "3")
        self.assertEqual(again["test_error_percent"], run["test_error_percent"])
        self.assertEqual(again["populations"], run["populations"])

    def test_test_errors_are_measured_along_the_way_where_that_is_asked_for(self):
        self.good("run", self.model, "-q", "-o", "a.h5", "--set", "evaluation.test=true", "--set", "plan.keep=best")
        self.good("run", self.model, "-q", "-o", "b.h5", "--set", "plan.keep=best")
        with h5py.File(self.folder / "a.h5") as a, h5py.File(self.folder / "b.h5") as b:
            error, loss = a["training/test_error"][:], a["training/test_loss"][:]
            self.assertTrue(np.isfinite(error).all() and len(error) == 4)
            self.assertLess(loss[-1], loss[0])
            self.assertTrue(np.isnan(b["training/test_error"][:]).all())
            # the run's end is the measurement of the epoch that was kept, chosen by validation alone
            best = int(np.argmin(a["training/validation_error"][:]))
            self.assertAlmostEqual(a["evaluation/test"].attrs["error"], error[best], places=5)
            logits, label = a["evaluation/test/goodness"][:].astype(float), a["evaluation/test/label"][:]
            by_hand = np.log(np.exp(logits).sum(1)) - logits[np.arange(100), label]
            self.assertAlmostEqual(loss[best], by_hand.mean(), places=5)
            self.assertTrue(np.array_equal(a["populations/hidden/weight"][:], b["populations/hidden/weight"][:]))

    def test_it_is_planned_compared_and_swept(self):
        self.assertIn('rule = "backprop"', self.good("run", self.model, "--dry-run"))
        self.assertNotIn("bp.h5", self.files())
        forward = self.write("ff.toml", support.SMALL)
        table = self.good("compare", self.model, forward, "-q")
        self.assertRegex(table, r'learning\.rule +"backprop" +"forward_forward"')
        self.assertRegex(table, r"multiply-accumulates per prediction +23 520 +156 800")
        swept = self.good("sweep", self.model, "--over", "population.output.output=count,membrane", "-q")
        self.assertIn("membrane", swept)
        self.assertNotIn("failed", swept)


class Run(support.CliTest):
    def test_the_run_file_is_called_after_the_model(self):
        done = self.sim("run", self.model)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.files(), ["small.h5", "small.toml"])
        self.assertIn("test error", done.stdout)
        self.assertNotIn("run file:", done.stdout)
        self.assertIn("run file: small.h5", done.stderr)
        self.assertIn("snnff-sim info small.h5", done.stderr)

    def test_quiet_leaves_stderr_empty(self):
        # two epochs would end at chance, which is said
        done = self.sim("run", self.model, "-q", "-o", "a.h5", "--set", "plan.epochs=6")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("test error", done.stdout)

    def test_json_is_one_object_with_the_result(self):
        result = self.good_json("run", self.model, "--json", "-o", "a.h5")
        self.assertEqual(result["run_file"], "a.h5")
        self.assertEqual(result["status"], "complete")
        self.assertEqual(result["neuron"], "lif, relu")
        self.assertEqual(result["parameters"], 20*785 + 10*21)
        self.assertEqual([p["units"] for p in result["populations"]], [20, 10])
        self.assertTrue(0.0 <= result["test_error_percent"] <= 100.0)
        self.assertIsNone(result["validation_error_percent"])
        self.assertIsNone(result["populations"][1]["spike_rate"])
        # hidden2 is driven by spikes, hidden1 by pixels: ten labels, 784 inputs, 20 units.
        self.assertEqual(result["multiply_accumulates_per_prediction"], 10*784*20)
        rate = result["populations"][0]["spike_rate"]
        self.assertTrue(0.0 < rate < 1.0)
        self.assertTrue(0.0 < result["accumulates_per_prediction"] <= 10*4*20*10)

    def test_set_and_seed_reach_the_resolved_model(self):
        self.good("run", self.model, "-q", "-o", "a.h5", "--set", "population.hidden1.beta=0.5",
                  "--set", "plan.epochs=1", "--set", "learning.loss=symba", "--seed", "99")
        model = tomllib.loads(self.good("info", "a.h5", "--model"))
        self.assertEqual(model["population"]["hidden1"]["beta"], 0.5)
        self.assertEqual(model["plan"]["epochs"], 1)
        self.assertEqual(model["learning"]["loss"]["kind"], "symba")
        self.assertEqual(model["seed"], 99)

    def test_the_kept_model_run_again_gives_the_same_result(self):
        first = self.good_json("run", self.model, "-q", "--json", "-o", "a.h5", "--threads", "1")
        self.write("again.toml", self.good("info", "a.h5", "--model"))
        second = self.good_json("run", "again.toml", "-q", "--json", "-o", "b.h5", "--threads", "3")
        for result in (first, second):
            del result["run_file"], result["training_seconds"]
        self.assertEqual(first, second)

    def test_dry_run_prints_a_model_that_runs_and_writes_nothing(self):
        text = self.good("run", self.model, "--dry-run", "--set", "time.steps=7")
        self.assertEqual(self.files(), ["small.toml"])
        self.assertIn(f"# parameters: {20*785 + 10*21:,}".replace(",", " "), text)
        self.assertIn("# memory", text)
        self.assertIn("# run file", text)
        self.assertEqual(tomllib.loads(text)["time"]["steps"], 7)
        self.write("resolved.toml", text)
        self.good("validate", "resolved.toml")

    def test_dry_run_bounds_the_size_of_the_run_file(self):
        recording = ["--set", 'recording.variables=["membrane", "spikes", "current"]',
                     "--set", "recording.samples=[0, 1, 2]"]
        facts = self.good_json("run", self.model, "--dry-run", "--json", *recording)
        self.good("run", self.model, "-q", "-o", "a.h5", *recording)
        size = (self.folder / "a.h5").stat().st_size
        self.assertLess(size, facts["run_file_bytes"])
        self.assertGreater(size, facts["run_file_bytes"]/2)
        self.assertEqual(facts["train_samples"], 200)


class Read(support.CliTest):
    def setUp(self):
        super().setUp()
        self.result = self.good_json("run", self.model, "-q", "--json", "-o", "a.h5", "--set",
                                     'recording.variables=["membrane", "spikes"]')

    def test_info_fits_a_screen_and_names_what_is_there(self):
        text = self.good("info", "a.h5")
        # a further line says that two epochs end at chance
        self.assertLessEqual(len(text.splitlines()), 25)
        for word in ["small", "complete", "hidden1", "hidden2", "lif", "relu", "test: error", "report", "spikes of"]:
            self.assertIn(word, text)
        facts = self.good_json("info", "a.h5", "--json")
        self.assertEqual(facts["provenance"]["seed"], 3)
        self.assertIn("small.toml", facts["provenance"]["command_line"])
        self.assertEqual([f["role"] for f in facts["provenance"]["data"]], ["train"] * 2 + ["test"] * 2)

    def test_eval_repeats_the_error_of_the_run(self):
        for split, n in {"test": 100, "train": 200}.items():
            again = self.good_json("eval", "a.h5", "--split", split, "--json")
            self.assertEqual(again["error_percent"], self.result[f"{split}_error_percent"])
            self.assertEqual(again["samples"], n)
            counts = again["confusion"]
            self.assertEqual(sum(map(sum, counts)), n)
            wrong = n - sum(counts[c][c] for c in range(10))
            self.assertAlmostEqual(again["error_percent"], 100*wrong/n)
            self.assertEqual(len(again["error_percent_per_class"]), 10)

    def test_eval_on_another_folder_uses_all_of_it(self):
        again = self.good_json("eval", "a.h5", "--data", support.ROOT / "data" / "mnist-sample", "--json")
        self.assertEqual(again["samples"], 500)

    def test_evals_table_is_aligned(self):
        lines = self.good("eval", "a.h5").splitlines()
        self.assertIn("error", lines[0])
        table = [line for line in lines[2:] if line]
        self.assertEqual(len(table), 12)  # header, rule, ten classes
        self.assertEqual({len(line) for line in table}, {len(table[0])})

    def test_compare_names_what_differs_and_only_that(self):
        self.good("run", self.model, "-q", "-o", "b.h5", "--set", "population.hidden1.beta=0.5")
        text = self.good("compare", "a.h5", "b.h5")
        for word in ["neuron", "steps", "parameters", "train error", "test error", "final loss, hidden1",
                     "spike rate, hidden1", "multiply-accumulates", "accumulates by spikes", "training time"]:
            self.assertRegex(text, rf"(?m)^{word}")
        table = self.good_json("compare", "a.h5", "b.h5", "--json")
        self.assertEqual([run["run_file"] for run in table["runs"]], ["a.h5", "b.h5"])
        changed = {d["key"]: d["values"] for d in table["differences"]}
        self.assertEqual(changed["population.hidden1.beta"], ["0.9", "0.5"])
        self.assertNotIn("population.hidden2.size", changed)
        self.assertLessEqual(set(changed), {"population.hidden1.beta", "recording.variables"})
        self.assertIn("population.hidden1.beta", text)

    def test_compare_of_a_run_with_itself_finds_no_difference(self):
        self.assertIn("The models are the same.", self.good("compare", "a.h5", "a.h5"))

    def test_compare_runs_models_and_leaves_files_only_where_told(self):
        before = self.files()
        table = self.good_json("compare", "a.h5", self.model, "-q", "--json")
        self.assertEqual(self.files(), before)
        self.assertEqual(table["runs"][0]["test_error_percent"], table["runs"][1]["test_error_percent"])
        self.good("compare", "a.h5", self.model, "-q", "--out-dir", "kept")
        self.assertEqual(self.files(), sorted([*before, "small.h5"]))
        self.refused(2, "compare", "a.h5", self.model, "-q", "--out-dir", "kept", says="small.h5")


class Models(support.CliTest):
    def test_new_models_are_commented_and_valid(self):
        for neuron in ["lif", "relu"]:
            text = self.good("new", neuron)
            self.assertTrue(text.startswith("#:schema "))
            model = tomllib.loads(text)
            self.assertEqual(model["population"]["hidden1"]["neuron"], neuron)
            path = self.write(f"{neuron}.toml", text)
            self.assertIn("good", self.good("validate", path, "--set",
                                            f"data.folder={support.ROOT}/data/mnist-sample"))

    def test_the_comments_of_a_new_model_are_those_of_explain(self):
        text = " ".join(self.good("new", "lif").replace("#", " ").split())
        keys = {k["key"]: k for k in self.good_json("explain", "--json") if "only_for" not in k}
        for key in ["time.steps", "plan.epochs", "learning.rate", "population.*.size"]:
            self.assertIn(" ".join(keys[key]["meaning"].split()), text)

    def test_validate_says_what_the_model_is(self):
        text = self.good("validate", self.model)
        self.assertIn("784-20-10", text)
        self.assertEqual(self.files(), ["small.toml"])

    def test_every_shipped_model_on_the_sample_is_valid(self):
        models = [m for m in (support.ROOT / "models").glob("*.toml") if "mnist-sample" in m.read_text()]
        self.assertGreaterEqual(len(models), 2)
        self.good("validate", *models)


class Explain(support.CliTest):
    def test_a_key_is_explained_with_unit_default_and_values(self):
        for name in ["population.hidden1.beta", "population.*.beta", "beta"]:
            text = self.good("explain", name)
            for word in ["population.*.beta", "default", "takes", "only for", 'neuron = "lif"']:
                self.assertIn(word, text)

    def test_kinds_are_listed_with_a_line_each(self):
        text = self.good("explain", "loss")
        for kind in ["softplus", "symba", "swish"]:
            self.assertRegex(text, rf"(?m)^ +{kind} +\S")
        self.assertIn("population.*.beta", self.good("explain", "lif"))

    def test_without_a_key_all_are_listed_once(self):
        lines = self.good("explain").splitlines()
        for key in ["title", "data.train_images", "time.steps", "population.*.size", "learning.rate", "plan.epochs"]:
            self.assertEqual(sum(line.split()[:1] == [key] for line in lines), 1, key)

    def test_json_and_schema_parse(self):
        steps = self.good_json("explain", "time.steps", "--json")
        self.assertEqual([k["key"] for k in steps], ["time.steps"])
        self.assertEqual(steps[0]["unit"], "steps")
        schema = json.loads(self.good("explain", "--schema"))
        self.assertIn("$schema", schema)

    def test_an_unknown_key_gets_the_nearest(self):
        self.refused(2, "explain", "learning.rat", says='"learning.rate"')
        self.refused(2, "explain", "swihs", says='"swish"')


if __name__ == "__main__":
    unittest.main()
