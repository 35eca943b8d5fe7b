"""Every model file in models/ on the sample of MNIST for a few epochs: it runs, measures an error, and
leaves a run file behind that `info` and `eval` read.

usage: SNNFF_SIM=path/to/snnff-sim models.py
"""
import math
import tomllib
import unittest

import support

MODELS = sorted((support.ROOT / "models").glob("*.toml"))
SMALL_DATA = [f"data.folder={support.ROOT}/data/mnist-sample", "data.n_train=200", "data.n_test=100"]


def scaled_down(model):
    """Overrides that leave a model what it is but small."""
    plan, data = model.get("plan", {}), model.get("data", {})
    overrides = list(SMALL_DATA) if data.get("kind", "idx") == "idx" else []
    overrides.append("plan.epochs=2")
    if data.get("n_validation", 0) > 0:
        overrides.append("data.n_validation=50")
    if plan.get("episodes", 1) > 1:
        overrides.append("plan.episodes=2")
    if plan.get("updates_per_batch", 1) > 1:
        overrides.append("plan.updates_per_batch=2")
    if plan.get("batch_size", 100) > 0:
        overrides.append("plan.batch_size=50")
    if "evaluation" in model:
        overrides.append("evaluation.every_n_epochs=1")
    for name, population in model["population"].items():
        overrides.append(f"population.{name}.size={min(40, population.get('size', 500))}")
    return [part for override in overrides for part in ("--set", override)]


class EveryModel(support.CliTest):
    def test_all_are_found(self):
        self.assertGreaterEqual(len(MODELS), 8)

    def test_are_valid(self):
        for path in MODELS:
            with self.subTest(model=path.name):
                # the sample stands in for the full set, which need not be there
                self.assertIn("good", self.good("validate", path, "--set", SMALL_DATA[0], "--set",
                                                "data.n_validation=0"))

    def test_runs_scaled_down(self):
        for path in MODELS:
            with self.subTest(model=path.name):
                model = tomllib.loads(path.read_text(encoding="utf-8"))
                out = self.folder / f"{path.stem}.h5"
                result = self.good_json("run", path, "-o", out, "--quiet", "--json", *scaled_down(model))
                self.assertEqual(result["status"], "complete")
                for split in ("train", "test"):
                    error = result[f"{split}_error_percent"]
                    self.assertTrue(math.isfinite(error) and 0.0 <= error <= 100.0, error)
                losses = [population["final_loss"] for population in result["populations"]]
                if model.get("learning", {}).get("rule") == "backprop":
                    losses = losses[-1:]  # the network has one loss, at its end
                self.assertTrue(all(loss is not None and math.isfinite(loss) for loss in losses), losses)
                self.assertEqual(self.good_json("info", out, "--json")["status"], "complete")
                again = self.good_json("eval", out, "--json")
                self.assertEqual(again["error_percent"], result["test_error_percent"])


if __name__ == "__main__":
    unittest.main()
