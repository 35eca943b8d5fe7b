"""Series over epochs, as loss, goodness and error have them."""
import numpy as np

from .parts import Lacks, Line, Panel, colour
from .run import WHOLE_NUMBERS


def epochs(run):
    return run.read("training/epoch", 1, kinds=WHOLE_NUMBERS).astype(float) + 1


def line(run, series, name, hue, dash="solid", marked=False):
    """A line through the epochs in which something was measured; None where it never was."""
    if not run.has(f"training/{series}"):
        return None
    x, y = epochs(run), run.read(f"training/{series}", 1)
    n = min(len(x), len(y))  # a run that was stopped may have flushed one, not yet the other
    x, y = x[:n], y[:n].astype(float)
    measured = np.isfinite(y)
    return Line(x[measured], y[measured], name, hue, dash, marked) if measured.any() else None


def panel(run, y_label, lines, lack):
    drawn = [each for each in lines if each is not None]
    if not drawn:
        raise Lacks(lack)
    last = ", ".join(f"{each.name} {each.y[-1]:.4g}" for each in drawn)
    return Panel(run.label, "epoch", y_label, drawn, whole_x=True,
                 about=f"{y_label} by epoch for {run.label}; at the end: {last}")


def nothing(run, what):
    """Why a run that trains has no such series."""
    if run.has("training/epoch") and run.dataset("training/epoch", 1).size:
        return f"{run.path}: {what} is NaN in every epoch; a smaller learning.rate usually helps"
    return f"{run.path} holds no {what}: it was stopped before its first epoch ended, or is a trace"


def of_populations(run, series, dash="solid", suffix=""):
    return [line(run, f"{name}/{series}", name + suffix, colour(i), dash)
            for i, name in enumerate(run.populations())]
