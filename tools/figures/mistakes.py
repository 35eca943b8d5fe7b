"""The samples that a network gets most wrong."""
import numpy as np

from .images import Images
from .parts import Figure, Gallery, Group, Lacks, Tile, gap_unless

NAME = "mistakes"
N_SHOWN = 12


def gather(runs, choice):
    groups = [Group(gap_unless("Mistakes", lambda run=run: gallery(run, choice)), columns=1,
                    heading=run.label if len(runs) > 1 else "") for run in runs]
    return Figure(NAME, "The worst mistakes",
                  "Wrong predictions by how far the wrong label is ahead of the true one, worst first. Would you have "
                  "known better?", groups)


def gallery(run, choice):
    split = run.test_split()
    place = f"evaluation/{split}"
    prediction, label = run.read(f"{place}/prediction", 1), run.read(f"{place}/label", 1)
    by_head = run.option("prediction.by", "goodness") != "goodness" and run.has(f"{place}/log_probability")
    what = "log_probability" if by_head else "goodness"
    score = run.read(f"{place}/{what}", 2).astype(float)
    n_samples, n_labels = score.shape
    for name, values in (("prediction", prediction), ("label", label)):
        if len(values) != n_samples or n_samples == 0 or values.min() < 0 or values.max() >= n_labels:
            raise Lacks(f"{run.path}: /{place}/{name} does not fit scores of {n_samples} samples under {n_labels} "
                        "labels")
    sample = np.arange(n_samples)
    ahead = score[sample, prediction] - score[sample, label]
    wrong = np.flatnonzero((prediction != label) & np.isfinite(ahead))
    if wrong.size == 0:
        raise Lacks(f"Not one of {n_samples} {split} samples got a wrong label.")
    worst = wrong[np.argsort(-ahead[wrong], kind="stable")][:N_SHOWN]
    note = ""
    try:
        images = Images(run, split, choice.data)
        pictures = [images(int(i)) for i in worst]
    except Lacks as lack:
        pictures, note = [None] * len(worst), str(lack)
    tiles = [Tile(picture, f"{label[i]} taken for {prediction[i]}\nahead by {ahead[i]:.3g}, sample {i}")
             for i, picture in zip(worst, pictures)]
    how_many = f"{wrong.size} of {n_samples} {split} samples got a wrong label; by {what.replace('_', '-')}."
    return Gallery("", tiles, 6, f"{how_many} {note}".strip())
