"""Goodness of test samples under their own label and under all the others."""
import numpy as np

from .parts import NEGATIVE, POSITIVE, Bars, Figure, Lacks, Level, Panel, side_by_side

NAME = "separation"


def gather(runs, _):
    return Figure(NAME, "Goodness under true and wrong labels",
                  "Every sample under its own label (blue) and under all the others (orange). The less they overlap, "
                  "the safer the network is; where the loss has a θ, it should stand between them. A sample gets its "
                  "label as long as its own blue value is above its own orange ones.",
                  [side_by_side(runs, panel)])


def panel(run):
    split = run.test_split()
    if not run.has(f"evaluation/{split}/goodness"):
        raise Lacks(f"{run.path} holds no goodness by label, as it predicts by its read-out alone; "
                    "prediction.by = \"both\", with labels in its input, records it")
    goodness, label = run.read(f"evaluation/{split}/goodness", 2), f"evaluation/{split}/label"
    true, wrong = parted(run, goodness, run.labels(label, goodness.shape[1], len(goodness)))
    edges = np.histogram_bin_edges(np.concatenate([true, wrong]), bins=40)
    marks = [Bars(edges, 100 * np.histogram(values, edges)[0] / len(values), name, hue, dash)
             for values, name, hue, dash in ((true, "true label", POSITIVE, "solid"),
                                             (wrong, "wrong labels", NEGATIVE, "dash"))]
    theta = threshold(run)
    if theta is not None:
        marks.append(Level(theta, f"θ = {theta:.4g}", vertical=True))
    unit = unit_of(run)
    return Panel(run.label, unit, f"share of {split} samples (%)", marks,
                 about=f"{unit}: mean {true.mean():.4g} under true, {wrong.mean():.4g} under wrong labels")


def unit_of(run):
    if run.word("learning.rule") == "backprop":
        return "logit"
    of_classes = run.word("learning.loss") == "class_softmax"
    return f"{'log-probability' if of_classes else 'goodness'}, summed over populations"


def parted(run, goodness, label):
    """Finite values under the true label, and under all others."""
    is_true = np.zeros(goodness.shape, bool)
    is_true[np.arange(len(label)), label] = True
    goodness = goodness.astype(float)
    finite = np.isfinite(goodness)
    true, wrong = goodness[is_true & finite], goodness[~is_true & finite]
    if not len(true) or not len(wrong):
        raise Lacks(f"{run.path}: goodness is NaN for all samples; a smaller learning.rate usually helps")
    return true, wrong


def threshold(run):
    """θ of the softplus loss for the sum over the populations that predict; None for losses without one."""
    if run.word("learning.rule") == "backprop" or run.word("learning.loss") != "softplus":
        return None
    theta = run.amount("learning.loss.theta", 2.0, least=-1e9)
    names = run.populations()
    total = 0.0
    for name in names[1 if run.word("prediction.layers") == "after_first" else 0:]:
        n_units, n_inputs = run.dataset(f"populations/{name}/weight", 2).shape
        total += theta * {"unit": n_units, "input": n_inputs}.get(run.word("learning.loss.theta_per"), 1)
    return total
