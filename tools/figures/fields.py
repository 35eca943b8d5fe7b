"""Receptive fields of the first population: weights of a unit, laid out as the image they look at."""
import math

import numpy as np

from .images import Images
from .parts import Figure, Gallery, Lacks, Tile, side_by_side

NAME = "fields"
N_SHOWN = 40  # five rows of eight, eight of five


def gather(runs, choice):
    labelled = any(run.word("overlay.kind") == "label" and run.word("overlay.where") != "appended" for run in runs)
    where = " The first pixels are those that labels are written into." if labelled else ""
    return Figure(NAME, "Receptive fields of the first population",
                  "Weights of single units, laid out as the image: red excites, blue inhibits, each unit to its own "
                  "scale. Strokes and edges are features; noise is what was not learnt." + where,
                  [side_by_side(runs, lambda run: gallery(run, choice), most_columns=2)])


def gallery(run, choice):
    names = run.groups("populations")
    if not names:
        raise Lacks(f"{run.path} holds no weights; a run that comes to its end does")
    first = next((name for name, _ in run.layers() if name in names), names[0])
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
        largest = np.abs(field).max()
        tiles.append(Tile(field / (largest or 1.0), f"{unit}\n±{largest:.2g}", signed=True))
    return Gallery(run.label, tiles, 8, 5,
                   f"{len(tiles)} of {len(weight)} units of {first}, in even steps from the largest weights "
                   "to the smallest; below each its number and the weight that full colour stands for.",
                   scale=("−largest weight", "+largest weight"))


def shape_of(run, n_inputs, choice):
    """Rows and columns of the image that inputs are, as the data set says, else a square."""
    appended = int(run.amount("overlay.n_labels", 10)) if run.word("overlay.where") == "appended" else 0
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
