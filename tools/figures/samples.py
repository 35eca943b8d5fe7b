"""Samples as the network sees them: the image, with its own label, with a wrong one."""
import numpy as np

from .images import Images, with_label
from .parts import Figure, Gallery, Group, Lacks, Tile, gap_unless

NAME = "samples"
N_SAMPLES = 6


def gather(runs, choice):
    groups, seen = [], []
    for run in runs:
        # runs on the same data see the same samples
        data = {key: run.model.get(key) for key in ("data", "overlay")}
        if data in seen:
            continue
        seen.append(data)
        parts = gap_unless("Samples", lambda run=run: gallery(run, choice))
        groups.append(Group(parts, columns=1, heading=run.label if len(runs) > 1 else ""))
    return Figure(NAME, "Samples with their labels",
                  "Above the image as it is in the file, below with its own label written into it (positive) and with a "
                  "wrong one (negative, drawn here anew).", groups)


def gallery(run, choice):
    split = run.test_split()
    label = run.read(f"evaluation/{split}/label", 1)
    images = Images(run, split, choice.data)
    chosen = range(min(N_SAMPLES, len(label)))
    plain = [Tile(images(i), f"sample {i}: {label[i]}") for i in chosen]
    if run.option("overlay.kind") == "none":
        return Gallery("", plain, max(len(plain), 1), "This model writes no label into its samples.")
    n_labels = int(run.option("overlay.n_labels", 10))
    if n_labels > images(0).size and run.option("overlay.where") != "appended":
        raise Lacks(f"{run.path}: {n_labels} labels do not fit into an image of {images(0).size} pixels")
    random = np.random.default_rng(int(run.option("seed", 0)))
    other = [int((label[i] + random.integers(1, n_labels)) % n_labels) for i in chosen]
    positive = [Tile(with_label(run, images(i), label[i]), f"+ {label[i]}") for i in chosen]
    negative = [Tile(with_label(run, images(i), other[i]), f"− {other[i]}") for i in chosen]
    return Gallery("", plain + positive + negative, len(plain))
