"""Samples as the network sees them: the image, with its own label, with a wrong one."""
import numpy as np

from .images import Images, is_appended, with_label
from .parts import Figure, Gallery, Lacks, Tile, run_by_run

NAME = "samples"
N_SAMPLES = 6


def gather(runs, choice):
    different = []  # runs on the same data see the same samples
    for run in runs:
        if not any(seen_by(run) == seen_by(other) for other in different):
            different.append(run)
    return Figure(NAME, "Samples with their labels",
                  "Above the image as it is in the file, below with its own label written into it (positive) and with "
                  "a wrong one (negative, drawn here anew).", run_by_run(different, lambda run: gallery(run, choice)))


def seen_by(run):
    return {key: run.model.get(key) for key in ("data", "overlay")}


def gallery(run, choice):
    split = run.test_split()
    n_labels = int(run.amount("overlay.n_labels", 10, 2, 256))
    label = run.labels(f"evaluation/{split}/label", n_labels)
    images = Images(run, split, choice.data)
    chosen = range(min(N_SAMPLES, len(label)))
    names = run.classes(split, n_labels)
    plain = [Tile(images(i), f"sample {i}: {names[label[i]]}") for i in chosen]
    if run.word("overlay.kind") == "none":
        return Gallery("", plain, max(len(plain), 1), note="This model writes no label into its samples.")
    if n_labels > images(0).size and not is_appended(run, images(0).size):
        raise Lacks(f"{run.path}: {n_labels} labels do not fit into an image of {images(0).size} pixels")
    random = np.random.default_rng(abs(int(run.amount("seed", 0, -2**64, 2**64))))
    other = [int((label[i] + random.integers(1, n_labels)) % n_labels) for i in chosen]
    positive = [Tile(with_label(run, images(i), label[i]), f"+ {names[label[i]]}") for i in chosen]
    negative = [Tile(with_label(run, images(i), other[i]), f"− {names[other[i]]}") for i in chosen]
    return Gallery("", plain + positive + negative, len(plain))
