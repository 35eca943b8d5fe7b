"""Goodness of test samples under their own label and under all the others."""
import numpy as np

from .parts import NEGATIVE, POSITIVE, Bars, Figure, Lacks, Level, Panel, side_by_side

NAME = "separation"


def gather(runs, _):
    return Figure(NAME, "Goodness under true and wrong labels",
                  "Every sample under its own label (blue) and under all the others (orange). The less they overlap, "
                  "the safer the network is; where the loss has a θ, it should stand between them.",
                  [side_by_side(runs, panel)])


def panel(run):
    split = run.test_split()
    if not run.has(f"evaluation/{split}/goodness"):
        raise Lacks(f"{run.path} holds no goodness by label, as it predicts by its read-out alone; "
                    "prediction.by = \"both\", with labels in its input, records it")
    goodness, label = run.read(f"evaluation/{split}/goodness", 2), run.read(f"evaluation/{split}/label", 1)
    true, wrong = parted(run, goodness, label)
    edges = np.histogram_bin_edges(np.concatenate([true, wrong]), bins=40)
    marks = [Bars(edges, 100 * np.histogram(values, edges)[0] / len(values), name, hue)
             for values, name, hue in ((wrong, "wrong labels", NEGATIVE), (true, "true label", POSITIVE))]
    theta = threshold(run)
    if theta is not None:
        marks.append(Level(theta, f"θ = {theta:.4g}", vertical=True))
    unit = "logit" if run.option("learning.rule") == "backprop" else "goodness, summed over populations"
    return Panel(run.label, unit, f"share of {split} samples (%)", marks,
                 about=f"{unit}: mean {true.mean():.4g} under true, {wrong.mean():.4g} under wrong labels")


def parted(run, goodness, label):
    """Finite values under the true label, and under all others."""
    n_samples, n_labels = goodness.shape
    if len(label) != n_samples or n_labels < 2 or n_samples == 0 or label.min() < 0 or label.max() >= n_labels:
        raise Lacks(f"{run.path}: goodness of {n_samples} samples under {n_labels} labels does not fit "
                    f"{len(label)} true labels")
    is_true = np.zeros(goodness.shape, bool)
    is_true[np.arange(n_samples), label] = True
    goodness = goodness.astype(float)
    finite = np.isfinite(goodness)
    true, wrong = goodness[is_true & finite], goodness[~is_true & finite]
    if not len(true) or not len(wrong):
        raise Lacks(f"{run.path}: goodness is NaN for all samples; a smaller learning.rate usually helps")
    return true, wrong


def threshold(run):
    """θ of the softplus loss for the sum over the populations that predict; None for losses without one."""
    theta = run.model.get("learning", {}).get("loss", {})
    theta = theta if isinstance(theta, dict) else {"kind": theta}
    if run.option("learning.rule") == "backprop" or theta.get("kind") != "softplus":
        return None
    total, names = 0.0, run.populations()
    for name in names[1 if run.option("prediction.layers") == "after_first" else 0:]:
        n_units, n_inputs = run.dataset(f"populations/{name}/weight", 2).shape
        per = {"unit": n_units, "input": n_inputs}.get(theta.get("theta_per"), 1)
        total += float(theta.get("theta", 2.0)) * per
    return total
