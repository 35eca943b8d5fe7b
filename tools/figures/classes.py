"""Goodness of each class in every population, where groups of units stand for classes."""
import numpy as np

from .parts import Counts, Figure, Lacks, Panel, run_by_run
from .summary import percent

NAME = "classes"


def gather(runs, _):
    runs = [run for run in runs if run.word("learning.goodness") == "class_groups"]
    if not runs:
        return None
    return Figure(NAME, "Goodness of each class",
                  "Rows are true labels, columns the groups of units that stand for classes: the share of a row's "
                  "goodness, in percent, that each group has on average. On the diagonal is what a population has "
                  "learnt; dark cells beside it are classes that it takes for each other. Its error is that of the "
                  "class with the largest goodness, by it alone.", run_by_run(runs, panels))


def panels(run):
    split = run.test_split()
    names = [name for name in run.populations() if run.has(f"evaluation/{split}/{name}/mean_goodness")]
    made = [panel(run, split, name) for name in names]
    if not made:
        raise Lacks(f"{run.path} holds no goodness of classes; a run that comes to its end has it")
    return made


def panel(run, split, name):
    place = f"evaluation/{split}/{name}"
    goodness = run.read(f"{place}/mean_goodness", 2).astype(float)
    if goodness.shape[0] != goodness.shape[1] or goodness.size == 0 or not np.isfinite(goodness).all():
        raise Lacks(f"{run.path}: /{place}/mean_goodness is not a finite number for each pair of classes")
    # Means of a response that may be negative are shown from the row's smallest on.
    above = goodness - np.minimum(goodness.min(axis=1, keepdims=True), 0.0)
    share = 100 * above / np.maximum(above.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    error = percent(run.number(place, "error"), run.size(f"evaluation/{split}/label"))
    own = goodness.diagonal().mean()
    others = (goodness.sum() - goodness.trace()) / max(goodness.size - len(goodness), 1)
    return Panel(f"{name}: error {error}", "class of the group", f"true label ({split})",
                 [Counts(np.round(share), run.classes(split, len(share)))], whole_x=True,
                 about=f"mean goodness {own:.4g} of the samples' own classes, {others:.4g} of others")
