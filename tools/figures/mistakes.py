"""The samples that a network gets most wrong."""
import numpy as np

from .images import Images
from .parts import Figure, Gallery, Lacks, Tile, side_by_side

NAME = "mistakes"
N_SHOWN = 12


def gather(runs, choice):
    return Figure(NAME, "The worst mistakes",
                  "Wrong predictions by how far the wrong label is ahead of the true one, worst first. Would you have "
                  "known better?", [side_by_side(runs, lambda run: gallery(run, choice), most_columns=2)])


def gallery(run, choice):
    split = run.test_split()
    place = f"evaluation/{split}"
    by_head = run.word("prediction.by", "goodness") != "goodness" and run.has(f"{place}/log_probability")
    what = "log_probability" if by_head else "goodness"
    score = run.read(f"{place}/{what}", 2).astype(float)
    n_samples, n_labels = score.shape
    prediction, label = (run.labels(f"{place}/{name}", n_labels, n_samples) for name in ("prediction", "label"))
    sample = np.arange(n_samples)
    score[~np.isfinite(score)] = np.nan
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
    names = run.classes(split, n_labels)
    tiles = [Tile(picture, f"{names[label[i]]} taken for {names[prediction[i]]}\nby {ahead[i]:#.3g}\nsample {i}")
             for i, picture in zip(worst, pictures)]
    how_many = f"{wrong.size} of {n_samples} {split} samples got a wrong label; by {what.replace('_', '-')}."
    return Gallery(run.label, tiles, 6, 3, f"{how_many} {note}".strip())
