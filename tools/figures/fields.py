"""Receptive fields of the first population: weights of a unit, laid out as the image they look at."""
import math

import numpy as np

from .images import Images
from .parts import Figure, Gallery, Group, Lacks, Tile, gap_unless

NAME = "fields"
N_SHOWN = 40


def gather(runs, choice):
    groups = [Group(gap_unless("Receptive fields", lambda run=run: gallery(run, choice)), columns=1,
                    heading=run.label if len(runs) > 1 else "") for run in runs]
    return Figure(NAME, "Receptive fields of the first population",
                  "Weights of single units, laid out as the image: red excites, blue inhibits, each unit to its own "
                  "scale. Strokes and edges are features; noise is what was not learnt. The first pixels are where "
                  "labels are written.", groups)


def gallery(run, choice):
    names = run.groups("populations")
    if not names:
        raise Lacks(f"{run.path} holds no weights; a run that comes to its end does")
    first = next((name for name in run.option("population", {}) if name in names), names[0])
    weight = run.read(f"populations/{first}/weight", 2).astype(float)
    if not np.isfinite(weight).all():
        raise Lacks(f"{run.path}: /populations/{first}/weight holds values that are no finite numbers; "
                    "a smaller learning.rate usually helps")
    n_rows, n_columns = shape_of(run, weight.shape[1], choice)
    norm = np.linalg.norm(weight, axis=1)
    order = np.argsort(-norm, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(N_SHOWN, len(order))).round().astype(int)]
    tiles = []
    for unit in chosen:
        field = weight[unit, :n_rows * n_columns].reshape(n_rows, n_columns)
        tiles.append(Tile(field / (np.abs(field).max() or 1.0), f"{unit}", signed=True))
    return Gallery("", tiles, 10, f"{len(tiles)} of {len(weight)} units of {first}, from the one with the largest norm of "
                   "weights to the one with the smallest in even steps; numbers are the units'.")


def shape_of(run, n_inputs, choice):
    """Rows and columns of the image that inputs are, as the data set says, else a square."""
    appended = int(run.option("overlay.n_labels", 10)) if run.option("overlay.where") == "appended" else 0
    try:
        shape = Images(run, "train", choice.data)(0).shape
        if math.prod(shape) in (n_inputs, n_inputs - appended):
            return shape
    except Lacks:
        pass
    for n_pixels in (n_inputs, n_inputs - appended):
        side = math.isqrt(max(n_pixels, 0))
        if side > 1 and side * side == n_pixels:
            return side, side
    raise Lacks(f"{run.path}: the {n_inputs} inputs of its first population are no image.")
